/** How the browser part is built: hashed files in dist/hubbub/, and a manifest that Django reads their names from. */

import { defineConfig } from "vitest/config";

export default defineConfig({
  // Relative addresses, so that the files work below any STATIC_URL.
  base: "./",
  build: {
    outDir: "dist/hubbub",
    emptyOutDir: true,
    manifest: "manifest.json",
    // A data: address would be refused by the page's Content-Security-Policy.
    assetsInlineLimit: 0,
    // The built-in polyfill for module preloading would be one script more; every browser we support has it.
    modulePreload: { polyfill: false },
    target: ["chrome109", "firefox115", "safari16.4"],
    rolldownOptions: {
      input: ["src/main.ts", "src/theme/login.css"],
      output: {
        entryFileNames: "assets/[name]-[hash].js",
        chunkFileNames: "assets/[name]-[hash].js",
        assetFileNames: "assets/[name]-[hash][extname]",
        hashCharacters: "hex",
      },
    },
  },
  test: {
    include: ["tests/**/*.test.ts"],
  },
});
