/**
 * Called when a host is taken out of the config, after its agent where that was reached: has Consul forget the agent and the
 * servers that it had there, once they are gone. Those that stay alive are left alone.
 */

import type { Endpoint } from "../lib/docker-endpoint.ts";
import { main, say, until } from "../runtime/command.ts";
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

/** Seconds within which gossip finds that somebody has gone. */
const GOING = 15;

main<ForgetHostArgs>(async (args) => {
  if (process.argv.includes("--nothing")) return;
  try {
    await withDeadline(ANSWER, () => forget(args));
  } catch (error) {
    // Where all of Consul goes, as with the stack, there is nobody left to forget.
    if (await runs(args).catch(() => true))
      say(`consul: host ${args.host} is not forgotten: ${(error as Error).message}`);
  }
});

async function runs({ docker, server }: ForgetHostArgs): Promise<boolean> {
  const states = await withDeadline(ANSWER, () =>
    new DockerEngine(docker).inspect([server], "{{.State.Running}}"),
  );
  return states.get(server) === "true";
}

async function forget({ host, nodes, docker, server, managementToken }: ForgetHostArgs): Promise<void> {
  const consul = new Consul(new DockerEngine(docker), server, managementToken);
  const look = async () => {
    const members = (await consul.get<Member[]>("/v1/agent/members")) ?? [];
    return members.filter(({ Name }) => nodes.includes(Name));
  };
  let members = await look();
  if (!members.every(isGone))
    await until(GOING, async () => {
      members = await look();
      return members.every(isGone) || undefined;
    });
  const gone = members.filter(isGone);
  for (const { Name } of gone) await consul.put(`/v1/agent/force-leave/${Name}?prune`);
  if (gone.length > 0) say(`consul: host ${host} is forgotten`);
}

const isGone = ({ Status }: Member) => Status !== 1;
