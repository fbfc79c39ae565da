import type { Config, Fleet } from "../harness/fleet.ts";
import { Hosts } from "../harness/hosts.ts";
import { atEach, everyKind, unhurried } from "../harness/load/plan.ts";
import { underLoad } from "../harness/load/under-load.ts";
import { runInfo } from "../harness/run-info.ts";
import { timed } from "../harness/wait.ts";
import { serving } from "./deployment.ts";
import type { Session } from "./session.ts";

/** Numbers of hosts. */
const sizes = [1, 3, 5];

export const method = `\
One, three and five Docker hosts on this one machine: a daemon each, in a network of its own. On each two balancers and the
copies of one service; the Consul servers, three, are dealt out. Up from nothing, the images being there, until every copy has
answered at every host; preview without a change; two copies more on each host; a new version (one line of the code changed,
image build included); and all of it taken away. Scaling and the new version happen under the drill's strict load, twelve
clients at every host, who rest the longer the more of them there are; "lost" is how many requests got no good answer. All
hosts share this machine's cores, so that what would happen side by side takes its turns here: several machines are quicker.`;

const rows = {
  up: "up from nothing until all answer, s",
  preview: "preview without a change, s",
  scale: "scale 2 → 4 a host until all answer, s",
  scaleLost: "scale 2 → 4 a host: requests lost",
  version: "new version of 4 a host until all are new, s",
  versionLost: "new version of 4 a host: requests lost",
  down: "destroy, s",
};

/** Notes a figure at one number of hosts. */
type Note = (what: string, value: number) => void;

export async function measure(session: Session): Promise<void> {
  if (!runInfo().namespace) {
    session.notes.add("several hosts are to be had by root only, and are not measured");
    return;
  }
  const hosts = await Hosts.start(["a", "b", "c", "d", "e"]);
  try {
    const { fleet, keys } = hosts;
    // Where images are built and brought to all hosts.
    await configured(fleet, keys).run("up");
    await fleet.stack.run("destroy");
    await session.eachRound(async (round) => {
      const taken = new Map<string, number>();
      for (const size of sizes) {
        const by = size === 1 ? "1 host" : `${size} hosts`;
        await grow(hosts, keys.slice(0, size), `2.${round}.${size}`, (what, value) => {
          session.record(by, what, value);
          if (size === 1) taken.set(what, value);
          const one = taken.get(what);
          if (size > 1 && one) session.record(`${by} / 1 host`, what, value / one);
        });
      }
    });
  } finally {
    await hosts.lab.stop();
  }
}

/** From nothing to copies on some hosts, and through all that is measured. */
async function grow(hosts: Hosts, keys: readonly string[], version: string, note: Note): Promise<void> {
  const { fleet } = hosts;
  const urls = Object.fromEntries(keys.map((key) => [key, hosts.urlOf(key)]));
  const serve = (copies: number, differentFrom?: ReadonlySet<string>) =>
    Promise.all(Object.values(urls).map((url) => serving(url, copies * keys.length, differentFrom)));
  const losing = (action: () => Promise<unknown>) =>
    underLoad(
      atEach(urls, (url) => unhurried(everyKind(url), keys.length)),
      () => seconds(action),
    );

  fleet.application.restore();
  const stack = configured(fleet, keys);
  note(rows.up, await seconds(() => stack.run("up").then(() => serve(2))));
  note(rows.preview, await seconds(() => stack.run("preview", "--expect-no-changes")));
  const scale = await losing(() => fleet.up(withCopies(4)).then(() => serve(4)));
  note(rows.scale, scale.result);
  note(rows.scaleLost, scale.samples.failures.length);
  const [old] = await serve(4);
  fleet.application.setVersion(version);
  const roll = await losing(() => fleet.up().then(() => serve(4, old)));
  note(rows.version, roll.result);
  note(rows.versionLost, roll.samples.failures.length);
  note(rows.down, await seconds(() => stack.run("destroy")));
}

/** The stack, over some of the hosts. */
function configured(fleet: Fleet, keys: readonly string[]): Fleet["stack"] {
  fleet.startOver((config) => {
    for (const key of Object.keys(config.hosts)) if (!keys.includes(key)) delete config.hosts[key];
  });
  return fleet.stack;
}

const withCopies =
  (replicas: number) =>
  ({ services }: Config) => {
    services.web.replicas = replicas;
  };

const seconds = async (action: () => Promise<unknown>) => (await timed(action)).seconds;
