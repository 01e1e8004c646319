import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const server = process.env.BUSSOLA_SERVER ?? "http://127.0.0.1:8082";

export default defineConfig({
  plugins: [react()],
  build: {
    // The oldest browsers that have what we use: nesting, :has(), dvh, Map.groupBy.
    target: ["chrome120", "firefox121", "safari17.4"],
    // Its size is judged as a whole by scripts/budget.mjs.
    chunkSizeWarningLimit: 1000,
    // A data: URL is not 'self', and the policy of the server allows nothing else.
    assetsInlineLimit: 0,
    // Injects an inline script in older browsers only; ours know how to preload.
    modulePreload: { polyfill: false },
    rolldownOptions: {
      output: {
        // What changes with every release apart from what changes with a library.
        // Only what every page needs: a library of one page comes with that page.
        codeSplitting: {
          groups: [{ name: "vendor", test: /node_modules\/(react|scheduler|@tanstack|@mantine|@floating-ui)/ }],
        },
      },
    },
  },
  server: { proxy: { "/api": { target: server, changeOrigin: true } } },
});
