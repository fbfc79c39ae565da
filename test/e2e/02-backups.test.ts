import { execFileSync } from "node:child_process";
import {
  chmodSync,
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { docker, ids } from "../../harness/docker.ts";
import { type Config, Fleet, type Service } from "../../harness/fleet.ts";
import { runInfo } from "../../harness/run-info.ts";
import { say } from "../../harness/say.ts";
import { within } from "../../harness/wait.ts";

describe("backups", () => {
  const fleet = Fleet.first();
  const target = join(runInfo().folder, "target-of-backups");
  /** Of the one host. */
  const repository = () => join(target, fleet.name, "local");
  const stores: Service = {
    image: "debian:trixie-slim",
    command: ["sleep", "infinity"],
    replicas: 2,
    stopGrace: 0,
    volumes: [
      { name: "files", path: "/files" },
      { name: "own", path: "/own", perReplica: true },
    ],
    rollout: { order: "stop-first", settle: 0 },
  };
  const base: Service = {
    image: "debian:trixie-slim",
    command: ["sleep", "infinity"],
    replicas: 1,
    stopGrace: 0,
    volumes: [{ name: "data", path: "/data" }],
  };
  const config = (edited: Config) => {
    edited.services.web.replicas = 1;
    edited.services.stores = stores;
    edited.services.base = base;
    edited.backups = {
      target: { folder: target },
      schedule: "0 0 1 1 *",
      verify: "0 0 1 1 *",
      keep: { last: 2, daily: 0, weekly: 0, monthly: 0 },
      of: {
        files: {
          service: "stores",
          volume: "files",
          quiesce: { before: ["touch", "/files/.quiet"], after: ["rm", "-f", "/files/.quiet"] },
          verify: ["sh", "-c", "test -s /files/one && ! test -e /files/.quiet.not"],
        },
        own: { service: "stores", volume: "own" },
        base: {
          service: "base",
          dump: ["cat", "/data/rows"],
          load: ["sh", "-c", "cat > /data/rows"],
          verify: ["grep", "-q", "row", "/data/rows"],
        },
        consul: { consul: true },
      },
    };
  };

  const password = "the password of these backups";
  const isRoot = process.getuid?.() === 0;
  beforeAll(async () => {
    mkdirSync(target);
    // Small enough to be filled.
    if (isRoot) execFileSync("mount", ["-t", "tmpfs", "-o", "size=200m", "tmpfs", target]);
    await fleet.create();
    fleet.configure(config);
    await fleet.stack.setSecret("backups.password", password);
  });
  afterAll(async () => {
    await fleet.toStart();
    if (isRoot) execFileSync("umount", ["--lazy", target]);
    rmSync(target, { recursive: true, force: true });
  });

  const inCopy = async (service: string, command: string, number = 1) => {
    const all = (await fleet.servers(service)).filter(({ State }) => State.Running);
    const copy = all.find(({ Name }) => Name.includes(`--local--${number}-`));
    return (await docker("exec", copy?.Id ?? "", "sh", "-c", command)).trim();
  };
  const inVolume = async (volume: string, command: string) =>
    (
      await docker(
        ...["run", "--rm", "--network", "none", "--volume", `${volume}:/v:ro`, "--workdir", "/v"],
        ...["debian:trixie-slim", "sh", "-c", command],
      )
    ).trim();
  const backup = (...args: string[]) => fleet.stack.operate("backup", ...args);
  const backUp = async (...args: string[]) => {
    const { code, output } = await backup(...args);
    if (code !== 0) throw new Error(output);
    return output;
  };
  /** Whether all is well, and what is told. */
  const check = async () => {
    const { code, output } = await fleet.stack.operate("backups", "--check");
    return { isWell: code === 0, output };
  };
  const snapshots = async (what: string) => {
    const { output } = await fleet.stack.operate("backups", "--all");
    return output.split("\n").filter((line) => line.split(/ +/)[1] === what).length;
  };
  const restore = (...args: string[]) => fleet.stack.operate("restore", "--yes", ...args);
  const isWell = async () => {
    const { isWell, output } = await check();
    if (!isWell) throw new Error(output);
    return output;
  };
  const restored = (output: string) => /the volume (\S+)/.exec(output)?.[1] ?? "";
  const fail = async (work: Promise<{ code: number; output: string }>, reason: string) => {
    const { code, output } = await work;
    expect({ code, output }).toMatchObject({ code: 1, output: expect.stringContaining(reason) });
  };

  test("a target that is not there, and what nobody has, are told of before anything changes", async () => {
    const before = ids(await fleet.containers());
    const missing = join(target, "missing");
    const { code, output } = await fleet.attemptUp((edited) => {
      Object.assign(edited.backups?.target ?? {}, { folder: missing });
    });
    expect(code).not.toBe(0);
    expect(output).toContain(
      `host local: folder ${missing}, wanted for backups (flotilla:backups.target.folder), is not to be had: `,
    );
    expect(ids(await fleet.containers())).toEqual(before);
    expect(readdirSync(target)).toEqual([]);
  });

  test("files, what a command writes and Consul are backed up; they are well once they have been restored", async () => {
    fleet.configure(({ backups }) => Object.assign(backups?.target ?? {}, { folder: target }));
    await fleet.stack.run("up", "--refresh");
    await inCopy("stores", "echo first > /files/one; chown 1234:5678 /files/one; chmod 640 /files/one");
    for (const number of [1, 2]) await inCopy("stores", `echo ${number} > /own/who`, number);
    await inCopy("base", "seq 1000 | sed 's/^/row /' > /data/rows");
    expect(await check()).toMatchObject({ isWell: false });

    const output = await backUp();
    for (const what of ["files", "own.1", "own.2", "base", "consul"])
      expect(output).toContain(`${what}: backed up`);
    expect(await inCopy("stores", "ls -A /files")).toBe("one");
    expect(output).not.toContain(password);

    const unproven = await check();
    expect(unproven.isWell).toBe(false);
    expect(unproven.output).toContain("base on local: never restored yet");
    await backUp("--verify");
    expect(await isWell()).toContain("all well");
    expect((await docker("volume", "ls", "--quiet")).includes("scratch")).toBe(false);
    await fleet.stack.run("preview", "--expect-no-changes");
  });

  test("who backs up can write none of it, and shows the password to nobody", async () => {
    const container = await fleet.the("backup");
    expect(await docker("exec", container.Id, "sh", "-c", "touch /data/files/x || echo refused")).toContain(
      "refused",
    );
    const told = await docker("inspect", container.Id);
    const log = await docker("logs", container.Id);
    expect(`${told}${log}`).not.toContain(password);
  });

  test("a restore is beside what there is, or of another time, or in its place", async () => {
    const before = new Date().toISOString();
    await inCopy("stores", "echo second > /files/one; echo new > /files/two");
    await backUp("files");
    const newest = await restore("files");
    expect(await inVolume(restored(newest.output), "cat one two")).toBe("second\nnew");
    const older = await restore("files", "--at", before, "--into", `${fleet.name}--older`);
    expect(older.output).toContain(`${fleet.name}--older`);
    expect(await inVolume(`${fleet.name}--older`, "cat one; ls -lan one | cut -d' ' -f1,3,4")).toBe(
      "first\n-rw-r----- 1234 5678",
    );
    await fail(restore("files", "--into", `${fleet.name}--older`), "is there already");
    await fail(restore("files", "--at", "2020-01-01"), "there is no backup of files until 2020");
    await fail(restore("files", "--at", "noon"), "--at: must be a time");
    await fail(restore("nothing"), "there is base, consul, files, own.1, own.2");
    expect(await inCopy("stores", "cat /files/one")).toBe("second");

    const [copy] = await fleet.servers("stores");
    const placed = await restore("files", "--at", before, "--in-place");
    expect(placed).toMatchObject({ code: 0 });
    say(`  ${/stores: out for .*/.exec(placed.output)?.[0]}`);
    expect(await inCopy("stores", "cat /files/one; ls /files", 2)).toBe("first\none");
    // The same containers, started again; what was there is put aside.
    expect(ids(await fleet.servers("stores"))).toContain(copy?.Id);
    expect(
      await inVolume(/there until now is in the volume (\S+)/.exec(placed.output)?.[1] ?? "", "cat one two"),
    ).toBe("second\nnew");
    await fleet.stack.run("preview", "--expect-no-changes");
    const volumes = (await docker("volume", "ls", "--quiet")).split("\n");
    await docker("volume", "rm", ...volumes.filter((name) => /older$|_files\.2/.test(name)));
  });

  test("data that are gone come back, a database's by its own command", async () => {
    await inCopy("base", "rm /data/rows");
    await inCopy("stores", "rm /own/who", 2);
    // Nobody may have it for longer.
    await fail(backup("base"), "base: cat in ");
    for (const what of ["base", "own.2"])
      expect(await restore(what, "--in-place")).toMatchObject({ code: 0 });
    expect(await inCopy("base", "grep -c row /data/rows")).toBe("1000");
    expect(await inCopy("stores", "cat /own/who", 2)).toBe("2");
    await backUp("base");
    expect(await restore("consul", "--in-place")).toMatchObject({ code: 0 });
    await fleet.stack.run("up");
    const volumes = (await docker("volume", "ls", "--quiet")).split("\n");
    await docker("volume", "rm", ...volumes.filter((name) => /_(data|own)\.2/.test(name)));
  });

  test("a command that writes nothing makes no backup, and those that there are stay", async () => {
    const had = await snapshots("base");
    await inCopy("base", "mv /data/rows /data/away; touch /data/rows");
    await fail(backup("base"), "wrote nothing");
    const told = await check();
    expect(told.isWell).toBe(false);
    expect(told.output).toContain("base on local: the last one failed");
    expect(await snapshots("base")).toBe(had);
    await inCopy("base", "mv /data/away /data/rows");
    await backUp("base");
    await isWell();
  });

  const filled = isRoot ? test : test.skip;
  filled("a full target keeps what it has, and takes more once there is room", async () => {
    const filler = join(target, "filler");
    await inCopy("stores", "head -c 20000000 /dev/urandom > /files/large");
    execFileSync("sh", ["-c", `head -c 200000000 /dev/zero > ${filler} 2>/dev/null || true`]);
    await fail(backup("files"), "no space left on device");
    expect(await check()).toMatchObject({ isWell: false });
    rmSync(filler);
    await backUp("files");
    await backUp("--verify", "files");
    await isWell();
  });

  test("a target that is gone is told of, and not begun anew", async () => {
    const away = join(target, "away");
    renameSync(join(target, fleet.name), away);
    await fail(backup("files"), "the backups that there were are gone from the target");
    expect(readdirSync(target)).toEqual(["away"]);
    expect((await check()).output).toContain("there are no backups at the target yet");
    renameSync(away, join(target, fleet.name));
    await backUp("files");
    await isWell();
  });

  test("a wrong password opens nothing, and the right one all that there was", async () => {
    const had = await snapshots("files");
    await fleet.stack.setSecret("backups.password", "another password than that");
    await fleet.up();
    await fail(backup("files"), "the password is not that of the backups that are there");
    expect((await check()).isWell).toBe(false);
    await fleet.stack.setSecret("backups.password", password);
    await fleet.up();
    expect(await snapshots("files")).toBe(had);
    await backUp("files");
    await isWell();
  });

  test("two at once come one after the other; one that is killed leaves nothing in the way of the next", async () => {
    const both = await Promise.all([backUp("own.1"), backUp("own.2")]);
    expect(both.join("\n").match(/backed up/g)).toHaveLength(2);

    await inCopy("stores", "head -c 25000000 /dev/urandom > /files/large");
    const cut = backup("files");
    const { Id } = await fleet.the("backup");
    await within(20, "a backup is under way", async () => {
      expect(await docker("exec", Id, "sh", "-c", "cat /proc/[0-9]*/cmdline | tr '\\0' ' '")).toContain(
        "restic",
      );
      expect(await inCopy("stores", "ls -A /files")).toContain(".quiet");
    });
    const { State } = await fleet.the("backup");
    process.kill(State.Pid, "SIGKILL");
    await fail(
      cut.then(({ output }) => ({ code: 1, output })),
      "that was cut short",
    );
    await within(20, "who was held goes on", async () => {
      expect(await inCopy("stores", "ls -A /files")).not.toContain(".quiet");
    });
    await within(20, "no lock is left", async () => {
      expect(readdirSync(join(repository(), "locks"))).toEqual([]);
    });
    await backUp();
    await backUp("--verify", "files");
    await isWell();
  });

  test("flipped bytes are found by restoring, and mended by what there still is", async () => {
    const packs = readdirSync(join(repository(), "data"), { recursive: true, encoding: "utf8" })
      .map((name) => join(repository(), "data", name))
      .filter((path) => statSync(path).isFile() && statSync(path).size > 1_000_000);
    expect(packs.length).toBeGreaterThan(0);
    for (const pack of packs) {
      chmodSync(pack, 0o600);
      const file = openSync(pack, "r+");
      writeSync(file, Buffer.alloc(64, 7), 0, 64, 5000);
      closeSync(file);
    }
    const { output } = await backup("--verify");
    expect(output).toContain("damaged packs in the repository: ");
    expect(output).toMatch(/mended; /);
    expect(await isWell()).toContain("damaged packs were mended");
    const { output: again } = await restore("files");
    expect(await inVolume(restored(again), "wc -c < large")).toBe("25000000");
    await docker("volume", "rm", restored(again));
  });

  test("what was due while nobody was there is made up for; nothing is left when backups are taken out", async () => {
    const before = await snapshots("own.1");
    await fleet.up(({ backups }) => Object.assign(backups ?? {}, { schedule: "* * * * *" }));
    await within(90, "a minute has brought more", async () => {
      const { output } = await check();
      expect(output).toMatch(/own\.1 +(\d|[1-5]\d) s ago/);
    });
    expect(await snapshots("own.1")).toBe(before);
    await fleet.up((edited) => {
      delete edited.backups;
    });
    expect(await fleet.containers("backup")).toEqual([]);
    await fail(backup(), "backs nothing up");
    // Its target keeps them.
    expect(readdirSync(repository())).toContain("config");
  });
});
