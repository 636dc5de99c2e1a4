// Lets Node 20 run TypeScript: `node --import ./test/typescript.mjs file.ts`.
import { readFile } from "node:fs/promises";
import { register } from "node:module";
import { fileURLToPath } from "node:url";
import ts from "typescript";

/** Node's own hook: what a `.ts` file is as JavaScript. Types are dropped, not checked. */
export async function load(url, context, next) {
  if (!url.endsWith(".ts")) {
    return next(url, context);
  }
  const source = await readFile(fileURLToPath(url), "utf8");
  const options = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 };
  const { outputText } = ts.transpileModule(source, { compilerOptions: options });
  return { format: "module", source: outputText, shortCircuit: true };
}

register(import.meta.url);
