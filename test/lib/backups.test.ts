import type { BackupSettings, HostSettings, Settings } from "../../config/settings.ts";
import {
  type BackupPart,
  faultsOf,
  isMissed,
  keepArgs,
  type PartRecord,
  partsOn,
  repositoryOf,
  repositoryOfOther,
} from "../../lib/backups.ts";
import { settingsFrom } from "../support/settings-from.ts";

const password = "a long password";
const where = { stack: "dev", host: "a" };
const env = { RESTIC_PASSWORD: password };

describe("a repository", () => {
  const s3 = {
    kind: "s3",
    endpoint: "https://s3.example.com",
    bucket: "b",
    accessKey: "hush-access",
    secretKey: "hush-secret",
  } as const;
  const keys = { AWS_ACCESS_KEY_ID: "hush-access", AWS_SECRET_ACCESS_KEY: "hush-secret" };
  const sftp = {
    kind: "sftp",
    host: "backups.example.com",
    port: 22,
    user: "me",
    path: "/srv/backups",
    key: "hush-key\n",
    hostKey: "ssh-ed25519 AAAA",
  } as const;
  const ssh = { key: "hush-key\n", knownHost: "backups.example.com ssh-ed25519 AAAA\n" };

  test.each<[string, BackupSettings["target"], ReturnType<typeof repositoryOf>]>([
    ["in a folder", { kind: "folder", path: "/backups" }, { location: "/target/dev/a", env }],
    [
      "in an NFS server's",
      { kind: "nfs", server: "10.0.0.9", path: "/backups", options: {} },
      { location: "/target/dev/a", env },
    ],
    ["in a bucket", s3, { location: "s3:https://s3.example.com/b/dev/a", env: { ...env, ...keys } }],
    [
      "in a folder of a bucket, of some region",
      { ...s3, prefix: "deep/in", region: "eu-1" },
      {
        location: "s3:https://s3.example.com/b/deep/in/dev/a",
        env: { ...env, ...keys, AWS_DEFAULT_REGION: "eu-1" },
      },
    ],
    ["behind SSH", sftp, { location: "sftp://me@backups.example.com:22//srv/backups/dev/a", env, ssh }],
    [
      "behind SSH at another port, its key without an end",
      { ...sftp, port: 2222, key: "hush-key" },
      {
        location: "sftp://me@backups.example.com:2222//srv/backups/dev/a",
        env,
        ssh: { ...ssh, knownHost: "[backups.example.com]:2222 ssh-ed25519 AAAA\n" },
      },
    ],
    [
      "behind SSH at an address of IPv6",
      { ...sftp, host: "2001:db8::9" },
      {
        location: "sftp://me@[2001:db8::9]:22//srv/backups/dev/a",
        env,
        ssh: { ...ssh, knownHost: "2001:db8::9 ssh-ed25519 AAAA\n" },
      },
    ],
    [
      "behind SSH at an address of IPv6 and another port",
      { ...sftp, host: "2001:db8::9", port: 2222 },
      {
        location: "sftp://me@[2001:db8::9]:2222//srv/backups/dev/a",
        env,
        ssh: { ...ssh, knownHost: "[2001:db8::9]:2222 ssh-ed25519 AAAA\n" },
      },
    ],
  ])("%s", (_, target, repository) => {
    expect(repositoryOf({ target, password }, where)).toStrictEqual(repository);
    const ofOther = repositoryOf({ target, password }, { ...where, host: "other" });
    expect(repositoryOfOther(repository, { ...where, other: "other" })).toStrictEqual(ofOther);
  });
});

describe("what a host backs up", () => {
  const data = { name: "data", path: "/data" };
  const service = (port: number, volume: object, rest: object = {}) => ({
    image: "nginx",
    port,
    publish: port,
    rollout: { order: "stop-first" },
    volumes: [{ ...data, ...volume }],
    ...rest,
  });
  const services = {
    store: service(5001, {}, { hosts: ["a", "c"] }),
    each: service(5002, { perReplica: true }, { replicas: 3, hosts: ["b"] }),
    bind: service(5003, { kind: "bind", source: "/srv/data" }, { hosts: ["a"] }),
    remote: service(5004, { kind: "nfs", server: "10.0.0.9", source: "/export" }, { hosts: ["b", "c"] }),
    moved: service(5005, {}, { hosts: ["c"], movedFrom: "former" }),
    none: service(5006, {}, { hosts: ["b"], replicas: 0 }),
    guest: service(5007, { owner: "store" }, { hosts: ["a"] }),
  };
  const host = (key: string, rest: object = {}) => ({
    docker: `ssh://${key}`,
    address: `10.0.0.${Number.parseInt(key, 36)}`,
    ...rest,
  });
  const hosts = { a: host("a"), b: host("b"), c: host("c", { datacenter: "dc2" }) };

  const settingsOf = (of: object, states: Readonly<Record<string, string>> = {}) =>
    settingsFrom({
      hosts: Object.fromEntries(
        Object.entries(hosts).map(([key, one]) => [key, { ...one, state: states[key] ?? "active" }]),
      ),
      services,
      backups: { target: { folder: "/backups" }, password, of },
    });
  /** By host: what, and of what volume. */
  const partsOf = (settings: Settings) =>
    Object.fromEntries(
      settings.hosts.map((one: HostSettings) => [
        one.key,
        partsOn(settings, one).map(({ name, kind, source }) => `${name} ${kind} ${source ?? "-"}`),
      ]),
    );
  const store = { service: "store" };

  test.each<[string, object, object]>([
    [
      "a service's volume, on each of its hosts",
      store,
      { a: ["x files test--store_data"], c: ["x files test--store_data"] },
    ],
    [
      "what a database writes",
      { ...store, dump: ["dump"], load: ["load"] },
      { a: ["x dump test--store_data"], c: ["x dump test--store_data"] },
    ],
    [
      "each copy's",
      { service: "each" },
      { b: [1, 2, 3].map((number) => `x.${number} files test--each--${number}_data`) },
    ],
    ["a folder", { service: "bind" }, { a: ["x files /srv/data"] }],
    [
      "an NFS server's, by the first host that has it",
      { service: "remote" },
      { b: [expect.stringMatching(/^x files test--remote_data\.[0-9a-f]{8}$/)] },
    ],
    ["of a service that had another name", { service: "moved" }, { c: ["x files test--former_data"] }],
    ["of a service without copies", { service: "none" }, { b: ["x files test--none_data"] }],
    [
      "Consul, by the first host of each data centre",
      { consul: true },
      { a: ["x consul -"], c: ["x consul -"] },
    ],
  ])("%s", (_, item, parts) => {
    expect(partsOf(settingsOf({ x: item }))).toStrictEqual({ a: [], b: [], c: [], ...parts });
  });

  test("Consul is left to the next host where the first is away, not where it is drained", () => {
    expect(partsOf(settingsOf({ x: { consul: true } }, { a: "away" }))).toMatchObject({
      a: [],
      b: ["x consul -"],
    });
    expect(partsOf(settingsOf({ x: { consul: true } }, { a: "drained" }))).toMatchObject({
      a: ["x consul -"],
      b: [],
    });
  });

  test.each(["away", "drained"])(
    "what an NFS server has is the next one's where the first host is %s",
    (state) => {
      expect(partsOf(settingsOf({ x: { service: "remote" } }, { b: state }))).toMatchObject({
        c: [expect.stringMatching(/^x files /)],
      });
    },
  );

  test("all that is said of it goes along", () => {
    const item = { ...store, dump: ["dump"], load: ["load"], verify: ["true"], schedule: "@hourly" };
    const settings = settingsOf({ x: item });
    const [host] = settings.hosts;
    expect(host && partsOn(settings, host)).toStrictEqual([
      {
        name: "x",
        kind: "dump",
        service: "store",
        source: "test--store_data",
        dump: ["dump"],
        load: ["load"],
        verify: ["true"],
        schedule: "@hourly",
        keep: { last: 0, hourly: 0, daily: 7, weekly: 4, monthly: 6, yearly: 0 },
      },
    ]);
  });

  test("nothing where nothing is to be", () => {
    const { backups: _, ...settings } = settingsOf({ x: store });
    expect(partsOf(settings as Settings)).toStrictEqual({ a: [], b: [], c: [] });
  });
});

test("restic is told what to keep, and of nothing else", () => {
  const keep = { last: 0, hourly: 24, daily: 7, weekly: 0, monthly: 0, yearly: 1 };
  expect(keepArgs(keep)).toStrictEqual([
    ...["--keep-hourly", "24", "--keep-daily", "7", "--keep-yearly", "1"],
  ]);
});

describe("what is wrong", () => {
  const now = new Date("2026-11-30T12:00:00Z");
  // Due today at three, and yesterday; verified on Sunday the 29th, and the 22nd.
  const part = { schedule: "0 3 * * *" };
  const options = { verify: "0 5 * * SUN", timeZone: "UTC", now };
  const at = (time: string) => ({ id: "4f1d2c3b", time, size: 1 });
  const fresh = at("2026-11-30T03:01:00.000Z");
  const since = "2026-01-01T00:00:00.000Z";
  const verified = { time: "2026-11-29T05:01:00.000Z", snapshot: "4f1d2c3b" };
  const well: PartRecord = {
    since,
    backup: { time: fresh.time },
    verification: { time: verified.time },
    verified,
  };
  const failure = "out of space";
  const failed = { time: "2026-11-30T03:01:00.000Z", failure };

  test.each<[string, readonly ReturnType<typeof at>[], PartRecord | undefined, string[]]>([
    ["nothing", [fresh], well, []],
    ["nothing, when the last one is under way", [at("2026-11-29T03:00:01.000Z")], well, []],
    ["nothing, at the very time", [at("2026-11-29T03:00:00.000Z")], well, []],
    ["one was left out", [at("2026-11-29T02:59:59.000Z")], well, ["stale"]],
    ["none yet, and nothing known", [], undefined, ["there is none yet"]],
    ["none yet", [], { since }, ["there is none yet"]],
    [
      "the first one failed",
      [],
      { since, backup: failed },
      [`the last one failed: ${failure}`, "there is none yet"],
    ],
    ["the last one failed", [fresh], { ...well, backup: failed }, [`the last one failed: ${failure}`]],
    ["never restored", [fresh], { since, backup: { time: fresh.time } }, ["never restored yet"]],
    [
      "never restored, though tried",
      [fresh],
      { since, verification: failed },
      [`restoring it failed: ${failure}`],
    ],
    [
      "not restored this time",
      [fresh],
      { ...well, verification: failed },
      [`restoring it failed: ${failure}`],
    ],
    [
      "not restored for long",
      [fresh],
      { ...well, verified: { ...verified, time: "2026-11-22T04:59:59.000Z" } },
      ["not restored for long"],
    ],
    [
      "restored the time before",
      [fresh],
      { ...well, verified: { ...verified, time: "2026-11-22T05:00:00.000Z" } },
      [],
    ],
    [
      "all at once",
      [at("2026-11-01T03:00:00.000Z")],
      {
        since,
        backup: failed,
        verification: failed,
        verified: { ...verified, time: "2026-11-01T05:00:00.000Z" },
      },
      [
        `the last one failed: ${failure}`,
        "stale",
        `restoring it failed: ${failure}`,
        "not restored for long",
      ],
    ],
    // The newest counts.
    ["old ones, too", [at("2026-01-01T00:00:00.000Z"), fresh], well, []],
  ])("%s", (_, snapshots, record, faults) => {
    expect(faultsOf(part, snapshots, record, options)).toStrictEqual(faults);
  });

  test("by the clocks that it is meant by", () => {
    const snapshots = [at("2026-11-29T02:30:00.000Z")];
    const faultsIn = (timeZone: string) => faultsOf(part, snapshots, well, { ...options, timeZone });
    expect([faultsIn("UTC"), faultsIn("Europe/Berlin")]).toStrictEqual([["stale"], []]);
  });
});

describe("a backup", () => {
  const part: Pick<BackupPart, "schedule"> = { schedule: "0 3 * * *" };
  const now = new Date("2026-11-30T12:00:00Z");
  const since = "2026-11-01T00:00:00.000Z";
  test.each<[string, PartRecord, boolean]>([
    ["was made", { since, backup: { time: "2026-11-30T03:01:00.000Z" } }, false],
    ["was tried", { since, backup: { time: "2026-11-30T03:01:00.000Z", failure: "no" } }, false],
    ["was left out", { since, backup: { time: "2026-11-30T02:59:00.000Z" } }, true],
    ["was never made", { since }, true],
    ["was not due yet", { since: "2026-11-30T04:00:00.000Z" }, false],
  ])("%s", (_, record, expected) => {
    expect(isMissed(part, record, "UTC", now)).toBe(expected);
  });

  test("is due by the clocks that it is meant by", () => {
    const record = { since, backup: { time: "2026-11-30T02:30:00.000Z" } };
    expect(isMissed(part, record, "UTC", now)).toBe(true);
    expect(isMissed(part, record, "Europe/Berlin", now)).toBe(false);
  });
});
