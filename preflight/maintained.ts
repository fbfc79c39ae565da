import type { HostSettings, Settings } from "../config/settings.ts";
import { ask, type RunningContainer } from "./engine.ts";

/**
 * Warnings of services that others require and that are in maintenance, as a balancer of the host has it: copies that need
 * them to pass their check would not.
 */
export async function maintenanceWarnings(
  { stack, services }: Pick<Settings, "stack" | "services">,
  { docker }: Pick<HostSettings, "docker">,
  containers: readonly RunningContainer[],
): Promise<string[]> {
  const requirers = (name: string) =>
    services.filter(({ requires }) => requires.some(({ service }) => service === name));
  const required = services.filter(({ name }) => requirers(name).length > 0);
  const balancer = containers.find((container) => container.stack === stack && container.role === "balancer");
  if (required.length === 0 || balancer === undefined) return [];
  const read = ["sed", "-n", "s/^backend maintenance\\.//p", "/run/flotilla/haproxy.cfg"];
  // One that is being replaced tells nothing, which is no fault.
  const closed = (await ask(docker, "exec", balancer.name, ...read).catch(() => "")).split("\n");
  return required
    .filter(({ name }) => closed.includes(name))
    .map(
      ({ name }) =>
        `service ${name} is in maintenance: new copies of ${requirers(name)
          .map(({ name }) => name)
          .join(", ")}, which require it, can't pass a check that needs it until ` +
        `\`npm run maintenance -- off --service ${name}\`.`,
    );
}
