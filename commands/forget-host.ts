/**
 * Called when a host is taken out of the config: has Consul forget the agent and the servers that it had there, where they
 * are gone. Those that are alive are left alone.
 */

import type { Endpoint } from "../lib/docker-endpoint.ts";
import { main, say } from "../runtime/command.ts";
import { Consul } from "../runtime/consul.ts";
import { withDeadline } from "../runtime/deadline.ts";
import { DockerEngine } from "../runtime/docker.ts";

/** What `forget-host` is told on its standard input. */
export interface ForgetHostArgs {
  readonly host: string;
  /** What its agent and servers are called in Consul. */
  readonly nodes: readonly string[];
  /** Docker endpoint and container of a server elsewhere. */
  readonly docker: Endpoint;
  readonly server: string;
  readonly managementToken: string;
}

interface Member {
  readonly Name: string;
  /** 1 is alive. */
  readonly Status: number;
}

/** Seconds that Consul gets. Whatever is broken, taking a stack away comes to its end. */
const ANSWER = 30;

main<ForgetHostArgs>(async (args) => {
  if (process.argv.includes("--nothing")) return;
  await withDeadline(ANSWER, () => forget(args)).catch((error: Error) =>
    say(`consul: host ${args.host} is not forgotten: ${error.message}`),
  );
});

async function forget({ host, nodes, docker, server, managementToken }: ForgetHostArgs): Promise<void> {
  const consul = new Consul(new DockerEngine(docker), server, managementToken);
  const members = (await consul.get<Member[]>("/v1/agent/members")) ?? [];
  const gone = members.filter(({ Name, Status }) => nodes.includes(Name) && Status !== 1);
  for (const { Name } of gone) await consul.put(`/v1/agent/force-leave/${Name}?prune`);
  if (gone.length > 0) say(`consul: host ${host} is forgotten`);
}
