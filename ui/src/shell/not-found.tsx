import { useLocation } from "react-router";
import { EmptyState, Page } from "../kit";

export function NotFound() {
  const { pathname } = useLocation();
  return (
    <Page title="No such page">
      <EmptyState title="Nothing is here">
        <p>
          The app has no page <code>{pathname}</code>. Press <kbd>/</kbd> to search for what you are looking for.
        </p>
      </EmptyState>
    </Page>
  );
}
