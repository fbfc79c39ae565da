import type { Limits } from "../config/settings.ts";
import { labels as labelsOf } from "../lib/names.ts";
import type * as docker from "./docker.ts";

/** What every container of the program has in common; spread first. */
export function containerDefaults(of: Parameters<typeof labelsOf>[0]) {
  return {
    labels: Object.entries(labelsOf(of)).map(([label, value]) => ({ label, value })),
    // Rotated. Always set, or the engine's own defaults leak into the state and replace everything when they change
    // (kreuzwerker/terraform-provider-docker#473).
    logDriver: "local",
    logOpts: { "max-size": "10m", "max-file": "3" },
    // Not "unless-stopped": a daemon that was killed stops what still runs when it is back, and takes that for somebody's
    // wish that it be stopped.
    restart: "always",
    // Named volumes are resources of their own.
    removeVolumes: true,
  } satisfies Partial<docker.ContainerArgs>;
}

/** Limits as the provider takes them: none where there is no limit. */
export function limits({
  cpus,
  memory,
}: Limits): Pick<docker.ContainerArgs, "cpus" | "memory" | "memorySwap"> {
  return {
    ...(cpus === undefined ? {} : { cpus }),
    // Without a limit on swap Docker would allow as much again on disk.
    ...(memory === undefined ? {} : { memory, memorySwap: memory }),
  };
}
