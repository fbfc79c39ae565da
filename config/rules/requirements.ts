import { frontPorts, ipv6Twin } from "../../lib/ports.ts";
import { cycleOf } from "../../lib/requirements.ts";
import { given, type Path, type Problem } from "../faults.ts";
import type { Secrecy } from "../secrecy.ts";
import type { Settings } from "../settings.ts";
import type { Draft, ServiceDraft } from "../shapes.ts";
import { inPlainText } from "./secrecy.ts";

/** Names of the services that others, or jobs, require. */
export function requiredServices({ services, jobs }: Pick<Draft, "services" | "jobs">): Set<string> {
  const all = [...Object.values(services), ...Object.values(jobs)];
  return new Set(all.flatMap(({ requires }) => Object.values(requires)).map(({ service }) => service));
}

/** Rules on what services require of each other. */
export function requirementRules(
  { services, jobs }: Pick<Draft, "services" | "jobs">,
  { isEncrypted }: Pick<Secrecy, "isEncrypted">,
): Problem[] {
  const required = requiredServices({ services, jobs });
  const problems = Object.entries(services).flatMap(([name, { requires, env, secrets, provides }]) => {
    const at = (...steps: Path): Path => ["services", name, ...steps];
    const seen = new Map<string, string>();
    return [
      ...(provides !== undefined && !required.has(name) ? [idle(at("provides"), provides)] : []),
      ...Object.entries(requires).flatMap(([key, { service, onChange, ...told }]): Problem[] => {
        const path = at("requires", key, "service");
        const provider = services[service];
        const problems: Problem[] = [];
        if (onChange && (onChange.command === undefined) === (onChange.signal === undefined)) {
          const message = `must have a command or a signal, got ${onChange.signal === undefined ? "neither" : "both"}`;
          problems.push({ path: at("requires", key, "onChange"), message });
        }
        if (provider === undefined) {
          const known = Object.keys(services).filter((other) => other !== name);
          const message = `must be another service (${known.join(", ") || "there is none"}), got ${given(service)}`;
          problems.push({ path, message, about: [path, ["services", service]] });
        } else if (provider.port === undefined) {
          const message = `must be a service with a port, which ${service} has not, got ${given(service)}`;
          problems.push({ path, message, about: [path, ["services", service, "port"]] });
        }
        return [...problems, ...toldVariables(key, told, { env, secrets }, at, seen, isEncrypted)];
      }),
    ];
  });
  return [...problems, ...cycles(services)];
}

type Variables = Pick<ServiceDraft, "env" | "secrets">;

/** What is wrong with the variables of a requirement, beside those of who requires; `seen` has those of requirements before it. */
export function toldVariables(
  key: string,
  told: Variables,
  { env, secrets }: Variables,
  at: (...steps: Path) => Path,
  seen: Map<string, string>,
  isEncrypted: (path: Path) => boolean,
): Problem[] {
  return (["env", "secrets"] as const).flatMap((map) =>
    Object.keys(told[map]).flatMap((variable): Problem[] => {
      const path = at("requires", key, map, variable);
      const plain = map === "secrets" && !isEncrypted(path) ? [inPlainText(path)] : [];
      const other =
        seen.get(variable) ?? (variable in env ? "env" : variable in secrets ? "secrets" : undefined);
      seen.set(variable, `requires.${key}`);
      if (other === undefined) return plain;
      const message = `must not have the name of a variable in ${other} as well`;
      return [...plain, { path, message, fix: "rm" }];
    }),
  );
}

function idle(path: Path, provides: number): Problem {
  const message = `must be left out where no other service requires this one, got ${provides}`;
  return { path, message, fix: "rm" };
}

function cycles(services: Draft["services"]): Problem[] {
  const cycle = cycleOf(
    Object.entries(services).map(([name, { requires }]) => ({
      name,
      requires: Object.values(requires).map(({ service }) => service),
    })),
  );
  if (cycle === undefined) return [];
  const [name = ""] = cycle;
  const message = `must not lead back to the service itself, which then could never come up: ${cycle.join(" requires ")}`;
  return [
    {
      path: ["services", name, "requires"],
      message,
      about: cycle.map((one) => ["services", one, "requires"]),
    },
  ];
}

/** Rules on the ports at which required services are reached, inside `front`. */
export function providedPortRules(settings: Settings): Problem[] {
  const { services, loadBalancers } = settings;
  const taken = new Map<number, string>();
  for (const { port, what, path } of frontPorts(settings)) {
    taken.set(port, `${what} (${path.join(".")})`);
    if (loadBalancers.ipv6) taken.set(ipv6Twin(port), `${what} on IPv6 (${path.join(".")})`);
  }
  return services.flatMap(({ name, provides, publish }) => {
    if (provides === undefined || provides === publish) return [];
    const other = taken.get(provides);
    taken.set(provides, `service ${name} (services.${name}.provides)`);
    if (other === undefined) return [];
    const path = ["services", name, "provides"];
    const message = `must be a port that nothing else has inside the balancers, got ${provides}, which ${other} has`;
    return [{ path, message, about: [path, ["services", name, "port"]] }];
  });
}
