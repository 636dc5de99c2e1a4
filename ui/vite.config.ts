// Two builds from the same parts: the page with hashed names, and the report as one file that opens
// without a server. Both go to crates/web/assets and are committed, so that cargo needs no Node.

import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { brotliCompressSync, constants } from "node:zlib";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

const ASSETS = "../crates/web/assets";

/** What the first screen needs: as one file it packs better than as many. All else is loaded later. */
const FIRST_SCREEN = new RegExp(
  [
    "node_modules",
    "src/state/(?!ending|orders)",
    "src/(api|live|words|format|address|picture|rows|timeline|order|names)\\.ts",
    "src/chart/(canvas|colors|figure|frame|marks|paper|plot|line-chart|scope|seen)\\.",
    "src/parts/(button|entry-table|figures|charts|lazy|menu|pill|table|toast)\\.",
    "src/pages/(run|run-header|overview|scope|window|shortcuts)\\.",
  ].join("|"),
);

/** Writes report.html with script and style in it, and their hashes in its policy. */
function oneFile(): Plugin {
  return {
    name: "one-file",
    enforce: "post",
    generateBundle(_options, bundle) {
      const files = Object.values(bundle);
      const script = files
        .flatMap((file) => (file.type === "chunk" ? [file.code] : []))
        .join("\n")
        .replaceAll("</script", "<\\/script");
      const style = files
        .flatMap((file) =>
          file.type === "asset" && file.fileName.endsWith(".css") ? [file.source] : [],
        )
        .join("\n");
      for (const file of files) {
        delete bundle[file.fileName];
      }
      const source = readFileSync("report.html", "utf8")
        .replace("{{style-hash}}", () => hash(style))
        .replace("{{script-hash}}", () => hash(script))
        .replace("/*style*/", () => style)
        .replace("/*script*/", () => script);
      this.emitFile({ type: "asset", fileName: "report.html", source });
    },
  };
}

/** Puts scripts and style packed beside them, as they are sent to browsers that take it. */
function packed(): Plugin {
  return {
    name: "packed",
    enforce: "post",
    writeBundle(options, bundle) {
      for (const file of Object.values(bundle)) {
        if (/\.(js|css)$/.test(file.fileName)) {
          const path = resolve(options.dir ?? ".", file.fileName);
          const text = readFileSync(path);
          const params = {
            [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
            [constants.BROTLI_PARAM_SIZE_HINT]: text.length,
          };
          writeFileSync(`${path}.br`, brotliCompressSync(text, { params }));
        }
      }
    },
  };
}

function hash(text: string): string {
  return `sha256-${createHash("sha256").update(text).digest("base64")}`;
}

export default defineConfig(({ mode }) => ({
  plugins: mode === "report" ? [oneFile()] : [packed()],
  build: {
    outDir: ASSETS,
    emptyOutDir: mode !== "report",
    target: "es2023",
    cssTarget: "chrome125",
    modulePreload: false,
    assetsInlineLimit: 0,
    cssCodeSplit: false,
    rolldownOptions:
      mode === "report"
        ? {
            input: "src/report.tsx",
            output: { format: "iife", entryFileNames: "report.js" },
          }
        : {
            output: {
              entryFileNames: "assets/main-[hash].js",
              // What the first screen needs is one file: it packs better than many.
              codeSplitting: {
                groups: [{ name: "first", test: FIRST_SCREEN }],
              },
            },
          },
  },
  test: {
    include: ["src/**/*.test.ts", "../tests/ui/**/*.test.ts"],
    environment: "node",
    // A browser on a busy machine takes its time; what is waited for has limits of its own.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 40_000, interval: 100 } },
    // Tests in a browser wait most of the time: several files do so at once.
    maxWorkers: 2,
    alias: Object.fromEntries(
      ["axe-core", "oidc-provider", "playwright-core"].map((name) => [
        name,
        resolve("node_modules", name),
      ]),
    ),
  },
}));
