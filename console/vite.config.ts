import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { textsByRoom } from "./texts.config";

const server = process.env.RESA_URL ?? "http://127.0.0.1:8000";

// The built console is served by Resa under /app/ and shipped inside the Python wheel.
export default defineConfig({
  base: "/app/",
  plugins: [textsByRoom(), react()],
  build: {
    outDir: "../src/resa/console/dist",
    emptyOutDir: true,
    target: "es2022",
    // Small files would become data: URLs, which the strict content security policy forbids for fonts.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 700,
  },
  server: { proxy: { "/api": server, "/v1": server, "/health": server } },
});
