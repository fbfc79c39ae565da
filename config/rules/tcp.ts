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
  ["health", "method"],
  ["health", "host"],
  ["timeouts", "body"],
  ["timeouts", "request"],
  ["timeouts", "idle"],
];

/** Rules on services that speak TCP, and on what only those may have. */
export function tcpRules({ services, jobs }: Pick<Draft, "services" | "jobs">, raw: unknown): Problem[] {
  const required = requiredServices({ services, jobs });
  return Object.entries(services).flatMap(
    ([name, { protocol, balance, locality, port, publish, health }]) => {
      const at = (...steps: Path): Path => ["services", name, ...steps];
      const beside = at("protocol");
      if (protocol === "http") return ofTcpOnly(balance, health, at);
      const problems = [
        ...exchanges(health, at),
        ...ofRequests.flatMap((steps): Problem[] => {
          const path = at(...steps);
          // As it is written, since the draft has defaults.
          const { value } = locate(raw, path);
          if (value === undefined) return [];
          const message = `must not be given beside protocol "tcp", of which balancers see connections only, got ${given(value)}`;
          return [{ path, message, about: [path, beside], fix: "rm" }];
        }),
      ];
      if (health.type === "http") {
        const message = 'must be another one, or left out, beside protocol "tcp", got "http"';
        problems.push({ path: at("health", "type"), message, about: [at("health", "type"), beside] });
      }
      if (port !== undefined && publish === undefined && !required.has(name)) {
        const message = `must have a publish port, or be required by another service, since protocol "tcp" has nothing else to be told by, got neither`;
        problems.push({ path: at(), message, about: [at("publish"), beside] });
      }
      if (balance === "active-backup" && locality !== "any") {
        const message = `must be left out beside balance "active-backup", which has an order of its own, got "${locality}"`;
        problems.push({ path: at("locality"), message, about: [at("locality"), at("balance")], fix: "rm" });
      }
      return problems;
    },
  );
}

type At = (...steps: Path) => Path;
type Health = Draft["services"][string]["health"];

/** What stands beside a protocol that balancers do not look into. */
function ofTcpOnly(balance: string, { type = "http", send, expect }: Health, at: At): Problem[] {
  const given: [Path, value: string | undefined][] = [
    [at("balance"), balance === "leastconn" ? undefined : balance],
    [at("health", "type"), type === "http" || type === "tcp" ? undefined : type],
    [at("health", "send"), send],
    [at("health", "expect"), expect],
  ];
  return given.flatMap(([path, value]) => {
    if (value === undefined) return [];
    const message = `must stand beside protocol "tcp", got ${JSON.stringify(value)}`;
    return [{ path, message, about: [path, at("protocol")], fix: "rm" as const }];
  });
}

/** Rules on checks of what a server says. */
function exchanges({ type = "tcp", send, expect }: Health, at: At): Problem[] {
  const words = Object.entries({ send, expect }).filter(([, value]) => value !== undefined);
  if (type !== "tcp")
    return words.map(([key, value]) => {
      const path = at("health", key);
      const message = `must not be given beside health.type "${type}", got ${JSON.stringify(value)}`;
      return { path, message, about: [path, at("health", "type")], fix: "rm" };
    });
  if (send === undefined || expect !== undefined) return [];
  const message = `must be given beside health.send, whose answer nobody would look at otherwise, got nothing`;
  return [{ path: at("health", "expect"), message, about: [at("health", "send")] }];
}
