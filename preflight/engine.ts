import type { Endpoint } from "../lib/docker-endpoint.ts";
import { withDeadline } from "../runtime/deadline.ts";
import { DockerEngine } from "../runtime/docker.ts";

/** Seconds that an engine gets for one answer. */
const ANSWER = 30;

/** A container that runs, as far as others can get in its way. */
export interface RunningContainer {
  readonly name: string;
  /** Stack that it belongs to; empty for none. */
  readonly stack: string;
  /** Ports of the host that it publishes. */
  readonly ports: readonly number[];
  /** Whether it publishes any on IPv6. */
  readonly ipv6: boolean;
  /** What it is for, where it belongs to a stack; empty otherwise. */
  readonly role: string;
  /** Image that its Consul comes from, where it is a Consul server's; empty otherwise. */
  readonly consul: string;
}

/** What `docker ARGS` prints for an engine; rejects where that fails or takes longer than 30 s. */
export function ask(endpoint: Endpoint, ...args: string[]): Promise<string> {
  return withDeadline(ANSWER, () => new DockerEngine(endpoint).docker(...args));
}

/** The running containers of an engine, or the reason why it does not answer. */
export async function running(endpoint: Endpoint): Promise<RunningContainer[] | string> {
  const format =
    '{{.Names}}\t{{.Label "flotilla.stack"}}\t{{.Ports}}\t{{.Label "flotilla.role"}}\t{{.Label "flotilla.consul"}}';
  try {
    const lines = await ask(endpoint, "ps", "--format", format);
    return lines
      .split("\n")
      .filter(Boolean)
      .map((line) => {
        const [name = "", stack = "", ports = "", role = "", consul = ""] = line.split("\t");
        return { name, stack, ports: publishedPorts(ports), ipv6: publishesOnIpv6(ports), role, consul };
      });
  } catch (error) {
    return (error as Error).message.trim().split("\n").at(-1) ?? "";
  }
}

/** Host ports in what `docker ps` prints, such as "0.0.0.0:8080->8080/tcp, :::9001-9004->9001-9004/tcp". */
export function publishedPorts(text: string): number[] {
  const ports = [...text.matchAll(/:(\d+)(?:-(\d+))?->/g)].flatMap(([, first, last = first]) =>
    Array.from({ length: Number(last) - Number(first) + 1 }, (_, index) => Number(first) + index),
  );
  return [...new Set(ports)];
}

/** Whether it does so on IPv6, such as ":::8080->8080/tcp" or, by a newer client, "[::]:8080->8080/tcp". */
export const publishesOnIpv6 = (text: string) => /::\]?:\d/.test(text);
