import { containers, docker, to } from "./docker.ts";
import type { Fleet } from "./fleet.ts";

/** How often the drill's application has begun each POST of a load, by its number. */
export async function receiptsOf(fleet: Fleet, run: string): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  for (const engine of fleet.engines) {
    for (const id of await begun(fleet, run, engine)) counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  return counts;
}

/** Numbers of POSTs that copies on one engine have begun, each as often as they have. */
async function begun({ name, service }: Fleet, run: string, engine: string): Promise<string[]> {
  const [volumes] = await containers(name, "volumes", service, engine);
  if (!volumes) return [];
  const script = `cat /var/log/flotilla/receipts/* 2>/dev/null | grep "^${run}-"; true`;
  const flags = ["--rm", "--network=none", "--volumes-from", volumes.Id];
  const lines = await docker(...to(engine), "run", ...flags, "debian:trixie-slim", "sh", "-c", script);
  return lines.split("\n").filter(Boolean);
}
