/**
 * Stands in for what the program asks of the world, under Pulumi's mocks, where there is none: every host answers, has every
 * image, and runs nothing yet. Loaded before the program (`node --import`).
 */
import { registerHooks } from "node:module";

const stubs: Readonly<Record<string, string>> = {
  "preflight/preflight.ts": "preflight.ts",
  "preflight/state.ts": "state.ts",
  "lib/images/hosts-view.ts": "hosts-view.ts",
};

registerHooks({
  resolve(specifier, context, next) {
    const resolved = next(specifier, context);
    // A stub may well take what it stands in for.
    if (context.parentURL?.includes("/bench/mocks/")) return resolved;
    const [, stub] = Object.entries(stubs).find(([file]) => resolved.url.endsWith(`/${file}`)) ?? [];
    return stub ? { ...resolved, url: new URL(stub, import.meta.url).href } : resolved;
  },
});
