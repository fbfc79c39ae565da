import { type Container, crash, docker } from "../../harness/docker.ts";
import type { Scenario } from "../scenario.ts";
import type { Stage } from "../stage.ts";

/** That no balancer sends requests to a server any more. */
async function isOut({ fleet }: Stage, { Name }: Container): Promise<void> {
  for (let balancer = 1; balancer <= fleet.size.balancers; balancer++) {
    const state = (await fleet.serversSeenBy(balancer))[Name] ?? "absent";
    if (/^UP/.test(state)) throw new Error(`balancer ${balancer} has it ${state}`);
  }
}

async function firstServer(stage: Stage): Promise<Container> {
  const [server] = await stage.servers();
  if (!server) throw new Error("there is no server");
  return server;
}

const killBar =
  "0 failed for GET and for requests not yet sent; a POST that had been sent to a killed server is the only one that may fail, and is never sent twice";

function killed(name: string, title: string, share: number): Scenario {
  return {
    name,
    title,
    bar: killBar,
    needs: "any stack",
    async play(stage) {
      stage.allowSentPosts();
      const servers = await stage.servers();
      const victims = servers.slice(0, Math.max(1, Math.floor(servers.length * share)));
      await stage.act(title, () => crash(...victims));
      await stage.back("every server serves again", 10, async () => {
        for (const victim of victims) await stage.isBack(victim);
        await stage.allServersUp();
      });
    },
  };
}

/** A server that runs on but is of no use. */
function ill(
  name: string,
  title: string,
  bar: string,
  fall: (stage: Stage, server: Container) => Promise<unknown>,
  heal: (stage: Stage, server: Container) => Promise<unknown>,
  prepare: (stage: Stage, server: Container) => void = () => {},
): Scenario {
  return {
    name,
    title,
    bar,
    needs: name === "hang" ? "any stack" : "own stack",
    async play(stage) {
      const server = await firstServer(stage);
      prepare(stage, server);
      try {
        await stage.act(title, () => fall(stage, server));
        await stage.back("out of rotation", 3, () => isOut(stage, server));
      } finally {
        await stage.act("well again", () => heal(stage, server));
      }
      await stage.back("back in rotation", 5, () => stage.allServersUp());
    },
  };
}

export const servers: Scenario[] = [
  killed("kill-server", "kill -9 of a server's process", 0),
  killed("kill-half", "kill -9 of half of the servers at once", 0.5),
  {
    name: "kill-container",
    title: "docker kill of a server's container",
    bar: `${killBar}; up --refresh restores`,
    needs: "any stack",
    async play(stage) {
      stage.allowSentPosts();
      const server = await firstServer(stage);
      await stage.act("docker kill", () => docker("kill", server.Id));
      await stage.back("out of rotation", 3, () => isOut(stage, server));
      await stage.act("up --refresh", () => stage.fleet.stack.run("up", "--refresh"));
      await stage.back("every server serves", 5, () => stage.allServersUp());
    },
  },
  ill(
    "hang",
    "A server that hangs",
    "out of rotation within 3 s, back when well; 0 failed",
    (_, { Id }) => docker("pause", Id),
    (_, { Id }) => docker("unpause", Id),
  ),
  ill(
    "slow",
    "A server that answers everything 3 s late",
    "out of rotation within 3 s, back when well; 0 failed",
    (stage, server) => stage.ail(server, "slow"),
    (stage, server) => stage.ail(server),
  ),
  ill(
    "errors",
    "A server that answers everything with 500",
    "out of rotation within 3 s, back when well; failures only those that it answered itself before that",
    (stage, server) => stage.ail(server, "500"),
    (stage, server) => stage.ail(server),
    (stage, { Config }) =>
      stage.allow(
        "500 that the ill server answered itself",
        ({ status, servedBy }) => status === 500 && servedBy === Config.Hostname,
      ),
  ),
];
