import { locate } from "../draft.ts";
import { given, type Path, type Problem } from "../faults.ts";
import type { Draft } from "../shapes.ts";
import { requiredServices } from "./requirements.ts";

/** What is said of requests, of which balancers see none where TCP is spoken. */
const ofRequests: readonly Path[] = [
  ["route"],
  ["default"],
  ["sessions"],
  ["health", "path"],
  ["health", "host"],
  ["timeouts", "body"],
  ["timeouts", "request"],
  ["timeouts", "idle"],
];

/** Rules on services that speak TCP, and on what only those may have. */
export function tcpRules({ services }: Pick<Draft, "services">, raw: unknown): Problem[] {
  const required = requiredServices(services);
  return Object.entries(services).flatMap(([name, { protocol, balance, port, publish, health }]) => {
    const at = (...steps: Path): Path => ["services", name, ...steps];
    const beside = at("protocol");
    if (protocol === "http") {
      const message = `must stand beside protocol "tcp", got "${balance}"`;
      const about = [at("balance"), beside];
      return balance === "leastconn" ? [] : [{ path: at("balance"), message, about, fix: "rm" as const }];
    }
    const problems = ofRequests.flatMap((steps): Problem[] => {
      const path = at(...steps);
      // As it is written, since the draft has defaults.
      const { value } = locate(raw, path);
      if (value === undefined) return [];
      const message = `must not be given beside protocol "tcp", of which balancers see connections only, got ${given(value)}`;
      return [{ path, message, about: [path, beside], fix: "rm" }];
    });
    if (health.type === "http") {
      const message = 'must be "tcp", or left out, beside protocol "tcp", got "http"';
      problems.push({ path: at("health", "type"), message, about: [at("health", "type"), beside] });
    }
    if (port !== undefined && publish === undefined && !required.has(name)) {
      const message = `must have a publish port, or be required by another service, since protocol "tcp" has nothing else to be told by, got neither`;
      problems.push({ path: at(), message, about: [at("publish"), beside] });
    }
    return problems;
  });
}
