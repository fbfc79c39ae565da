import { join } from "node:path";
import { containers, memoryOf, type Role } from "../harness/docker.ts";
import type { Stack } from "../harness/pulumi.ts";
import { runInfo } from "../harness/run-info.ts";
import { timed } from "../harness/wait.ts";
import type { Bar } from "./bars.ts";
import { imagesOf } from "./deploy.ts";
import { Deployment, serving } from "./deployment.ts";
import { BarePulumi } from "./peers/bare-pulumi.ts";
import { PlainDocker } from "./peers/plain-docker.ts";
import { rotated, type Session } from "./session.ts";
import { us } from "./statistics.ts";

/** Copies of the service; `npm run bench -- growth --replicas 20` takes others. */
export const defaultSizes: readonly number[] = [10, 50, 100, 200];

export const method = `\
From a running stack with no copy of the service to so many of them (nginx, so that the servers are not what is
measured), until every one has answered through the balancers; then \`pulumi preview\` and \`pulumi up\` without a change;
the memory of Consul's agent and of one balancer as \`docker stats\` shows it; and back to none. Beside it the floor of
Pulumi and that of Docker, with as many containers from the same image, until each has answered at its own address. bare
pulumi: a program of a network, which is there already, and those containers, by the same provider and the same lean SDK.
docker run: ten at a time. Who begins changes with each round. Bars, of bare pulumi's time: up 1.15 ×, preview without a
change 1.25 ×, down to none 1.3 ×; and each about linear: in the last step of sizes a copy more takes at most 1.5 times as
long as in the first one.`;

const rows = {
  up: "up, s",
  preview: "preview without a change, s",
  nothing: "up without a change, s",
  down: "down to none, s",
};

export const bars: readonly Bar[] = [
  { what: rows.up, each: "copy", atMost: { ratio: 1.15, to: "bare pulumi" } },
  { what: rows.preview, each: "copy", atMost: { ratio: 1.25, to: "bare pulumi" } },
  { what: rows.down, each: "copy", atMost: { ratio: 1.3, to: "bare pulumi" } },
];

/** Notes a figure of one contestant at one size. */
type Note = (what: string, value: number) => void;

export async function measure(session: Session, sizes: readonly number[]): Promise<void> {
  const { name } = session;
  const deployment = new Deployment(name, join(runInfo().root, "bench/origin"));
  const plain = new PlainDocker(name);
  let bare: BarePulumi | undefined;
  try {
    await deployment.stack.create();
    await deployment.up(1);
    const { server } = await imagesOf(name);
    await deployment.up(0);
    bare = new BarePulumi(name, server);
    await bare.create();
    const contestants = [flotilla(name, deployment), barePulumi(bare), dockerRun(plain, server)];
    await session.eachRound(async (round) => {
      for (const size of sizes) {
        for (const { by, grow } of rotated(contestants, round))
          await grow(size, (what, value) => session.record(by, `${size}: ${what}`, value));
      }
    });
  } finally {
    await plain.remove();
    await bare?.remove();
    await deployment.remove();
  }
}

interface Contestant {
  readonly by: string;
  /** From none to so many, and back. */
  grow(size: number, record: Note): Promise<void>;
}

const flotilla = (name: string, deployment: Deployment): Contestant => ({
  by: us,
  grow: async (size, record) => {
    record(rows.up, await seconds(() => deployment.up(size).then(() => serving(deployment.url, size))));
    await unchanged(deployment.stack, record);
    record("agent, MiB", await memory(name, "agent"));
    record("a balancer, MiB", await memory(name, "balancer"));
    record(rows.down, await seconds(() => deployment.up(0)));
  },
});

const barePulumi = (bare: BarePulumi): Contestant => ({
  by: "bare pulumi",
  grow: async (size, record) => {
    record(rows.up, await seconds(() => bare.scale(size)));
    await unchanged(bare.stack, record);
    record(rows.down, await seconds(() => bare.scale(0)));
  },
});

const dockerRun = (plain: PlainDocker, image: string): Contestant => ({
  by: "docker run",
  grow: async (size, record) => {
    await plain.createNetwork();
    record(rows.up, await seconds(() => plain.scale(image, size)));
    record(rows.down, await seconds(() => plain.remove()));
  },
});

/** What Pulumi takes to see that all is as it should be. */
async function unchanged(stack: Pick<Stack<object>, "run">, record: Note): Promise<void> {
  record(rows.preview, await seconds(() => stack.run("preview", "--expect-no-changes")));
  record(rows.nothing, await seconds(() => stack.run("up")));
}

const seconds = async (action: () => Promise<unknown>) => (await timed(action)).seconds;

/** Memory of the first container of a role. */
async function memory(stack: string, role: Role): Promise<number> {
  const [container] = await containers(stack, role);
  if (container === undefined) throw new Error(`there is no ${role}`);
  const [mebibytes = 0] = await memoryOf(container);
  return mebibytes;
}
