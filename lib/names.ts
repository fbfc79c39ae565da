/**
 * Names of what the program makes on Docker hosts. Each starts with the stack, so that stacks share a host, and is made
 * from the host's key or the server's number, so that adding or removing a host renames nothing on the others.
 * Replicas and balancers get a random suffix on top from Pulumi, since old and new ones live side by side.
 */
export const networkName = (stack: string) => stack;
export const consulServerName = (stack: string, number: number) => `${stack}-consul-${number}`;
export const agentName = (stack: string, host: string) => `${stack}-agent-${host}`;
export const frontName = (stack: string, host: string) => `${stack}-front-${host}`;
export const wardenName = (stack: string, host: string) => `${stack}-warden-${host}`;
export const balancerPrefix = (stack: string, host: string, number: number) =>
  `${stack}-balancer-${host}-${number}`;
export const instancePrefix = (stack: string, service: string, host: string, number: number) =>
  `${stack}-${service}-${host}-${number}`;
/** Number of the replica whose container has that name, or undefined where it is none of the service's on the host. */
export function replicaNumber(
  container: string,
  of: { stack: string; service: string; host: string },
): number | undefined {
  const prefix = `${of.stack}-${of.service}-${of.host}-`;
  if (!container.startsWith(prefix)) return undefined;
  const [, number] = /^(\d+)-[0-9a-f]+$/.exec(container.slice(prefix.length)) ?? [];
  return number === undefined ? undefined : Number(number);
}
export const volumeContainerName = (stack: string, role: string, host: string) =>
  `${stack}-volumes-${role}-${host}`;
export const logVolumeName = (stack: string) => `${stack}-logs`;
/** The underscore, which no key has, keeps it apart from every other volume. */
export const serviceVolumeName = (stack: string, service: string, volume: string) =>
  `${stack}-${service}_${volume}`;

/**
 * A built image without its tag: in the registry, or in the engine's own store where there is none. As engines list it:
 * without the name of Docker Hub.
 */
export const imageRepository = (image: string, registry?: { readonly address: string }) =>
  `${registry ? registry.address.replace(/^docker\.io\//, "") : "flotilla"}/${image}`;
export const serviceImage = (stack: string, service: string) => `${stack}-${service}`;

/** What a container is for; the value of its label `flotilla.role`. */
export type Role = "consul" | "agent" | "front" | "balancer" | "server" | "volumes" | "warden";

/** Labels by which commands, tests and people find the containers of a stack. */
export function labels(of: {
  stack: string;
  role: Role;
  host: string;
  service?: string;
}): Record<string, string> {
  return {
    "flotilla.host": of.host,
    "flotilla.role": of.role,
    ...(of.service === undefined ? {} : { "flotilla.service": of.service }),
    "flotilla.stack": of.stack,
  };
}

/** Labels by which an image that was built for a stack is known as its own, beside its name. */
export const imageLabels = (
  stack: string,
  of: { readonly service: string } | { readonly own: string },
): Record<string, string> => ({
  "flotilla.image": "service" in of ? `service/${of.service}` : `own/${of.own}`,
  "flotilla.image.stack": stack,
});
