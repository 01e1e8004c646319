import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { BrowserRouter } from "react-router";
import { ApiFailure, follow } from "./api";
import { Theme } from "./kit";
import { App } from "./shell/app";
import { pageOfBookmark } from "./shell/bookmarks";

const cache = new QueryClient({
  defaultOptions: {
    queries: {
      // The ledger's events say what is stale; looking again is for what they do not tell.
      staleTime: 60_000,
      refetchOnWindowFocus: false,
      // What the server refuses, it refuses again.
      retry: (count, error) => count < 3 && !(error instanceof ApiFailure && error.status >= 400 && error.status < 500),
    },
  },
});

follow(cache);

const bookmarked = await pageOfBookmark(window.location.hash, cache);
if (bookmarked) window.history.replaceState(null, "", bookmarked);

const root = document.getElementById("root");
if (root) {
  createRoot(root).render(
    <StrictMode>
      <Theme>
        <QueryClientProvider client={cache}>
          <BrowserRouter>
            <App />
          </BrowserRouter>
        </QueryClientProvider>
      </Theme>
    </StrictMode>,
  );
}
