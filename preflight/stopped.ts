import type { HostSettings, ServiceSettings, Settings } from "../config/settings.ts";
import { instanceNumber, labels } from "../lib/names.ts";
import { isMoving, isStartedLate, stoppedStates } from "../lib/rollout.ts";
import { ask } from "./engine.ts";

/**
 * Containers on a host that do not run, of services whose registration starts them. Pulumi only makes those: it neither
 * sees nor mends that they are stopped.
 */
export async function stoppedServers({ stack, services }: Settings, host: HostSettings): Promise<string[]> {
  // A mover sees to those that move.
  const isOfConcern = (service: ServiceSettings) => isStartedLate(service) && !isMoving(service);
  const ours = services.filter((service) => isOfConcern(service) && service.hosts.includes(host.key));
  if (ours.length === 0) return [];
  const wanted = Object.entries(labels({ stack, host: host.key, role: "server" }));
  const filters = [
    ...stoppedStates.map((status) => `status=${status}`),
    ...wanted.map(([label, value]) => `label=${label}=${value}`),
  ].flatMap((filter) => ["--filter", filter]);
  const names = (await ask(host.docker, "ps", "--all", "--format", "{{.Names}}", ...filters)).split("\n");
  const isOurs = (container: string) =>
    ours.some(
      ({ name }) => instanceNumber(container, { stack, service: name, host: host.key }) !== undefined,
    );
  return names.filter(isOurs).sort();
}
