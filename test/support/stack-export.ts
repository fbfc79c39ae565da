import type { StateResource } from "../../setup/state.ts";

const urnOf = (type: string, name: string) => `urn:pulumi:dev::flotilla::${type}::${name}`;

/** Everything of a service's pool on a host in Pulumi's state. */
export function poolResources(
  service: string,
  host: string,
  image: string,
  replicas = 1,
  more: Readonly<Record<string, unknown>> = {},
): StateResource[] {
  const name = `${service}-${host}`;
  const pool = urnOf("flotilla:index:ServerPool", name);
  const child = (type: string, name: string, inputs = {}): StateResource => ({
    urn: urnOf(`flotilla:index:ServerPool$${type}`, name),
    type,
    parent: pool,
    inputs,
  });
  return [
    { urn: pool, type: "flotilla:index:ServerPool", inputs: { service, host, ...more } },
    child("docker:index/remoteImage:RemoteImage", name, { name: image }),
    ...Array.from({ length: replicas }, (_, index) =>
      child("docker:index/container:Container", `dev-${name}-${index + 1}`),
    ),
    child("command:local:Command", `${name}-registration`),
  ];
}

/** What brings a service's image to its hosts, in Pulumi's state. */
export const imageBringer = (service: string): StateResource => ({
  urn: urnOf("flotilla:index:Images$command:local:Command", `image-${service}`),
  type: "command:local:Command",
});

/** What `pulumi stack export --show-secrets` prints of a stack with these outputs, of which the tokens are secrets. */
export function stackExport(
  outputs: Readonly<Record<string, unknown>>,
  resources: readonly StateResource[],
): string {
  const signature = { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270" };
  const secret = (value: unknown) => ({ ...signature, plaintext: JSON.stringify(value) });
  const stack = {
    urn: urnOf("pulumi:pulumi:Stack", "flotilla-dev"),
    type: "pulumi:pulumi:Stack",
    outputs: Object.fromEntries(
      Object.entries(outputs).map(([key, value]) => [key, /Token$/.test(key) ? secret(value) : value]),
    ),
  };
  return JSON.stringify({ version: 3, deployment: { resources: [stack, ...resources] } });
}
