import { parseSettings } from "../../../config/parse.ts";
import { isBackupSecret } from "../../../config/places.ts";
import { context, faultsOf } from "../../support/faults-of.ts";
import { settingsFrom } from "../../support/settings-from.ts";
import { asConfig, fileWith } from "../../support/stack-file.ts";

const password = "a long password";
const folder = { folder: "/backups" };
const nfs = { nfs: { server: "10.0.0.9", path: "/backups" } };
const s3 = {
  endpoint: "https://s3.example.com",
  bucket: "backups",
  accessKey: "hush-access",
  secretKey: "hush-secret",
};
const sftp = {
  host: "backups.example.com",
  user: "backup",
  path: "/srv/backups",
  key: "-----BEGIN OPENSSH PRIVATE KEY-----\nhush\n",
  hostKey: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5",
};
const dump = ["pg_dumpall"];
const load = ["psql"];
const store = { service: "store" };

const data = { name: "data", path: "/data" };
const service = (port: number, ...volumes: object[]) => ({
  image: "nginx",
  port,
  publish: port,
  rollout: { order: "stop-first" },
  volumes,
});
const services = {
  store: service(5001, data),
  two: service(5002, data, { name: "index", path: "/index" }),
  twice: service(5003, data, { ...data, path: "/again" }),
  bare: service(5004),
  each: service(5005, { ...data, perReplica: true }),
  guest: service(5006, { ...data, owner: "store" }),
  mixed: service(5007, { name: "own", path: "/own" }, { ...data, owner: "store" }),
  bind: service(5008, { ...data, kind: "bind", source: "/srv/data" }),
  remote: service(5009, { ...data, kind: "nfs", server: "10.0.0.9", source: "/export/data" }),
};
const names = Object.keys(services).sort().join(", ");

/** Config that backs something up, `rest` in the place of what is good. */
const config = (of: unknown, rest: object = {}) => ({
  services,
  backups: { target: folder, password, of, ...rest },
});
/** Faults of it, with all encrypted that is to be. */
function faults(of: unknown, rest: object = {}): string[] {
  // As Pulumi hands it over, without what is undefined.
  const values = JSON.parse(JSON.stringify(config(of, rest)));
  return faultsOf(values, { secretKeys: new Set(["backups"]), file: fileWith(values, isBackupSecret) });
}

describe("what is backed up", () => {
  test.each<[string, object, string[]]>([
    ["a service's only volume", { a: store }, []],
    ["one of several", { a: { service: "two", volume: "index" } }, []],
    ["one at two paths", { a: { service: "twice" } }, []],
    ["the only one of its own", { a: { service: "mixed" } }, []],
    [
      "all of a service",
      { a: { service: "two", volume: "data" }, b: { service: "two", volume: "index" } },
      [],
    ],
    ["each copy's", { a: { service: "each" } }, []],
    ["each copy's, which hold still", { a: { service: "each", quiesce: { before: ["sync"] } } }, []],
    ["what a database writes", { a: { ...store, dump, load, verify: ["true"] } }, []],
    ["files, looked at", { a: { ...store, verify: ["true"], quiesce: { after: ["true"] } } }, []],
    ["Consul", { a: { consul: true } }, []],
    ["nothing", {}, [": must have something, got an empty map"]],
    ["nobody's", { a: {} }, [".a: must have exactly one of service and consul: true, got neither"]],
    [
      "a service's that says it is none of Consul's",
      { a: { consul: false } },
      [".a: must have exactly one of service and consul: true, got neither"],
    ],
    [
      "two at once",
      { a: { ...store, consul: true } },
      [".a: must have exactly one of service and consul: true, got both"],
    ],
    [
      "a service's that there is not",
      { a: { service: "stork" } },
      [`.a.service: must be a service (${names}), got "stork"`],
    ],
    [
      "a service's that has no volume",
      { a: { service: "bare" } },
      ['.a.service: must be a service with a volume of its own, which bare has not, got "bare"'],
    ],
    [
      "a service's that has but another one's",
      { a: { service: "guest" } },
      ['.a.service: must be a service with a volume of its own, which guest has not, got "guest"'],
    ],
    [
      "some one of several",
      { a: { service: "two" } },
      [".a.volume: must say which of the volumes of two it is (data, index), got nothing"],
    ],
    [
      "a volume that there is not",
      { a: { ...store, volume: "date" } },
      ['.a.volume: must be a volume of store\'s own (data), got "date"'],
    ],
    [
      "another one's volume",
      { a: { service: "mixed", volume: "data" } },
      ['.a.volume: must be a volume of mixed\'s own (own), since data belongs to store, got "data"'],
    ],
    [
      "each copy's, as a database writes it",
      { a: { service: "each", dump, load } },
      [
        ".a.dump: must be left out, since each copy of each has a volume of its own: files are taken of all of them",
      ],
    ],
    [
      "Consul, with all that is said of others",
      { a: { consul: true, volume: "data", dump, load, verify: ["true"], quiesce: { before: ["true"] } } },
      ["volume", "dump", "load", "verify", "quiesce"].map(
        (key) =>
          `.a.${key}: must be left out beside consul, whose data Consul itself hands over and looks at`,
      ),
    ],
    [
      "a dump that nothing reads",
      { a: { ...store, dump } },
      [".a.load: must say by what command that which dump has written is read again, got nothing"],
    ],
    ["what reads no dump", { a: { ...store, load } }, [".a.load: must stand beside dump, got a list"]],
    [
      "a dump that also holds still",
      { a: { ...store, dump, load, quiesce: { before: ["true"] } } },
      [".a.quiesce: must be left out beside dump, which sees to that itself"],
    ],
    [
      "what holds still by nothing",
      { a: { ...store, quiesce: {} } },
      [".a.quiesce: must have before or after, got neither"],
    ],
    [
      "one volume twice",
      { a: store, b: { ...store, volume: "data" } },
      [".b: must be something else than a, which is the same"],
    ],
    [
      "Consul twice",
      { a: { consul: true }, b: { consul: true } },
      [".b: must be something else than a, which is the same"],
    ],
    [
      "by a name that is none",
      { A_b: store },
      [
        '.A_b: must have a name of at most 24 lower-case letters, digits and single dashes, a letter first, got "A_b"',
      ],
    ],
    [
      "by a key that there is not",
      { a: { ...store, volumes: ["data"] } },
      [
        ".a.volumes: is no known key; allowed here: service, consul, volume, dump, load, verify, quiesce, schedule, keep",
      ],
    ],
    [
      "by a command that is no list",
      { a: { ...store, dump: "pg_dumpall", load } },
      [".a.dump: must be a list of texts, got a text that is not shown"],
    ],
    [
      "by a schedule that is none",
      { a: { ...store, schedule: "daily" } },
      [
        '.a.schedule: must be times as cron has them, such as "30 3 * * *" or "@daily", that come one day, got "daily"',
      ],
    ],
    [
      "on a day that no year has",
      { a: { ...store, schedule: "0 0 31 2 *" } },
      [
        '.a.schedule: must be times as cron has them, such as "30 3 * * *" or "@daily", that come one day, got "0 0 31 2 *"',
      ],
    ],
    [
      "nothing of it kept",
      { a: { ...store, keep: { daily: 0, weekly: 0, monthly: 0 } } },
      [
        ".a.keep: must keep something: one of last, hourly, daily, weekly, monthly and yearly above 0, got none",
      ],
    ],
  ])("%s", (_, of, lines) => {
    expect(faults(of)).toStrictEqual(lines.map((line) => `flotilla:backups.of${line}`));
  });
});

describe("how", () => {
  const one = "must have exactly one of folder, nfs, s3 and sftp, got";
  const path = 'must be an absolute path other than "/", in its shortest form, got';
  const url = "must be a URL such as https://s3.example.com, without a user or a path, got";
  const bucket = "must be a bucket's name: 3 to 63 lower-case letters, digits, dots and dashes, got";
  const hostKey = 'must be the server\'s public key, such as "ssh-ed25519 AAAA…", got';
  test.each<[string, object, string[]]>([
    ["to a folder", {}, []],
    ["to an NFS server", { target: nfs }, []],
    ["to an object store", { target: { s3: { ...s3, prefix: "a/b", region: "eu-1" } } }, []],
    ["to an object store nearby", { target: { s3: { ...s3, endpoint: "http://10.0.0.9:9000" } } }, []],
    ["to an SSH server", { target: { sftp } }, []],
    ["nowhere", { target: {} }, [`target: ${one} none`]],
    ["to two places", { target: { ...folder, sftp } }, [`target: ${one} folder and sftp`]],
    [
      "to a place that is not said",
      { target: undefined },
      ["target: must be a map (keys: folder, nfs, s3, sftp), got nothing"],
    ],
    [
      "to a kind of place that there is not",
      { target: { tape: "/dev/st0" } },
      ["target.tape: is no known key; allowed here: folder, nfs, s3, sftp"],
    ],
    ["to a path from nowhere", { target: { folder: "backups" } }, [`target.folder: ${path} "backups"`]],
    ["to the whole disk", { target: { folder: "/" } }, [`target.folder: ${path} "/"`]],
    [
      "to an NFS server without a path",
      { target: { nfs: { server: "10.0.0.9" } } },
      [`target.nfs.path: ${path} nothing`],
    ],
    [
      "to an NFS server that is none",
      { target: { nfs: { ...nfs.nfs, server: "a b" } } },
      ['target.nfs.server: must be an IP address or a DNS name, got "a b"'],
    ],
    [
      "to an object store without a scheme",
      { target: { s3: { ...s3, endpoint: "s3.example.com" } } },
      [`target.s3.endpoint: ${url} "s3.example.com"`],
    ],
    [
      "to an object store's path",
      { target: { s3: { ...s3, endpoint: "https://s3.example.com/backups" } } },
      [`target.s3.endpoint: ${url} "https://s3.example.com/backups"`],
    ],
    [
      "to a bucket that none can be",
      { target: { s3: { ...s3, bucket: "Backups" } } },
      [`target.s3.bucket: ${bucket} "Backups"`],
    ],
    [
      "to a bucket of two letters",
      { target: { s3: { ...s3, bucket: "ab" } } },
      [`target.s3.bucket: ${bucket} "ab"`],
    ],
    [
      "to what is above the bucket",
      { target: { s3: { ...s3, prefix: "../a" } } },
      ['target.s3.prefix: must be a path inside the bucket, got "../a"'],
    ],
    [
      "to a region that none can be",
      { target: { s3: { ...s3, region: "EU west" } } },
      ['target.s3.region: must be a region\'s name, got "EU west"'],
    ],
    [
      "to an object store that nothing opens",
      { target: { s3: { ...s3, accessKey: "", secretKey: undefined } } },
      [
        "target.s3.accessKey: must be a key, got a text that is not shown",
        "target.s3.secretKey: must be a key, got nothing",
      ],
    ],
    [
      "to an SSH server that nobody knows",
      { target: { sftp: { ...sftp, hostKey: undefined } } },
      [`target.sftp.hostKey: ${hostKey} nothing`],
    ],
    [
      "to an SSH server known by its name",
      { target: { sftp: { ...sftp, hostKey: "backups.example.com ssh-ed25519 AAAA" } } },
      [`target.sftp.hostKey: ${hostKey} "backups.example.com ssh-ed25519 AAAA"`],
    ],
    [
      "to an SSH server by a public key",
      { target: { sftp: { ...sftp, key: "ssh-ed25519 AAAA" } } },
      ["target.sftp.key: must be a private key as OpenSSH writes it, got a text that is not shown"],
    ],
    [
      "to an SSH server as a user that none can be",
      { target: { sftp: { ...sftp, user: "a b" } } },
      ['target.sftp.user: must be a user name, got "a b"'],
    ],
    [
      "to a port that there is not",
      { target: { sftp: { ...sftp, port: 0 } } },
      ["target.sftp.port: must be a whole number from 1 to 65535, got 0"],
    ],
    [
      "without a password",
      { password: undefined },
      ["password: must be a password of at least 12 characters, got nothing"],
    ],
    [
      "with a password that is soon found",
      { password: "short" },
      ["password: must be a password of at least 12 characters, got a text that is not shown"],
    ],
    [
      "by the clocks of Mars",
      { timeZone: "Mars" },
      ['timeZone: must be the name of a time zone, such as Europe/Berlin, got "Mars"'],
    ],
    [
      "at a time that never comes",
      { schedule: "0 0 31 2 *", verify: "61 * * * *" },
      ["0 0 31 2 *", "61 * * * *"].map(
        (got, index) =>
          `${["schedule", "verify"][index]}: must be times as cron has them, such as "30 3 * * *" or "@daily", that come one day, got "${got}"`,
      ),
    ],
    [
      "with nothing kept",
      { keep: { daily: 0, weekly: 0, monthly: 0 } },
      ["keep: must keep something: one of last, hourly, daily, weekly, monthly and yearly above 0, got none"],
    ],
    ["with one kept", { keep: { daily: 0, weekly: 0, monthly: 0, last: 1 } }, []],
    [
      "with less than nothing kept",
      { keep: { daily: -1 } },
      ["keep.daily: must be a whole number from 0 to 1000, got -1"],
    ],
    [
      "by a key that there is not",
      { every: "day" },
      ["every: is no known key; allowed here: target, password, schedule, verify, timeZone, keep, of"],
    ],
  ])("%s", (_, rest, lines) => {
    expect(faults({ a: store }, rest)).toStrictEqual(lines.map((line) => `flotilla:backups.${line}`));
  });

  test("of what, it must say", () => {
    expect(faults(undefined)).toStrictEqual([
      "flotilla:backups.of: must be a map of names to what is backed up, got nothing",
    ]);
  });
});

describe("a target in what is backed up, or around it", () => {
  const to = (path: string) => ({ target: { folder: path } });
  const toNfs = (path: string, server = "10.0.0.9") => ({ target: { nfs: { server, path } } });
  const apart = (kind: string, source: string, got: string) => [
    `flotilla:backups.target.${kind}: must be apart from what is backed up, which is ${source} for a, got "${got}"`,
  ];
  test.each<[string, object, object, string[]]>([
    ["beside it", { service: "bind" }, to("/srv/data-backups"), []],
    ["it", { service: "bind" }, to("/srv/data"), apart("folder", "/srv/data", "/srv/data")],
    ["in it", { service: "bind" }, to("/srv/data/b"), apart("folder", "/srv/data", "/srv/data/b")],
    ["around it", { service: "bind" }, to("/srv"), apart("folder", "/srv/data", "/srv")],
    ["around what is dumped", { service: "bind", dump, load }, to("/srv"), []],
    [
      "in what is dumped",
      { service: "bind", dump, load },
      to("/srv/data/b"),
      apart("folder", "/srv/data", "/srv/data/b"),
    ],
    [
      "a server's",
      { service: "remote" },
      toNfs("/export/data/b"),
      apart("nfs", "/export/data", "/export/data/b"),
    ],
    ["around a server's", { service: "remote" }, toNfs("/export"), apart("nfs", "/export/data", "/export")],
    ["of another server", { service: "remote" }, toNfs("/export/data", "10.0.0.8"), []],
    ["of a host, not a server", { service: "remote" }, to("/export/data"), []],
    ["of a server, not a host", { service: "bind" }, toNfs("/srv/data"), []],
  ])("%s", (_, item, rest, lines) => {
    expect(faults({ a: item }, rest)).toStrictEqual(lines);
  });
});

describe("what opens backups", () => {
  const plain = (path: string) =>
    `flotilla:backups.${path}: must be stored encrypted, got plain text: pulumi config set --secret --path 'flotilla:backups.${path}'`;
  const keysOf = (target: object, ...encrypted: string[]) => {
    const values = config({ a: store }, { target });
    const file = fileWith(values, (path) => encrypted.includes(path.slice(1).join(".")));
    return faultsOf(values, { file, secretKeys: new Set(encrypted.length > 0 ? ["backups"] : []) });
  };
  test.each<[string, object, string[], string[]]>([
    ["the password", folder, ["password"], []],
    ["the password, in plain text", folder, [], ["password"]],
    [
      "keys of an object store, in plain text",
      { s3 },
      ["password"],
      ["target.s3.accessKey", "target.s3.secretKey"],
    ],
    [
      "one key of an object store, in plain text",
      { s3 },
      ["password", "target.s3.secretKey"],
      ["target.s3.accessKey"],
    ],
    ["the key of an SSH server, in plain text", { sftp }, ["password"], ["target.sftp.key"]],
    ["the key of an SSH server", { sftp }, ["password", "target.sftp.key"], []],
  ])("%s", (_, target, encrypted, places) => {
    expect(keysOf(target, ...encrypted)).toStrictEqual(places.map(plain));
  });

  test("nothing else can be secret", () => {
    expect(keysOf(folder, "password", "target.folder")[0]).toMatch(
      /^flotilla:backups.target.folder: must not be encrypted, /,
    );
  });

  test("is never shown", () => {
    const marked = "hunter2";
    const bad = [marked, [marked], { a: marked }, { [marked]: marked }];
    const places: ((value: unknown) => object)[] = [
      (password) => ({ password }),
      (accessKey) => ({ target: { s3: { ...s3, accessKey } } }),
      (secretKey) => ({ target: { s3: { ...s3, secretKey } } }),
      (key) => ({ target: { sftp: { ...sftp, key } } }),
      (dump) => ({ of: { a: { ...store, dump: [dump, {}] } } }),
      (before) => ({ of: { a: { ...store, quiesce: { before } } } }),
    ];
    const said = places.flatMap((place) =>
      bad.flatMap((value) => faultsOf(config({ a: store }, place(value)))),
    );
    expect(said.length).toBeGreaterThan(20);
    expect(said.filter((line) => line.includes(marked))).toStrictEqual([]);
  });
});

describe("the settings", () => {
  const of = (items: object, rest: object = {}) => settingsFrom(config(items, rest)).backups;
  const keep = { last: 0, hourly: 0, daily: 7, weekly: 4, monthly: 6, yearly: 0 };

  test("have the defaults, and what each thing says for itself", () => {
    const items = {
      b: { service: "two", volume: "index", schedule: "@hourly", keep: { hourly: 24 } },
      a: { ...store, dump, load },
      c: { consul: true },
    };
    expect(of(items)).toStrictEqual({
      target: { kind: "folder", path: "/backups" },
      password,
      verify: "0 5 * * SUN",
      timeZone: "UTC",
      items: [
        { name: "a", of: { service: "store", volume: "data" }, dump, load, schedule: "0 3 * * *", keep },
        {
          name: "b",
          of: { service: "two", volume: "index" },
          schedule: "@hourly",
          keep: { ...keep, hourly: 24 },
        },
        { name: "c", schedule: "0 3 * * *", keep },
      ],
    });
  });

  test("have what is said for all", () => {
    const rest = { schedule: "0 1 * * *", keep: { last: 3 }, verify: "@monthly", timeZone: "Europe/Berlin" };
    expect(of({ a: store }, rest)).toMatchObject({
      verify: "@monthly",
      timeZone: "Europe/Berlin",
      items: [{ schedule: "0 1 * * *", keep: { ...keep, last: 3 } }],
    });
  });

  test.each<[object, object]>([
    [folder, { kind: "folder", path: "/backups" }],
    [
      { nfs: { ...nfs.nfs, options: { soft: true, nfsvers: 4 } } },
      { kind: "nfs", server: "10.0.0.9", path: "/backups", options: { nfsvers: "4", soft: "true" } },
    ],
    [{ s3 }, { kind: "s3", ...s3 }],
    [{ sftp }, { kind: "sftp", ...sftp, port: 22 }],
  ])("say where: %j", (target, expected) => {
    expect(of({ a: store }, { target })?.target).toStrictEqual(expected);
  });

  test("say nothing where nothing is backed up", () => {
    expect(parseSettings(asConfig({ services }), context)).not.toHaveProperty("settings.backups");
  });
});
