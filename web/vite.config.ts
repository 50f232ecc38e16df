import react from "@vitejs/plugin-react";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { defineConfig, type Plugin } from "vite";

const COMPRESSED = /\.(js|css|html|svg|json)$/;
const SMALLEST_BYTES = 1024;

/** Writes `.br` and `.gz` twins, so that the server never compresses a static file itself. */
function precompress(): Plugin {
  return {
    name: "precompress",
    apply: "build",
    writeBundle() {
      for (const name of readdirSync("dist", { recursive: true }) as string[]) {
        if (!COMPRESSED.test(name)) continue;
        const path = join("dist", name);
        const content = readFileSync(path);
        if (content.length < SMALLEST_BYTES) continue;
        const quality = { [constants.BROTLI_PARAM_QUALITY]: 10 };
        writeFileSync(`${path}.br`, brotliCompressSync(content, { params: quality }));
        writeFileSync(`${path}.gz`, gzipSync(content, { level: 9 }));
      }
    },
  };
}

export default defineConfig({
  plugins: [react(), precompress()],
  resolve: {
    alias: {
      // @rjsf/core imports Ajv for its own tests only; Ajv compiles with `new Function`, which our CSP refuses.
      "@rjsf/validator-ajv8": new URL("./src/forms/no-ajv.ts", import.meta.url).pathname,
    },
  },
  build: {
    target: "es2022",
    // The browsers that know light-dark(): an older target would have it rewritten into variables that Mantine lacks.
    cssTarget: ["chrome123", "edge123", "firefox120", "safari17.5"],
    chunkSizeWarningLimit: 900,
    assetsInlineLimit: 0,
    // The application, and the panel that other systems show in a frame.
    rolldownOptions: { input: ["index.html", "embed.html"] },
  },
  server: {
    proxy: Object.fromEntries(
      ["/api", "/hooks", "/healthz", "/embed/"].map((path) => [path, process.env.VESTNIK_URL ?? "http://127.0.0.1:8000"]),
    ),
  },
});
