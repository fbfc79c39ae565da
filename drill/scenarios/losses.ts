import { docker, ids, type Role, removeByHand, traces } from "../../harness/docker.ts";
import { Daemon } from "../../harness/engine/daemon.ts";
import { removeStacks } from "../../harness/engine/stacks.ts";
import type { Config, Fleet } from "../../harness/fleet.ts";
import { runInfo } from "../../harness/run-info.ts";
import { sleep, timed } from "../../harness/wait.ts";
import { controlNetworkName } from "../../lib/names.ts";
import type { Scenario } from "../scenario.ts";
import { type Stage, WHOLE } from "../stage.ts";

/** Something that a stack loses, after which one `pulumi up --refresh` must bring everything back. */
interface Loss {
  readonly name: string;
  readonly title: string;
  readonly lose: (stage: Stage) => Promise<unknown>;
  /** What may fail: all until everything is back, where requests went by what is lost; else what it says, or nothing. */
  readonly costs?: "all until it is back" | ((stage: Stage) => void);
  readonly needs?: Scenario["needs"];
}

async function removeAll({ fleet }: Stage, ...roles: Role[]): Promise<void> {
  for (const role of roles) {
    const containers = await fleet.containers(role);
    if (containers.length > 0) await docker("rm", "--force", ...ids(containers));
  }
}

async function removeOne({ fleet }: Stage, role: Role): Promise<void> {
  const [victim] = await fleet.containers(role);
  if (!victim) throw new Error(`there is no ${role}`);
  await removeByHand(victim);
}

/** Removes the stack's volumes whose names match; nothing may use them any more. */
async function removeVolumes({ fleet }: Stage, pattern: RegExp): Promise<void> {
  const found = (await traces(fleet.name)).flatMap((trace) => /^volume (.*)$/.exec(trace)?.[1] ?? []);
  const victims = found.filter((name) => pattern.test(name.slice(fleet.name.length)));
  if (victims.length === 0) throw new Error(`no volume matches ${pattern}: ${found.join(", ")}`);
  await docker("volume", "rm", ...victims);
}

/** Consul's own network, with all that is in it. */
async function removeControlNetwork(stage: Stage): Promise<void> {
  await removeAll(stage, "agent", "consul");
  await docker("network", "rm", controlNetworkName(stage.fleet.name));
}

/** The network with all that is in it: every container but those without one. */
async function removeNetwork(stage: Stage): Promise<void> {
  await removeAll(stage, "server", "balancer", "front", "agent", "consul");
  await docker("network", "rm", stage.fleet.name);
}

/** Requests that a balancer held when it was removed. */
function heldByBalancer(stage: Stage): void {
  const from = stage.load.seconds;
  stage.allow(
    "held by the balancer that was removed",
    ({ start, end }) => start <= from + 1 && end >= from && end <= from + 2.5,
  );
}

const losses: readonly Loss[] = [
  {
    name: "server",
    title: "docker rm -f of a server",
    lose: (stage) => removeOne(stage, "server"),
    costs: (stage) => stage.allowSentPosts(),
    needs: "any stack",
  },
  {
    name: "servers",
    title: "docker rm -f of all servers",
    lose: (stage) => removeAll(stage, "server"),
    costs: "all until it is back",
  },
  {
    name: "balancer",
    title: "docker rm -f of a balancer",
    lose: (stage) => removeOne(stage, "balancer"),
    costs: heldByBalancer,
    needs: "any stack",
  },
  {
    name: "balancers",
    title: "docker rm -f of all balancers",
    lose: (stage) => removeAll(stage, "balancer"),
    costs: "all until it is back",
  },
  {
    name: "front",
    title: "docker rm -f of front",
    lose: (stage) => removeOne(stage, "front"),
    costs: "all until it is back",
  },
  {
    name: "agent",
    title: "docker rm -f of the agent",
    lose: (stage) => removeOne(stage, "agent"),
    needs: "any stack",
  },
  {
    name: "agent-data",
    title: "docker rm -f of the agent, and its data volume gone",
    async lose(stage) {
      await removeAll(stage, "agent");
      await removeVolumes(stage, /agent.*data/);
    },
  },
  {
    name: "consul-server",
    title: "docker rm -f of a Consul server",
    lose: (stage) => removeOne(stage, "consul"),
    needs: "any stack",
  },
  {
    name: "consul-servers",
    title: "docker rm -f of all Consul servers",
    lose: (stage) => removeAll(stage, "consul"),
  },
  {
    name: "consul-data",
    title: "docker rm -f of all Consul servers, and their data volumes gone",
    async lose(stage) {
      await removeAll(stage, "consul");
      await removeVolumes(stage, /consul.*data/);
    },
  },
  {
    name: "warden",
    title: "docker rm -f of the warden",
    lose: (stage) => removeOne(stage, "warden"),
    needs: "any stack",
  },
  {
    name: "log-keeper",
    title: "docker rm -f of the log keeper",
    lose: (stage) => removeOne(stage, "keeper"),
    needs: "any stack",
  },
  {
    name: "volume-containers",
    title: "docker rm -f of the volume containers",
    lose: (stage) => removeAll(stage, "volumes"),
    needs: "any stack",
  },
  {
    name: "network",
    title: "The network removed, with everything in it",
    lose: removeNetwork,
    costs: "all until it is back",
  },
  {
    name: "control-network",
    title: "Consul's own network removed, with all of Consul, agents too",
    lose: removeControlNetwork,
  },
  {
    name: "everything",
    title: "The engine wiped: containers, volumes, networks and images",
    lose: ({ fleet }) => removeStacks(fleet.name),
    costs: "all until it is back",
  },
];

const scenarioOf = ({ name, title, lose, costs, needs = "own stack" }: Loss): Scenario => ({
  name: `loss-${name}`,
  group: "every-loss",
  title,
  bar: `one up --refresh brings back all; ${typeof costs === "string" ? "it serves again by its end" : costs ? "0 failed but for what had been sent to it" : "0 failed"}`,
  needs,
  async play(stage) {
    const { stack } = stage.fleet;
    if (typeof costs === "function") costs(stage);
    const served = typeof costs === "string" ? stage.allowFromNow("until it was back") : () => {};
    const roles = async () =>
      (await stage.fleet.containers())
        .map(({ Config }) => Config.Labels["flotilla.role"])
        .sort()
        .join();
    const before = await roles();
    await stage.act(title, () => lose(stage));
    await sleep(stage.short ? 1 : 5);
    await stage.act("up --refresh", () => stack.run("up", "--refresh"));
    await stage.back("everything is whole", WHOLE, () => stage.isWhole());
    served();
    stage.expect("as many containers of each kind are there", (await roles()) === before);
    await stage.act("nothing is left to do", () => stack.run("preview", "--refresh", "--expect-no-changes"));
  },
});

/** A changed key on which everything hangs, Consul's data and its members' addresses too. */
const moved = (name: string, title: string, change: (config: Config) => void, outage: boolean): Scenario => ({
  name: `loss-${name}`,
  group: "every-loss",
  title,
  bar: `one up goes through; ${outage ? "the preview says that it is an outage, and it serves again by the end of up" : "0 failed"}`,
  needs: "own stack",
  async play(stage) {
    const { fleet } = stage;
    const start = fleet.stack.config;
    for (const config of [change, () => {}]) {
      fleet.stack.config = structuredClone(start);
      fleet.configure(config);
      if (outage) {
        const preview = await stage.act("preview", () => fleet.stack.run("preview"));
        stage.expect("the preview says outage", /outage/i.test(preview));
      }
      const served = outage ? stage.allowFromNow("while everything moved") : () => {};
      await stage.act(config === change ? title : "and back", () => fleet.stack.run("up"));
      await stage.back("everything is whole", WHOLE, () => stage.isWhole());
      served();
    }
  },
});

/** Seconds that `pulumi destroy` may take, whatever has gone before. */
const DESTROY = 60;

async function destroy(stage: Stage): Promise<number> {
  const { result, seconds } = await timed(() =>
    stage.act("destroy", () => stage.fleet.stack.attempt("destroy")),
  );
  stage.notes.push(`destroy: code ${result.code} after ${seconds.toFixed(1)} s`);
  stage.expect(`destroy ends within ${DESTROY} s`, seconds <= DESTROY, seconds);
  return result.code;
}

async function isDestroyed(stage: Stage, fleet: Fleet): Promise<void> {
  stage.expect("destroy succeeds", (await destroy(stage)) === 0);
  const left = await traces(fleet.name);
  stage.expect("nothing is left", left.length === 0, left);
}

const destroyed = (
  name: string,
  title: string,
  lose: (stage: Stage) => Promise<unknown>,
  needs: Scenario["needs"] = "own stack",
): Scenario => ({
  name: `destroy-${name}`,
  group: "every-loss",
  title,
  bar: `destroy ends within ${DESTROY} s and leaves nothing; the next up brings everything up again`,
  needs,
  async play(stage) {
    const { fleet } = stage;
    const served = stage.allowFromNow("while the stack was away");
    await stage.act(title, () => lose(stage));
    await isDestroyed(stage, fleet);
    await stage.act("up again", () => fleet.stack.run("up"));
    await stage.back("everything is whole", WHOLE, () => stage.isWhole());
    served();
  },
});

/** An engine that refuses: destroy can't succeed, but says so in good time. */
async function withoutEngine(stage: Stage): Promise<void> {
  const { folder, namespace = "" } = runInfo();
  const daemon = new Daemon(folder, namespace);
  await daemon.stop();
  try {
    stage.expect("destroy fails while the engine is away", (await destroy(stage)) !== 0);
  } finally {
    await daemon.start();
  }
}

export const everyLoss: readonly Scenario[] = [
  ...losses.map(scenarioOf),
  moved(
    "subnet",
    "network.subnet changed and changed back",
    ({ network }) => {
      network.subnet = "10.213.4.0/24";
    },
    true,
  ),
  moved(
    "datacenter",
    "The data centre renamed and named back",
    ({ hosts }) => {
      for (const host of Object.values(hosts)) host.datacenter = "dc2";
    },
    false,
  ),
  {
    name: "destroy-protected",
    group: "every-loss",
    title: "destroy of a protected stack, then up",
    bar: "the next up goes through, and Consul has its data",
    needs: "own stack",
    start(config) {
      config.protect = true;
    },
    async play(stage) {
      const { fleet } = stage;
      const value = `written at ${Date.now()}`;
      await (await fleet.consul()).put("/v1/kv/drill/kept", value);
      const served = stage.allowFromNow("while the stack was away");
      stage.expect("destroy is refused", (await destroy(stage)) !== 0);
      await stage.act("up again", () => fleet.stack.run("up"));
      await stage.back("everything is whole", WHOLE, () => stage.isWhole());
      served();
      const kept = await (await fleet.consul()).value("drill/kept");
      stage.expect("Consul has its data", kept === value, kept);
    },
  },
  destroyed("without-consul", "docker rm -f of all Consul servers, then destroy", (stage) =>
    removeAll(stage, "consul"),
  ),
  destroyed("without-agent", "docker rm -f of the agent, then destroy", (stage) => removeAll(stage, "agent")),
  destroyed("without-network", "The network removed with everything in it, then destroy", removeNetwork),
  destroyed(
    "without-engine",
    "destroy while no engine answers, and again once it does",
    withoutEngine,
    "own engine",
  ),
];
