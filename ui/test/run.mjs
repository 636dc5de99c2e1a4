// Runs the tests. A file in which something failed is run a second time by itself: a browser on a
// machine that is held up for seconds may fail once. What fails twice has failed, and what passed
// at the second try is named.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative, resolve } from "node:path";

const ui = resolve(import.meta.dirname, "..");
const results = mkdtempSync(join(tmpdir(), "gregaria-vitest-"));

/** Runs files, or all, and tells which failed; null if there is no telling. */
function failed(words) {
  const to = join(results, "tests.json");
  rmSync(to, { force: true });
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${to}`];
  const { status } = spawnSync(
    join(ui, "node_modules/.bin/vitest"),
    ["run", ...reporters, ...words],
    { cwd: ui, stdio: "inherit" },
  );
  try {
    const { testResults } = JSON.parse(readFileSync(to, "utf8"));
    const files = testResults.filter((file) => file.status === "failed").map((file) => file.name);
    return status !== 0 && files.length === 0 ? null : files;
  } catch {
    return null;
  }
}

const first = failed(process.argv.slice(2));
let left = first;
if (first?.length) {
  const names = first.map((path) => relative(resolve(ui, ".."), path)).join(", ");
  console.error(`tests: ${names} failed and will be run a second time`);
  left = failed(first);
  if (left?.length === 0) {
    console.error(`tests: ${names} passed at the second try only`);
  }
}
rmSync(results, { recursive: true });
process.exitCode = left?.length === 0 ? 0 : 1;
