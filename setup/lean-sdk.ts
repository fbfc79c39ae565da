/**
 * Loaded before the program (`nodeargs` in Pulumi.yaml). Makes Pulumi's SDK leaner where this program has no use for what
 * it does.
 */
import { createRequire, registerHooks } from "node:module";

// What the SDK loads only to turn functions into text, for dynamic providers and the like: the TypeScript compiler and
// npm's dependency tree. Measured: 0.9 of 5.2 CPU seconds, and 0.5 s, of a preview of the dev stack without changes.
const unused = new Set(["@npmcli/arborist", "typescript"]);

registerHooks({
  resolve(specifier, context, next) {
    return unused.has(specifier) ? next("node:path", context) : next(specifier, context);
  },
});

const require = createRequire(import.meta.url);

// The SDK takes the stack trace of each of its promises, four for every property of a resource, set or not, and shows it
// only where promises are debugged. Measured: of 7.0 CPU seconds that the program takes for 100 copies, 4.3 are left. Errors
// keep their traces.
if (!process.env.PULUMI_DEBUG_PROMISE_LEAKS) {
  const debuggable = require("@pulumi/pulumi/runtime/debuggable.js");
  const { debuggablePromise } = debuggable;
  debuggable.debuggablePromise = (promise: Promise<unknown>, context: unknown) => {
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    try {
      return debuggablePromise(promise, context);
    } finally {
      Error.stackTraceLimit = stackTraceLimit;
    }
  };
}

// The SDK sends the engine several lines about every resource that nobody sees but with `pulumi up --debug`, and does so
// without it, too. Measured with 100 copies: 0.9 of the program's 3.5 CPU seconds.
if (!process.env.FLOTILLA_DEBUG) require("@pulumi/pulumi/log").debug = async () => {};
