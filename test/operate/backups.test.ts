import type { BackupList } from "../../commands/support/backups/listing.ts";
import type { BackupPart } from "../../lib/backups.ts";
import type { StateResource } from "../../setup/state.ts";
import { type DockerAnswer, type FakeHosts, runProgram } from "../support/fake-docker.ts";
import { poolResources, stackExport } from "../support/stack-export.ts";

const urnOf = (type: string, name: string) => `urn:pulumi:dev::flotilla::${type}::${name}`;
const keep = { last: 0, hourly: 0, daily: 7, weekly: 4, monthly: 6, yearly: 0 };
const schedule = "0 3 * * *";
const part = (name: string, rest: Partial<BackupPart> = {}): BackupPart => ({
  name,
  kind: "files",
  schedule,
  keep,
  service: "shop",
  source: `dev--shop_${name}`,
  ...rest,
});

/** A host's provider, what it has of `shop`, and perhaps what backs it up. */
function onHost(key: string, isBackedUp: boolean): StateResource[] {
  const type = "pulumi:providers:docker";
  const backup = "flotilla:index:Backup";
  return [
    { urn: urnOf(type, key), type, inputs: { host: `tcp://${key}:1` } },
    ...poolResources("shop", key, "nginx"),
    ...(isBackedUp ? [{ urn: urnOf(backup, `backup-${key}`), type: backup }] : []),
  ];
}

const ago = (hours: number) => new Date(Date.now() - hours * 3_600_000).toISOString();
const [fresh, older] = [
  { id: "4f1d2c3b5a69", time: ago(2), size: 1536 },
  { id: "0a1b2c3d4e5f", time: ago(26), size: 1024 },
];
const well = {
  since: ago(1000),
  backup: { time: fresh.time },
  verification: { time: ago(5) },
  verified: { time: ago(5), snapshot: fresh.id },
};

/** What a host's backups tell: uploads are well, posts too, where nothing else is said. */
const listOf = (...parts: BackupPart[]): BackupList => ({
  parts,
  verify: "0 5 * * SUN",
  timeZone: "UTC",
  snapshots: Object.fromEntries(parts.map(({ name }) => [name, [older, fresh]])),
  records: {
    target: "folder /backups",
    parts: Object.fromEntries(parts.map(({ name }) => [name, well])),
    held: [],
    unfinished: [],
  },
});

/** Hosts a and b back something up, c does not. */
class Hosts implements FakeHosts {
  /** What was done, by host. */
  readonly done: string[] = [];
  readonly lists: Record<string, BackupList> = {
    a: listOf(part("posts", { kind: "dump" }), part("uploads")),
    b: listOf(part("uploads"), part("cache.1"), part("cache.2")),
  };
  resources = [...onHost("a", true), ...onHost("b", true), ...onHost("c", false)];
  silent = "";
  /** Tasks that fail, and hosts whose lock another one has at first. */
  readonly failing = new Set<string>();
  readonly busy = new Set<string>();

  docker(endpoint: string, args: readonly string[]): DockerAnswer {
    const key = endpoint.slice("tcp://".length, -":1".length);
    if (key === this.silent) return { code: 1, err: "no route to host\n" };
    const words = args.join(" ");
    const own = `exec dev--backup--${key}`;
    if (words === `${own} node commands/backup-task.ts list`) return { out: JSON.stringify(this.lists[key]) };
    const lock = "/var/lib/flotilla/lock node commands/backup-task.ts ";
    if (words.startsWith(`${own} flock `)) {
      const isPatient = !words.includes("--nonblock --conflict-exit-code 75");
      if (!isPatient && this.busy.has(key)) return { code: 75 };
      const task = words.slice(words.indexOf(lock) + lock.length);
      this.done.push(`${key}${isPatient ? " (patient)" : ""}: ${task.replace(/\d{8}-\d{6}/, "TIME")}`);
      return this.failing.has(task.split(" ")[0] ?? "") ? { code: 1, err: "no space left\n" } : { out: "" };
    }
    if (words.startsWith("ps ")) return { out: "" };
    if (words === `inspect --format {{.Image}} dev--backup--${key}`) return { out: "sha256:backup\n" };
    if (words.startsWith("volume inspect")) {
      const name = args.at(-1);
      return { out: `local\t0\t/var/lib/docker/volumes/${name}/_data\n` };
    }
    if (words.startsWith("run ")) {
      this.done.push(`${key}: ${words.replace(/\d{8}-\d{6}/, "TIME")}`);
      return { out: "" };
    }
    return { code: 1, err: `not told of docker ${words}\n` };
  }

  consul() {
    return { status: 500 };
  }

  pulumi(): DockerAnswer {
    const hosts = Object.fromEntries(
      ["a", "b", "c"].map((key) => [key, { docker: `tcp://${key}:1`, agent: `dev--agent--${key}` }]),
    );
    return { out: stackExport({ hosts, operatorToken: "hush" }, this.resources) };
  }
}

const run =
  (program: string) =>
  (hosts: FakeHosts, ...args: string[]) =>
    runProgram(hosts, `operate/${program}.ts`, args);

describe("npm run backups", () => {
  const backups = run("backups");
  const rows = (printed: string) =>
    printed
      .trimEnd()
      .split("\n")
      .map((line) => line.split(/ {2,}/).map((cell) => cell.trim()));

  test.concurrent("shows all that is backed up, and that all is well", async () => {
    const { code, said, printed } = await backups(new Hosts(), "--check");
    expect({ code, said }).toStrictEqual({ code: 0, said: "backups: all well\n" });
    const [head, ...lines] = rows(printed);
    expect(head).toStrictEqual(["host", "what", "newest", "size", "kept", "restored", "next", "state"]);
    expect(lines.map(([host, what]) => `${host} ${what}`)).toStrictEqual([
      "a posts",
      "a uploads",
      "b uploads",
      "b cache.1",
      "b cache.2",
    ]);
    expect(lines[0]).toStrictEqual([
      ...["a", "posts", "2 h ago", "1.5 KiB", "2", "5 h ago"],
      expect.stringMatching(/^in \d+ (h|min|s)$/),
      "well",
    ]);
  });

  test.concurrent("--all shows each one, in the words that --at takes", async () => {
    const hosts = new Hosts();
    hosts.lists.b = listOf();
    const { printed } = await backups(hosts, "--all");
    const [head, ...lines] = rows(printed);
    expect(head).toStrictEqual(["host", "what", "backup", "time", "size"]);
    expect(lines).toHaveLength(4);
    expect(lines[1]).toStrictEqual(["a", "posts", "4f1d2c3b", `${fresh.time.slice(0, 19)}Z`, "1.5 KiB"]);
  });

  const ofUploads = (change: Partial<BackupList>): BackupList => ({ ...listOf(part("uploads")), ...change });
  const withRecord = (record: object, rest: object = {}) =>
    ofUploads({
      records: {
        target: "folder /backups",
        held: [],
        unfinished: [],
        parts: { uploads: record as never },
        ...rest,
      },
    });
  const failure = "no space left";
  test.concurrent.each<[string, BackupList, string]>([
    [
      "the last one failed",
      withRecord({ ...well, backup: { time: fresh.time, failure } }),
      "uploads on a: the last one failed: no space left",
    ],
    ["there is none", ofUploads({ snapshots: {} }), "uploads on a: there is none yet"],
    [
      "it is old",
      ofUploads({ snapshots: { uploads: [{ ...fresh, time: ago(100) }] } }),
      "uploads on a: stale",
    ],
    ["it was never restored", withRecord({ since: ago(9) }), "uploads on a: never restored yet"],
    [
      "what is kept is damaged",
      withRecord(well, { check: { time: ago(1), failure: "pack 4f1d is damaged" } }),
      "host a: looking through them failed: pack 4f1d is damaged",
    ],
    ["nothing is known", ofUploads({ snapshots: {}, failure: "no such host" }), "host a: no such host"],
  ])("--check fails where %s", async (_, list, fault) => {
    const hosts = new Hosts();
    hosts.lists.a = list;
    expect(await backups(hosts, "--check")).toMatchObject({ code: 1, said: `not well: ${fault}\n` });
    expect(await backups(hosts)).toMatchObject({ code: 0, said: `not well: ${fault}\n` });
  });

  test.concurrent("damaged packs that were mended are told of, and no fault", async () => {
    const hosts = new Hosts();
    const time = ago(3);
    hosts.lists.a = withRecord(well, { damaged: { time, packs: 2 } });
    expect(await backups(hosts, "--check")).toMatchObject({
      code: 0,
      said: `note: host a: 2 damaged packs were mended at ${time}: look at the disk\nbackups: all well\n`,
    });
  });

  test.concurrent("a host that does not answer is a fault, and the others are shown", async () => {
    const hosts = new Hosts();
    hosts.silent = "b";
    const { code, said, printed } = await backups(hosts, "--check");
    expect([code, said]).toStrictEqual([1, "not well: host b: its backups tell nothing: no route to host\n"]);
    expect(rows(printed)).toHaveLength(3);
  });

  test.concurrent("of a stack that backs nothing up", async () => {
    const hosts = new Hosts();
    hosts.resources = onHost("c", false);
    const { code, said } = await backups(hosts);
    expect([code, said]).toStrictEqual([
      1,
      expect.stringContaining("backups stopped: The stack dev backs nothing up."),
    ]);
  });
});

describe("npm run backup", () => {
  const backup = run("backup");
  test.concurrent.each<[string, string[], string[]]>([
    ["backs up all of it", [], ["a: run posts uploads", "b: run uploads cache.1 cache.2"]],
    ["what is named, where that is", ["posts"], ["a: run posts"]],
    ["each copy's by one name", ["cache"], ["b: run cache.1 cache.2"]],
    ["one copy's", ["cache.2"], ["b: run cache.2"]],
    ["on one host", ["uploads", "--host", "b"], ["b: run uploads"]],
    ["restores the newest ones instead", ["uploads", "--verify"], ["a: verify uploads", "b: verify uploads"]],
    ["begins anew", ["posts", "--begin-anew"], ["a: run --begin-anew posts"]],
  ])("%s", async (_, args, done) => {
    const hosts = new Hosts();
    expect((await backup(hosts, ...args)).code).toBe(0);
    expect(hosts.done.toSorted()).toStrictEqual(done);
  });

  test.concurrent("waits for whoever is at work", async () => {
    const hosts = new Hosts();
    hosts.busy.add("a");
    const { code, said } = await backup(hosts, "posts");
    expect([code, hosts.done]).toStrictEqual([0, ["a (patient): run posts"]]);
    expect(said).toContain("host a: its backups are being worked on; waiting for that to end…");
  });

  test.concurrent("tells what goes wrong", async () => {
    const hosts = new Hosts();
    hosts.failing.add("run");
    const { code, said } = await backup(hosts, "posts");
    expect(code).toBe(1);
    expect(said).toContain("no space left");
    expect(said).toContain("backup: not all went well");
  });

  test.concurrent.each([
    [["posts", "pots"], "Nothing is backed up by the name of pots: `npm run backups` tells what is."],
    [["--host", "c"], "No host c of the stack dev backs anything up."],
  ])("does nothing for %j", async (args, message) => {
    const hosts = new Hosts();
    const { code, said } = await backup(hosts, ...args);
    expect([code, hosts.done]).toStrictEqual([1, []]);
    expect(said).toContain(`backup stopped: ${message}`);
  });
});

describe("npm run restore", () => {
  const restore = run("restore");
  test.concurrent.each<[string, string[], string[]]>([
    ["into a new volume", ["posts"], ["a: restore posts dev--shop_posts.TIME"]],
    ["into one of that name", ["posts", "--into", "mine"], ["a: restore posts mine"]],
    [
      "what there was at some time",
      ["posts", "--into", "mine", "--at", "2026-11-30T12:00+01:00"],
      ["a: restore posts mine --at 2026-11-30T11:00:00.000Z"],
    ],
    [
      "what another host has backed up",
      ["posts", "--into", "mine", "--from", "b"],
      ["a: restore posts mine --from b"],
    ],
    ["of one host", ["uploads", "--host", "b", "--into", "mine"], ["b: restore uploads mine"]],
  ])("%s", async (_, args, done) => {
    const hosts = new Hosts();
    expect((await restore(hosts, ...args)).code).toBe(0);
    expect(hosts.done).toStrictEqual(done);
  });

  test.concurrent("in place: the files of two volumes of one disk change places by their parent", async () => {
    const hosts = new Hosts();
    const { code, said } = await restore(hosts, "posts", "--in-place", "--yes");
    expect([code, said]).toStrictEqual([
      0,
      expect.stringContaining("restore: done; what was there until now is in the volume"),
    ]);
    expect(hosts.done).toStrictEqual([
      "a: restore posts dev--shop_posts.TIME",
      [
        "a: run --rm --network none --cap-drop ALL --cap-add CHOWN --cap-add DAC_OVERRIDE --cap-add FOWNER",
        "--volume /var/lib/docker/volumes:/volumes sha256:backup commands/swap-files.ts",
        "/volumes/dev--shop_posts/_data /volumes/dev--shop_posts.TIME/_data",
      ].join(" "),
    ]);
  });

  test.concurrent("in place: where it could not be restored, nothing changes", async () => {
    const hosts = new Hosts();
    hosts.failing.add("restore");
    const { code, said } = await restore(hosts, "posts", "--in-place", "--yes");
    expect(code).toBe(1);
    expect(said).toContain("posts was not restored. Nothing has changed.");
    expect(hosts.done).toHaveLength(1);
  });

  test.concurrent("in place: a folder of the host's changes with a volume", async () => {
    const hosts = new Hosts();
    hosts.lists.a = listOf(part("files", { source: "/srv/files" }));
    expect((await restore(hosts, "files", "--in-place", "--yes")).code).toBe(0);
    expect(hosts.done[0]).toBe("a: restore files srv-files.TIME");
    expect(hosts.done[1]).toContain(
      "--volume /srv/files:/present --volume srv-files.TIME:/restored sha256:backup commands/swap-files.ts /present /restored",
    );
  });

  test.concurrent("in place: Consul", async () => {
    const hosts = new Hosts();
    const { service: _, source: __, ...consul } = part("consul", { kind: "consul" });
    hosts.lists.a = listOf(consul);
    expect((await restore(hosts, "consul", "--in-place", "--yes")).code).toBe(0);
    expect(hosts.done).toStrictEqual(["a: consul consul"]);
  });

  test.concurrent.each([
    [["pots"], "Nothing is backed up by the name of pots; there is posts, uploads, cache.1, cache.2."],
    [["posts", "--host", "b"], "Nothing is backed up by the name of posts on b; there is "],
    [["uploads"], "Several hosts back up uploads (a, b): say which one by --host."],
    [["posts", "--at", "yesterday"], '--at: must be a time such as 2026-11-30T12:00:00Z, got "yesterday".'],
    [["posts", "--in-place"], "Nobody is there to be asked whether to do that: add --yes."],
  ])("does nothing for %j", async (args, message) => {
    const hosts = new Hosts();
    const { code, said } = await restore(hosts, ...args);
    expect([code, hosts.done]).toStrictEqual([1, []]);
    expect(said).toContain(`restore stopped: ${message}`);
  });
});
