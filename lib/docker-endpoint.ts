/**
 * Where a Docker engine is to be reached: `unix://`, `ssh://` or `tcp://`; or `tcp://` by TLS with client certificates of its
 * own, in a folder relative to the project. Where no folder is named, Docker's clients go by their environment.
 */
export type Endpoint = string | { readonly host: string; readonly tls: string };

/** What the files in a folder of client certificates are called, by the flag of the docker client that takes each. */
export const tlsFiles = { tlscacert: "ca.pem", tlscert: "cert.pem", tlskey: "key.pem" };

export const endpointOf = (host: string, tls: string | undefined): Endpoint =>
  tls === undefined ? host : { host, tls };

/** An endpoint as people know it. */
export const addressOf = (endpoint: Endpoint) => (typeof endpoint === "string" ? endpoint : endpoint.host);

/** The folder of its client certificates, where it has its own. */
export const tlsOf = (endpoint: Endpoint) => (typeof endpoint === "string" ? undefined : endpoint.tls);

/** Whether the engine is this machine's own. */
export const isLocal = (endpoint: Endpoint) => addressOf(endpoint).startsWith("unix://");

/** Flags by which the docker client reaches it. */
export function clientFlags(endpoint: Endpoint): string[] {
  if (typeof endpoint === "string") return ["--host", endpoint];
  const { host, tls } = endpoint;
  const files = Object.entries(tlsFiles).map(([flag, file]) => `--${flag}=${tls}/${file}`);
  return ["--host", host, "--tlsverify", ...files];
}

/** By which Pulumi's provider reaches it. */
export function providerArgs(endpoint: Endpoint): { host: string; certPath?: string } {
  return typeof endpoint === "string" ? { host: endpoint } : { host: endpoint.host, certPath: endpoint.tls };
}
