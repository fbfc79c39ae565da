import type { ServiceSettings } from "../config/settings.ts";
import type { Role } from "./names.ts";

/** What a container is kept from. */
export interface Confinement {
  /** User and group, by number; the image's where absent. */
  readonly user?: string;
  /** Linux capabilities beside Docker's own choice, or what is left of it: by their kernel's names, or "ALL". */
  readonly capabilities: { readonly add: readonly string[]; readonly drop: readonly string[] };
  /** Whether no program gets more rights than the one that starts it, as by setuid. */
  readonly noNewPrivileges: boolean;
  /** Whether the root file system can't be written. */
  readonly readOnly: boolean;
}

/** Roles of containers that run nothing of the user's. */
export type OwnRole = Exclude<Role, "server" | "job" | "run" | "scratch">;

/** What a role of ours needs. */
interface Needs {
  /** Root where absent. */
  readonly user?: string;
  /** Capabilities, each with what it is for; all others are dropped. */
  readonly capabilities: Readonly<Record<string, string>>;
  readonly readOnly: boolean;
}

const nobody = "65534:65534";

/**
 * Where configuration is uploaded, the root can be written: the provider uploads to "/", which Docker refuses where that
 * is read-only. There is no limit on processes: the provider has none, and the one on a user's (`nproc`) counts those
 * of all containers together. Nor one on open files, since HAProxy takes as many connections as the engine allows.
 */
const needs: Readonly<Record<OwnRole, Needs>> = {
  // Holds a network namespace, and does nothing else.
  front: { user: nobody, capabilities: {}, readOnly: true },
  // Root, since only sockets of one user may share a port, also with the balancers that are being replaced. What serves
  // requests is the user haproxy. The last good configuration is kept in the root file system, which outlives a restart.
  balancer: {
    capabilities: {
      CAP_KILL: "HAProxy's master and apply-config signal its workers, which have another user",
      CAP_NET_BIND_SERVICE: "ports below 1024, where the engine does not leave them to everybody",
      CAP_SETGID: "HAProxy's workers become haproxy",
      CAP_SETUID: "HAProxy's workers become haproxy",
    },
    readOnly: false,
  },
  // Root, since the data that stacks have is root's.
  consul: { capabilities: {}, readOnly: false },
  agent: { capabilities: {}, readOnly: false },
  // Root, to whom the engine's socket belongs: who has that, has root's power over the host in any case.
  warden: { capabilities: {}, readOnly: true },
  // The same.
  mover: { capabilities: {}, readOnly: false },
  herald: { capabilities: {}, readOnly: false },
  // The same; and it reads what services have written, whoever may.
  backup: {
    capabilities: {
      CAP_DAC_OVERRIDE: "files of whatever users services have, and a target that is another user's",
    },
    readOnly: false,
  },
  scheduler: { capabilities: {}, readOnly: false },
  // Root, which has no rights over files of others without these two.
  keeper: {
    capabilities: {
      CAP_DAC_OVERRIDE: "files and folders of whatever users services have",
      CAP_FOWNER: "deletes them also where the log folder, as /tmp, leaves that to their users",
    },
    readOnly: true,
  },
  // Never started; people take its volumes, not its confinement.
  volumes: { user: nobody, capabilities: {}, readOnly: true },
};

/** How a container of ours is confined. */
export function ownConfinement(role: OwnRole): Confinement {
  const { capabilities, ...rest } = needs[role];
  return {
    ...rest,
    capabilities: { add: Object.keys(capabilities), drop: ["ALL"] },
    noNewPrivileges: true,
  };
}

/**
 * How a copy of a service is confined: as it is configured, and without raw sockets, by which it could listen to and speak
 * for others in the network, unless it is given those.
 */
export function serviceConfinement(
  service: Pick<ServiceSettings, "user" | "capabilities" | "noNewPrivileges" | "readOnly">,
): Confinement {
  const { user, capabilities, noNewPrivileges, readOnly } = service;
  const [add, drop] = [new Set(capabilities.add), new Set(capabilities.drop)];
  if (!["ALL", "CAP_NET_RAW"].some((name) => add.has(name) || drop.has(name))) drop.add("CAP_NET_RAW");
  return {
    ...(user !== undefined && { user }),
    capabilities: { add: [...add], drop: [...drop] },
    noNewPrivileges,
    readOnly,
  };
}
