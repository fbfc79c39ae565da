/**
 * Names of what the program makes on Docker hosts. Each starts with the stack, so that stacks share a host, and is made
 * from the host's key or the server's number, so that adding or removing a host renames nothing on the others.
 * Instances and balancers get a random suffix on top from Pulumi, since old and new ones live side by side.
 *
 * Parts are joined by two dashes. No stack, host or service has two in a row, or one at its end, so a name gives its parts
 * back: joined by one, `a-b` + `c` and `a` + `b-c` would be the same.
 */
export const joined = (...parts: readonly (string | number)[]) => parts.join("--");

export const networkName = (stack: string) => stack;
/** Of the network that Consul has for itself. */
export const controlNetworkName = (stack: string) => joined(stack, "control");
export const consulServerName = (stack: string, number: number) => joined(stack, "consul", number);
/** What the names of all Consul servers of a stack, and no others, begin with. */
export const consulServerPrefix = (stack: string) => joined(stack, "consul", "");
export const agentName = (stack: string, host: string) => joined(stack, "agent", host);
/** What the names of all Consul agents of a stack begin with. */
export const agentPrefix = (stack: string) => joined(stack, "agent", "");
export const frontName = (stack: string, host: string) => joined(stack, "front", host);
export const wardenName = (stack: string, host: string) => joined(stack, "warden", host);
export const attendantName = (
  stack: string,
  role: "herald" | "mover" | "scheduler" | "backup",
  host: string,
) => joined(stack, role, host);
/** Volume by which a host has the NFS server's folder that its backups go to. */
export const backupTargetName = (stack: string, host: string) => joined(stack, "backup", host, "target");
/** Container that each run of a job is like; the names of runs begin with it. */
export const jobName = (stack: string, job: string, host: string) => joined(stack, "jobs", job, host);
/** Container of an attempt of a run. */
export const runName = (template: string, run: number, attempt: number) =>
  `${joined(template, run)}-${attempt}`;
/** The container that one of that name is like, if it is an attempt's. */
export const templateOf = (container: string) => /^(.*)--\d+-\d+$/.exec(container)?.[1];
/** Volume with what a host's scheduler writes down. */
export const jobRecordsName = (stack: string) => joined(stack, "jobs");
export const keeperName = (stack: string, host: string) => joined(stack, "keeper", host);
export const balancerPrefix = (stack: string, host: string, number: number) =>
  joined(stack, "balancer", host, number);
export const instancePrefix = (stack: string, service: string, host: string, number: number) =>
  joined(stack, service, host, number);
/** Number of the instance whose container has that name, or undefined where it is none of the service's on the host. */
export function instanceNumber(
  container: string,
  of: { stack: string; service: string; host: string },
): number | undefined {
  const [stack, service, host, last = "", ...more] = container.split("--");
  if (stack !== of.stack || service !== of.service || host !== of.host || more.length > 0) return undefined;
  const [, number] = /^(\d+)-[0-9a-f]+$/.exec(last) ?? [];
  return number === undefined ? undefined : Number(number);
}
/** Where containers write their logs: a volume of the balancers, and another one of each service. */
export const LOG_FOLDER = "/var/log/flotilla";
/** Of the log volume of the balancers or, where one is named, of a service. */
export const logVolumeContainerName = (stack: string, host: string, service?: string) =>
  joined(stack, "volumes", "logs", ...(service === undefined ? [] : [service]), host);
/** Of the volumes that copies of a service have each for themselves. */
export const replicaVolumeContainerName = (stack: string, host: string, service: string) =>
  joined(stack, "volumes", "copies", service, host);
export const logVolumeName = (stack: string, service?: string) =>
  joined(stack, "logs", ...(service === undefined ? [] : [service]));
/** Volume with the data of a Consul server or agent. */
export const dataVolumeName = (container: string) => joined(container, "data");
/** Volume with the socket at which an agent answers the balancers of its host. */
export const socketVolumeName = (container: string) => joined(container, "socket");
/** The underscore, which no key has, keeps it apart from every other volume. */
export const serviceVolumeName = (stack: string, service: string, volume: string) =>
  `${joined(stack, service)}_${volume}`;
/** Volume that one copy of a service has for itself. */
export const replicaVolumeName = (stack: string, service: string, number: number, volume: string) =>
  `${joined(stack, service, number)}_${volume}`;
/** Number of the copy whose volume has that name, or undefined where it is none of them. */
export function replicaOf(
  name: string,
  of: { stack: string; service: string; volume: string },
): number | undefined {
  const [, number] = /^[^_]*--(\d+)_/.exec(name) ?? [];
  const isOne = number && name === replicaVolumeName(of.stack, of.service, Number(number), of.volume);
  return isOne ? Number(number) : undefined;
}

/** Whose a volume of a stack is, by its name: a service's, or what has it otherwise. */
export function holderOf(volume: string, stack: string): string {
  const [, first = "", second] = volume.replace(/_.*$/, "").split("--");
  if (!volume.startsWith(joined(stack, ""))) return "";
  if (first === "logs") return second ?? "balancers";
  return first;
}

/**
 * A built image without its tag: in the registry, or in the engine's own store where there is none. As engines list it:
 * without the name of Docker Hub.
 */
export const imageRepository = (image: string, registry?: { readonly address: string }) =>
  `${registry ? registry.address.replace(/^docker\.io\//, "") : "flotilla"}/${image}`;
/** Image of a service, or one of ours by its role. */
export const imageName = (stack: string, of: string) => joined(stack, of);

/** What a container is for; the value of its label `flotilla.role`. */
export type Role =
  | "consul"
  | "agent"
  | "front"
  | "balancer"
  | "server"
  | "volumes"
  | "warden"
  | "keeper"
  | "mover"
  | "herald"
  | "scheduler"
  | "job"
  | "run"
  // Backs up what a host has; what it makes for a moment is "scratch".
  | "backup"
  | "scratch";

/** Labels by which commands, tests and people find the containers of a stack; `details` are more of them. */
export function labels<T = string>({
  stack,
  role,
  host,
  service,
  details = {},
}: {
  stack: string;
  role: Role;
  host: string;
  service?: string;
  details?: Readonly<Record<string, T>>;
}): Record<string, string | T> {
  const all: Record<string, string | T> = {
    "flotilla.host": host,
    "flotilla.role": role,
    ...(service === undefined ? {} : { "flotilla.service": service }),
    "flotilla.stack": stack,
    ...details,
  };
  // In the order in which the provider compares them.
  return Object.fromEntries(Object.entries(all).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** How docker is told of labels. */
export const labelFlags = (labels: Readonly<Record<string, string>>) =>
  Object.entries(labels).flatMap(([label, value]) => ["--label", `${label}=${value}`]);

/** What Pulumi calls the resource that brings the image of a service, or a job, to its hosts. */
export const imageBringerName = (owner: string) => `image-${owner}`;

/** Labels by which an image that was built for a stack is known as its own, beside its name. */
export const imageLabels = (
  stack: string,
  of: { readonly service: string } | { readonly job: string } | { readonly own: string },
): Record<string, string> => ({
  "flotilla.image": Object.entries(of)
    .map((parts) => parts.join("/"))
    .join(),
  "flotilla.image.stack": stack,
});
