/**
 * Loaded before the program (`nodeargs` in Pulumi.yaml). Makes Pulumi's SDK leaner where this program has no use for what
 * it does.
 */
import { createRequire, Module } from "node:module";

const sdk = createRequire(import.meta.url).resolve("@pulumi/pulumi");
const require = createRequire(sdk);

// What the SDK loads whether it is used or not: what turns functions into text, for dynamic providers and the like; the
// automation API, which runs Pulumi from a program; what maps stack traces back to the sources of compiled files; and what
// sends traces, where none are asked for.
const unused = [
  "typescript",
  "./vendor/typescript@3.8.3/typescript.js",
  "@npmcli/arborist",
  "normalize-package-data",
  "./automation",
  "source-map-support/register",
];
const tracing = [
  "resources",
  "sdk-trace-base",
  "exporter-zipkin",
  "instrumentation-grpc",
  "sdk-trace-node",
  "instrumentation",
];
const isTraced = process.env.TRACEPARENT !== undefined || process.argv.includes("--tracing");
if (!isTraced) unused.push(...tracing.map((part) => `@opentelemetry/${part}`));

// They count as loaded, and empty. Measured: of 5.2 CPU seconds that a preview of the dev stack took, 0.9 for the first
// three and 0.35 for the others.
for (const name of unused) {
  const file = fileOf(name);
  if (file) require.cache[file] = Object.assign(new Module(file), { loaded: true });
}

/** TypeScript need not be there: where it is not, the SDK takes the one that comes with it. */
function fileOf(name: string): string | undefined {
  try {
    return require.resolve(name);
  } catch {
    return undefined;
  }
}

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
