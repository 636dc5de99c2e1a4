// Builds page, report and types again and compares them with what is committed.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { brotliDecompressSync } from "node:zlib";

const ui = resolve(import.meta.dirname, "..");
const assets = resolve(ui, "../crates/web/assets");
const built = mkdtempSync(join(tmpdir(), "gregaria-ui-"));

function run(...words) {
  execFileSync(join(ui, "node_modules/.bin", words[0]), words.slice(1), { cwd: ui, stdio: "pipe" });
}

/** Bytes of a file; of a packed one what is in it, since another version of Node may pack otherwise. */
function contents(path) {
  const bytes = readFileSync(path);
  return (path.endsWith(".br") ? brotliDecompressSync(bytes) : bytes).toString("latin1");
}

/** Every file below a folder with its bytes. */
function files(folder) {
  return new Map(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path) => [path.slice(folder.length + 1), contents(path)]),
  );
}

try {
  const types = ["openapi.json", "--root-types", "--root-types-no-schema-prefix", "--alphabetize"];
  run("openapi-typescript", ...types, "--output", join(built, "model.ts"));
  const isStale = files(built).get("model.ts") !== readFileSync(join(ui, "src/model.ts"), "latin1");
  rmSync(join(built, "model.ts"));
  run("vite", "build", "--outDir", built, "--emptyOutDir");
  run("vite", "build", "--mode", "report", "--outDir", built);
  const [committed, present] = [files(assets), files(built)];
  const differing = [...new Set([...committed.keys(), ...present.keys()])].filter(
    (name) => committed.get(name) !== present.get(name),
  );
  if (isStale || differing.length > 0) {
    console.error(`stale: ${[...(isStale ? ["ui/src/model.ts"] : []), ...differing].join(", ")}`);
    console.error("hint: `make ui` builds them again");
    process.exitCode = 1;
  }
} finally {
  rmSync(built, { recursive: true, force: true });
}
