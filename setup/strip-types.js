/**
 * Loaded before a program that has this package in its node_modules (`nodeargs: --import flotilla/strip-types`). Node runs
 * TypeScript by itself, but none of a dependency: what is in this package it is then given without its types.
 */
import { readFileSync } from "node:fs";
import { registerHooks, stripTypeScriptTypes } from "node:module";
import { fileURLToPath } from "node:url";

const here = new URL("..", import.meta.url).href;
const isOurs = (url) => url.startsWith(here) && url.endsWith(".ts");

// That Node may change how it is asked for would be said at each run.
const { emitWarning } = process;
process.emitWarning = () => {};
stripTypeScriptTypes("");
process.emitWarning = emitWarning;

registerHooks({
  load(url, context, next) {
    if (!isOurs(url)) return next(url, context);
    const source = stripTypeScriptTypes(readFileSync(fileURLToPath(url), "utf8"));
    return { format: "module", source, shortCircuit: true };
  },
});
