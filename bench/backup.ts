import { randomBytes } from "node:crypto";
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { containers, docker } from "../harness/docker.ts";
import { runInfo } from "../harness/run-info.ts";
import type { Bar } from "./bars.ts";
import { Deployment } from "./deployment.ts";
import { rotated, type Session } from "./session.ts";
import { us } from "./statistics.ts";
import { haveWrk, load } from "./wrk.ts";

const MEGABYTES = 1000;
const CONNECTIONS = 8;
const SECONDS = 10;
const RESTIC = "restic";

export const method = `\
${MEGABYTES} MB of random bytes in ten files of a service's volume are backed up into a folder by \`npm run backup\` and by plain restic in a
container of the same image, each into a repository that is empty, and restored into a new volume by \`npm run restore\` and by
\`restic restore --verify\`; they take turns. Ours is timed as its user has it, from the start of the command to its end: with
Pulumi's state read, old backups looked for and the restored files read again. Then wrk asks the service for an answer of 1 KiB over ${CONNECTIONS} kept connections for ${SECONDS} s, at
rest and while such a backup is made. All of it shares the machine.
Bar: nothing that restic does takes more than 1.5 times as long with us.`;

const backedUp = `backup of ${MEGABYTES} MB, MB a second (more is better)`;
const restored = `restore of ${MEGABYTES} MB, MB a second (more is better)`;

export const bars: readonly Bar[] = [backedUp, restored].map((what) => ({
  what,
  atLeast: { ratio: 0.66, to: RESTIC },
}));

export async function measure(session: Session): Promise<void> {
  const { root } = runInfo();
  const { name, folder } = session;
  const [target, plain] = [join(folder, "target"), join(folder, "plain")];
  for (const path of [target, plain]) mkdirSync(path, { recursive: true });
  const store = {
    image: "debian:trixie-slim",
    command: ["sleep", "infinity"],
    replicas: 1,
    stopGrace: 0,
    rollout: { settle: 0 },
    volumes: [{ name: "data", path: "/data" }],
  };
  const deployment = new Deployment(name, join(root, "bench/origin"), {}, { store });
  const { stack } = deployment;
  try {
    await stack.create();
    deployment.configure(2);
    const backups = {
      target: { folder: target },
      schedule: "0 0 1 1 *",
      verify: "0 0 1 1 *",
      of: { data: { service: "store" } },
    };
    stack.config = { ...stack.config, backups };
    await stack.setSecret("backups.password", randomBytes(16).toString("base64url"));
    await stack.run("up");
    const [copy] = await containers(name, "server", "store");
    const [keeper] = await containers(name, "backup");
    const write = `for i in 0 1 2 3 4 5 6 7 8 9; do head -c ${MEGABYTES / 10}000000 /dev/urandom > /data/$i; done`;
    const volume = `${name}--store_data`;
    const operate = async (program: string, ...args: string[]) => {
      const { code, output } = await stack.operate(program, ...args);
      if (code !== 0) throw new Error(output);
    };
    const restic = (mount: string, ...commands: string[]) =>
      docker(
        ...["run", "--rm", "--network", "none", "--volume", `${plain}:/plain`, "--volume", mount],
        ...["--env", "RESTIC_REPOSITORY=/plain/r", "--env", "RESTIC_PASSWORD=plain", "--entrypoint", "sh"],
        ...[keeper?.Config.Image ?? "", "-ec", commands.join(" && ")],
      );
    const empty = (path: string) => rmSync(path, { recursive: true, force: true });
    const contestants = [
      {
        by: us,
        prepare: async () => empty(join(target, name)),
        backUp: () => operate("backup", "--begin-anew", "data"),
        restore: (into: string) => operate("restore", "data", "--into", into),
      },
      {
        by: RESTIC,
        prepare: async () => empty(join(plain, "r")),
        backUp: () => restic(`${volume}:/data:ro`, "restic init", "restic backup /data"),
        restore: (into: string) =>
          restic(`${into}:/to`, "restic restore --no-cache --verify --target /to latest:/data"),
      },
    ];
    const into = `${name}--restored`;
    await session.eachRound(async (round) => {
      await docker("exec", copy?.Id ?? "", "sh", "-c", write);
      for (const { by, prepare, backUp, restore } of rotated(contestants, round)) {
        await prepare();
        session.record(by, backedUp, MEGABYTES / (await secondsOf(backUp)));
        session.record(by, restored, MEGABYTES / (await secondsOf(() => restore(into))));
        await docker("volume", "rm", into);
      }
      if (!haveWrk()) {
        session.notes.add("wrk was missing, so that nothing is said of the service's requests meanwhile");
        return;
      }
      const atRest = await load(deployment.url, SECONDS, CONNECTIONS);
      empty(join(target, name));
      const [, meanwhile] = await Promise.all([
        operate("backup", "--begin-anew", "data"),
        load(deployment.url, SECONDS, CONNECTIONS),
      ]);
      session.record("at rest", "HTTP, p99 ms", atRest.p99);
      session.record("while backed up", "HTTP, p99 ms", meanwhile.p99);
      session.record("while backed up", "HTTP, failures", meanwhile.failures);
    });
  } finally {
    await deployment.remove();
  }
}

async function secondsOf(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}
