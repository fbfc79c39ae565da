import { historyKey, type Span, timeline, type Version } from "../lib/history.ts";
import { Consul } from "../runtime/consul.ts";
import { DockerEngine } from "../runtime/docker.ts";
import { SetupError } from "../setup/say.ts";
import type { OperatedHost, OperatedStack } from "./stack.ts";

/** The versions of a service that have served, newest first, and the hosts on which it runs or ran. */
export interface Versions {
  readonly spans: readonly Span[];
  /** By host, the image that serves there. */
  readonly serving: Readonly<Record<string, string | undefined>>;
  readonly hosts: readonly OperatedHost[];
}

export async function readVersions(stack: OperatedStack, service: string): Promise<Versions> {
  const histories = await Promise.all(stack.hosts.map((host) => historyOn(host, stack.token, service)));
  return {
    spans: timeline(histories),
    serving: Object.fromEntries(stack.hosts.map(({ key }, index) => [key, histories[index]?.[0]?.image])),
    hosts: stack.hosts.filter((_, index) => histories[index]?.length),
  };
}

async function historyOn(host: OperatedHost, token: string, service: string): Promise<Version[]> {
  const consul = new Consul(new DockerEngine(host.docker), host.agent, token);
  try {
    return (await consul.get<Version[]>(`/v1/kv/${historyKey(service, host.key)}?raw`)) ?? [];
  } catch (error) {
    throw new SetupError(
      `Host ${host.key}: Consul can't be asked, through container ${host.agent}: ${(error as Error).message}`,
      "`pulumi up --refresh` brings back what is gone.",
    );
  } finally {
    consul.close();
  }
}

/** Keys of the hosts whose engines have not got the image. */
export async function hostsWithout(image: string, hosts: readonly OperatedHost[]): Promise<string[]> {
  const missing = hosts.map(async ({ key, docker }) => {
    const ids = await new DockerEngine(docker).docker("image", "ls", "--quiet", image);
    return ids.trim() === "" ? [key] : [];
  });
  return (await Promise.all(missing)).flat();
}
