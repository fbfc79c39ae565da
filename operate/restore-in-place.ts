import { withPoolLock } from "../commands/support/pool-lock.ts";
import { longestTime, type RegisterArgs, Registrar } from "../commands/support/registrar.ts";
import { withDeadline } from "../runtime/deadline.ts";
import type { DockerEngine } from "../runtime/docker.ts";
import { SetupError, say } from "../setup/say.ts";

/** Seconds that files get to change places: within one file system that takes none, between two they are copied. */
const SWAP = 6 * 3600;

/** Where a helper that changes files over finds the present ones, and those that are to come. */
const [PRESENT, RESTORED, VOLUMES] = ["/present", "/restored", "/volumes"] as const;

/** A service whose copies have what is to be replaced. */
export interface Users {
  readonly service: string;
  /** What its registration on the host was last told. */
  readonly args: RegisterArgs;
  /** Those of its copies, by name. */
  readonly containers: readonly string[];
}

/** What {@link inTheirPlace} works with. */
export interface InTheirPlace {
  readonly engine: DockerEngine;
  /** Image that has our programs. */
  readonly image: string;
  /** Volume whose files are to be replaced, or a folder of the host's. */
  readonly source: string;
  /** Volume that has those which are to come, and then those that were there. */
  readonly volume: string;
  readonly users: readonly Users[];
}

/** Has two sets of files change places, while nobody uses either: who does is taken out, drained and stopped, and then let in again. */
export async function inTheirPlace(what: InTheirPlace): Promise<void> {
  const { engine, users } = what;
  await locked(engine, users, async () => {
    for (const { args } of users)
      await withDeadline(longestTime(args), () => new Registrar(args, []).bringAbout());
    const start = performance.now();
    for (const { args, containers } of users) await engine.stop(containers, args.stopGrace);
    try {
      await swap(what);
    } finally {
      for (const { containers } of users) await engine.start(containers);
      for (const { args } of users)
        await withDeadline(longestTime(args), () => new Registrar(args).bringAbout());
    }
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    if (users.length > 0)
      say("restore", `${users.map(({ service }) => service).join(", ")}: out for ${seconds} s`);
  });
}

/** Does work while no `pulumi up` is at work on any of the pools. */
function locked(
  engine: DockerEngine,
  [first, ...others]: readonly Users[],
  work: () => Promise<void>,
): Promise<void> {
  if (first === undefined) return work();
  return withPoolLock(engine, first.args.agent, first.service, () => locked(engine, others, work));
}

async function swap({ engine, image, source, volume }: InTheirPlace): Promise<void> {
  const [present, restored] = await Promise.all([placeOf(engine, source), placeOf(engine, volume)]);
  // By their common parent, where they have one, files need not be copied.
  const root = present !== undefined && present?.root === restored?.root ? present?.root : undefined;
  const [mounts, folders] =
    root === undefined
      ? [
          [`${source}:${PRESENT}`, `${volume}:${RESTORED}`],
          [PRESENT, RESTORED],
        ]
      : [[`${root}:${VOLUMES}`], [`${VOLUMES}/${present?.path}`, `${VOLUMES}/${restored?.path}`]];
  const capabilities = ["CHOWN", "DAC_OVERRIDE", "FOWNER"];
  await withDeadline(SWAP, () =>
    engine.docker(
      ...["run", "--rm", "--network", "none", "--cap-drop", "ALL"],
      ...capabilities.flatMap((name) => ["--cap-add", name]),
      ...mounts.flatMap((mount) => ["--volume", mount]),
      ...[image, "commands/swap-files.ts", ...folders],
    ),
  ).catch((error: Error) => {
    throw new SetupError(
      `The files could not change places: ${error.message.trim()}`,
      `None is lost: they are in ${source} and in the volume ${volume}, and what was there before in a folder .flotilla-aside of that.`,
    );
  });
}

/** Where an engine keeps a volume of its own; undefined where that is no place of the host's that others have, too. */
async function placeOf(
  engine: DockerEngine,
  volume: string,
): Promise<{ readonly root: string; readonly path: string } | undefined> {
  if (volume.startsWith("/")) return undefined;
  const format = "{{.Driver}}\t{{len .Options}}\t{{.Mountpoint}}";
  const [driver, options, mountpoint = ""] = (
    await engine.docker("volume", "inspect", "--format", format, volume)
  )
    .trim()
    .split("\t");
  const path = `${volume}/_data`;
  if (driver !== "local" || options !== "0" || !mountpoint.endsWith(`/${path}`)) return undefined;
  return { root: mountpoint.slice(0, -path.length - 1), path };
}
