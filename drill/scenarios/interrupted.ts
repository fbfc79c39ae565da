import type { End } from "../../harness/pulumi.ts";
import { within } from "../../harness/wait.ts";
import type { Scenario } from "../scenario.ts";
import type { Stage } from "../stage.ts";

/** A `pulumi up` that does not come to its end. */
interface Interruption {
  readonly name: string;
  readonly title: string;
  readonly end: End;
  /** What it is to do. */
  readonly change: "8 servers" | "a new environment";
  /** When it is ended. */
  readonly moment: (stage: Stage, old: ReadonlySet<string>) => Promise<void>;
  /** Seconds that copies take to pass their check. */
  readonly readyAfter?: number;
}

/** Some container is there that was not before. */
async function oneIsNew(stage: Stage, old: ReadonlySet<string>): Promise<void> {
  if ((await stage.servers()).every(({ Name }) => old.has(Name))) throw new Error("not yet");
}

/** Half-way through: new ones take requests already, old ones still do. */
async function oneTakesRequests(stage: Stage, old: ReadonlySet<string>): Promise<void> {
  const names = Object.keys(await stage.fleet.serversSeenBy(1));
  if (names.every((name) => old.has(name))) throw new Error("not yet");
}

/** All new ones run, and are being waited for. */
async function allRun(stage: Stage, old: ReadonlySet<string>): Promise<void> {
  const started = (await stage.servers()).filter(({ Name, State }) => State.Running && !old.has(Name));
  if (started.length < old.size) throw new Error("not yet");
}

const interruptions: readonly Interruption[] = [
  {
    name: "kill-up-scaling",
    title: "kill -9 of pulumi in the middle of scaling 4 → 8",
    end: "kill -9",
    change: "8 servers",
    moment: oneIsNew,
  },
  {
    name: "kill-up-rolling",
    title: "kill -9 of pulumi in the middle of rolling a new environment",
    end: "kill -9",
    change: "a new environment",
    moment: oneTakesRequests,
  },
  {
    name: "kill-up-waiting",
    title: "kill -9 of pulumi while it waits for new copies that take 8 s to start",
    end: "kill -9",
    change: "a new environment",
    moment: allRun,
    readyAfter: 8,
  },
  {
    name: "interrupt-up-rolling",
    title: "Ctrl-C of pulumi in the middle of rolling a new environment",
    end: "Ctrl-C",
    change: "a new environment",
    moment: oneTakesRequests,
  },
  {
    name: "interrupt-up-waiting",
    title: "Ctrl-C of pulumi while it waits for new copies that take 8 s to start",
    end: "Ctrl-C",
    change: "a new environment",
    moment: allRun,
    readyAfter: 8,
  },
];

/** Seconds within which nothing that `pulumi up` has started works on. */
const STILL = 5;

export const interrupted: readonly Scenario[] = interruptions.map(
  ({ name, title, end, change, moment, readyAfter }) => ({
    name,
    title,
    bar: `0 failed; all of it ends within ${STILL} s; ${end === "Ctrl-C" ? "the next up finishes" : "pulumi cancel and the next up finish"} the job`,
    needs: "own stack",
    start: ({ services: { web } }) => {
      if (readyAfter) web.env.READY_AFTER = `${readyAfter}`;
    },
    async play(stage) {
      const { stack } = stage.fleet;
      const before = await stage.servers();
      const scales = change === "8 servers";
      stage.fleet.configure(({ services: { web } }) => {
        if (scales) web.replicas = 8;
        else web.env.COLOUR = `green ${Date.now()}`;
      });
      const old = new Set(before.map(({ Name }) => Name));
      const isGone = await stage.act(`${change}, ended by ${end}`, () =>
        stack.endUp(end, () => within(60, title, () => moment(stage, old))),
      );
      await stage.back("nothing of it works on", STILL, async () => isGone());
      await stage.act("pulumi up again", async () => {
        if (end === "kill -9") await stack.cancel();
        await stack.run("up");
      });
      const wanted = scales ? 8 : before.length;
      await stage.back(`just ${wanted} servers serve`, 5, () => stage.allServersUp(wanted));
      const now = await stage.servers();
      const left = now.filter(({ Name }) => old.has(Name));
      stage.expect(`${wanted} containers are there`, now.length === wanted, now.length);
      if (!scales) stage.expect("all are new", left.length === 0, left.length);
    },
  }),
);
