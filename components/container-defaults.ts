import type * as pulumi from "@pulumi/pulumi";
import type { Limits } from "../config/settings.ts";
import { type Confinement, type OwnRole, ownConfinement } from "../lib/confinement.ts";
import { labels as labelsOf, type Role } from "../lib/names.ts";
import type * as docker from "./docker.ts";

/** What every container of the program has in common, and how those of our own are confined; spread first. */
export function containerDefaults(of: Parameters<typeof labelsOf<pulumi.Input<string>>>[0]) {
  return {
    ...(isOwn(of.role) && confined(ownConfinement(of.role))),
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

const isOwn = (role: Role): role is OwnRole => !["server", "job", "run", "scratch"].includes(role);

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

/**
 * A confinement as the provider takes it, and as it reads it back from the engine. That there are new privileges is said,
 * too: the provider does not see that an option is gone, and the engine may have another default.
 */
export function confined({ user, capabilities: { add, drop }, noNewPrivileges, readOnly }: Confinement) {
  return {
    ...(user !== undefined && { user }),
    ...(add.length + drop.length > 0 && {
      capabilities: {
        ...(add.length > 0 && { adds: [...add] }),
        ...(drop.length > 0 && { drops: [...drop] }),
      },
    }),
    securityOpts: [`no-new-privileges=${noNewPrivileges}`],
    readOnly,
  } satisfies Partial<docker.ContainerArgs>;
}
