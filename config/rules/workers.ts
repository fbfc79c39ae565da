import { locate } from "../draft.ts";
import { given, type Path, type Problem } from "../faults.ts";
import type { Draft } from "../shapes.ts";

/** What is said of requests, or of checks over the network. */
const ofRequests = [
  "protocol",
  "balance",
  "locality",
  "health",
  "route",
  "publish",
  "default",
  "load",
  "timeouts",
  "sessions",
  "drain",
  "failover",
] as const;

/** Rules on services without a port: nothing may be said of the requests that they can't answer. */
export function workerRules({ services }: Pick<Draft, "services">, raw: unknown): Problem[] {
  return Object.entries(services)
    .filter(([, { port }]) => port === undefined)
    .flatMap(([name]) =>
      ofRequests.flatMap((key) => {
        const path: Path = ["services", name, key];
        // As it is written, since the draft has defaults.
        const { value } = locate(raw, path);
        if (value === undefined) return [];
        const message = `must stand beside port, since a service without one is a worker, which answers no requests, got ${given(value)}`;
        return [{ path, message, about: [path, ["services", name, "port"]], fix: "rm" as const }];
      }),
    );
}
