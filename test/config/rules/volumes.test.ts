import { faultsOf } from "../../support/faults-of.ts";
import { settingsFrom } from "../../support/settings-from.ts";

const web = { image: "nginx", port: 80 };
const volume = (rest: object) => ({ name: "data", path: "/data", ...rest });
const bind = volume({ kind: "bind", source: "/srv/data" });
const nfs = volume({ kind: "nfs", server: "10.0.0.9", source: "/export" });
const perReplica = volume({ perReplica: true });
const borrowed = volume({ owner: "store" });
const stopFirst = { rollout: { order: "stop-first" } };
const faults = (services: object, hosts = {}) => faultsOf({ services, ...hosts });
const at = (line: string) => `flotilla:services${line}`;

describe("one service", () => {
  const keys = ["source", "server", "driver"];
  const lonely = (kind: string, key: string) => `must stand beside kind ${kind}, got "${key}"`;
  test.each<[string, object, string[]]>([
    ["a named volume", volume({}), []],
    ["a folder", bind, []],
    ["a folder of an NFS server", { ...nfs, options: { nfsvers: 4, soft: true } }, []],
    ["a driver's", volume({ kind: "driver", driver: "acme/disk:2", options: { size: 10 } }), []],
    [
      "a kind that there is not",
      volume({ kind: "tmpfs" }),
      ['.kind: must be "volume", "bind", "nfs" or "driver", got "tmpfs"'],
    ],
    [
      "a folder that is not said",
      volume({ kind: "bind" }),
      ['.source: must be a path beside kind "bind", got nothing'],
    ],
    [
      "NFS without anything",
      volume({ kind: "nfs" }),
      [
        '.source: must be a path beside kind "nfs", got nothing',
        '.server: must be an NFS server beside kind "nfs", got nothing',
      ],
    ],
    [
      "a driver that is not said",
      volume({ kind: "driver" }),
      ['.driver: must be a volume driver beside kind "driver", got nothing'],
    ],
    [
      "what says something of others only",
      volume({ source: "/source", server: "server", driver: "driver", options: { a: 1 } }),
      [
        `.source: ${lonely('"bind" or "nfs"', "/source")}`,
        `.server: ${lonely('"nfs"', "server")}`,
        `.driver: ${lonely('"driver"', "driver")}`,
        '.options: must stand beside kind "nfs" or "driver", got a map',
      ],
    ],
    [
      "a path that is none",
      volume({ kind: "bind", source: "srv" }),
      ['.source: must be an absolute path other than "/", in its shortest form, got "srv"'],
    ],
    [
      "a folder for each copy",
      { ...bind, perReplica: true },
      ['.perReplica: must be false beside kind "bind", which is one folder for all copies, got true'],
    ],
    [
      "each copy's, with two at once",
      perReplica,
      [
        '.perReplica: must stand beside rollout.order "stop-first", since a copy\'s successor gets its volume, and both would write to it at once, got true',
      ],
    ],
    ["each copy's, to read", { ...perReplica, readOnly: true }, []],
  ])("%s", (_, one, lines) => {
    expect(keys).toHaveLength(3);
    expect(faults({ web: { ...web, volumes: [one] } })).toStrictEqual(
      lines.map((line) => at(`.web.volumes[0]${line}`)),
    );
  });

  test("each copy's, one after the other", () => {
    expect(faults({ web: { ...web, ...stopFirst, volumes: [perReplica] } })).toStrictEqual([]);
  });

  const order =
    '.web.rollout.order: must be "stop-first", since volume data is not shared, and an old copy and a new one would have it at once, got "start-first"';
  const replicas = (got: string) =>
    `.web.replicas: must leave one copy at most, since volume data is not shared, got ${got}`;
  const two = {
    hosts: {
      a: { docker: "ssh://a", address: "10.0.0.1" },
      b: { docker: "ssh://b", address: "10.0.0.2" },
    },
  };
  test.each<[string, object, object, object, string[]]>([
    ["one copy", volume({}), stopFirst, {}, []],
    ["two at once", volume({}), {}, {}, [order]],
    ["several copies", volume({}), { ...stopFirst, replicas: 2 }, {}, [replicas("2")]],
    ["one on each host", volume({}), stopFirst, two, []],
    ["one on each host, of one server", nfs, stopFirst, two, [replicas("1 on each of 2 hosts")]],
    [
      "one that moves",
      nfs,
      { replicasPer: "datacenter" },
      two,
      [
        '.web.volumes[0].shared: must be true beside replicasPer "datacenter", since a copy that moves is started before it is stopped elsewhere, got false',
      ],
    ],
  ])("a volume that is not shared: %s", (_, one, rest, hosts, lines) => {
    const services = { web: { ...web, ...rest, volumes: [{ ...one, shared: false }] } };
    expect(faults(services, hosts)).toStrictEqual(lines.map(at));
  });

  test("a volume at two paths is one, and said in one way", () => {
    const volumes = [bind, { ...bind, path: "/b", readOnly: true }, volume({ path: "/c" })];
    expect(faults({ web: { ...web, volumes } })).toStrictEqual([
      at(
        '.web.volumes[2].name: must be that of another volume, since volumes[0] says something else of it, got "data"',
      ),
    ]);
  });

  test("copies that move write to what is elsewhere", () => {
    expect(faults({ web: { ...web, replicasPer: "datacenter", volumes: [nfs] } })).toStrictEqual([]);
  });
});

describe("whose a volume is", () => {
  const route = { path: "/store" };
  const store = (...volumes: object[]) => ({ ...web, route, ...stopFirst, volumes });
  const owner = ".web.volumes[0].owner: must be";
  test.each<[string, object, object, string[]]>([
    ["another service's", borrowed, store(volume({})), []],
    ["a folder's", borrowed, store(bind), []],
    [
      "nobody's",
      volume({ owner: "stork" }),
      store(volume({})),
      [`${owner} another service (store), got "stork"`],
    ],
    ["its own", volume({ owner: "web" }), store(), [`${owner} another service (store), got "web"`]],
    [
      "no such one",
      borrowed,
      store({ name: "other", path: "/o" }),
      [`${owner} a service that has a volume data of its own (store has other), got "store"`],
    ],
    [
      "each other's",
      borrowed,
      store(volume({ owner: "web" })),
      [
        '.store.volumes[0].owner: must be a service that has a volume data of its own (web has none), got "web"',
        `${owner} a service that has a volume data of its own (store has none), got "store"`,
      ],
    ],
    [
      "each copy's",
      borrowed,
      store(perReplica),
      [`${owner} a service whose volume data is one for all its copies, got "store"`],
    ],
    [
      "one that is not shared",
      borrowed,
      store(volume({ shared: false })),
      [`${owner} a service that shares its volume data, got "store"`],
    ],
    [
      "what its owner says",
      { ...borrowed, kind: "nfs", server: "a", options: { a: 1 }, perReplica: true },
      store(volume({})),
      ["kind", "server", "options", "perReplica"].map(
        (key) => `.web.volumes[0].${key}: must be left out beside owner, since store says it`,
      ),
    ],
    [
      "one folder, written by two",
      bind,
      store({ ...bind, name: "files" }),
      [
        '.web.volumes[0].source: must not be what service store writes to as well (its volume files): say owner: store with that name, or readOnly: true, got "/srv/data"',
      ],
    ],
    [
      "one folder of a server, written by two",
      nfs,
      store(nfs),
      [
        '.web.volumes[0].source: must not be what service store writes to as well (its volume data): say owner: store with that name, or readOnly: true, got "/export"',
      ],
    ],
    ["one folder, read by one of two", { ...bind, readOnly: true }, store(bind), []],
  ])("%s", (_, one, store, lines) => {
    expect(faults({ store, web: { ...web, volumes: [one] } })).toStrictEqual(lines.map(at));
  });

  const hosts = {
    hosts: {
      a: { docker: "ssh://a", address: "10.0.0.1" },
      b: { docker: "ssh://b", address: "10.0.0.2" },
    },
  };
  test.each<[string, object, string[]]>([
    [
      "a volume",
      volume({}),
      [`${owner} a service that runs wherever this one does, which is not so on b, got "store"`],
    ],
    ["a folder", bind, []],
  ])("the owner is on the same hosts: %s", (_, one, lines) => {
    const services = { store: { ...store(one), hosts: ["a"] }, web: { ...web, volumes: [borrowed] } };
    expect(faults(services, hosts)).toStrictEqual(lines.map(at));
  });

  test("folders of two hosts are two", () => {
    const services = {
      store: { ...store(bind), hosts: ["a"] },
      web: { ...web, hosts: ["b"], volumes: [bind] },
    };
    expect(faults(services, hosts)).toStrictEqual([]);
  });

  test("others read it unless they say that they write, and it is what its owner says", () => {
    const volumes = [borrowed, volume({ path: "/w", owner: "store", readOnly: false })];
    const { services } = settingsFrom({ services: { store: store(nfs), web: { ...web, volumes } } });
    const common = { name: "data", kind: "nfs", server: "10.0.0.9", source: "/export", of: "store" };
    expect(services.find(({ name }) => name === "web")?.volumes).toStrictEqual([
      { ...common, path: "/data", readOnly: true, options: {}, perReplica: false, owner: "store" },
      { ...common, path: "/w", readOnly: false, options: {}, perReplica: false, owner: "store" },
    ]);
  });
});

describe("names that services had before", () => {
  const store = { ...web, route: { path: "/store" } };
  test.each<[string, object, string[]]>([
    ["one", { web: { ...web, movedFrom: "shop" } }, []],
    ["several", { web: { ...web, movedFrom: ["shop", "market"] } }, []],
    [
      "one that is there",
      { store, web: { ...web, movedFrom: ["shop", "store"] } },
      ['.web.movedFrom[1]: must be a name that no service has any more, got "store"'],
    ],
    [
      "its own",
      { web: { ...web, movedFrom: "web" } },
      ['.web.movedFrom: must be a name that no service has any more, got "web"'],
    ],
    [
      "one of two",
      { store: { ...store, movedFrom: "shop" }, web: { ...web, movedFrom: "shop" } },
      ['.web.movedFrom: must not be a former name of service store as well, got "shop"'],
    ],
    [
      "none at all",
      { web: { ...web, movedFrom: [] } },
      [".web.movedFrom: must be a list of at least one name, got an empty list"],
    ],
  ])("%s", (_, services, lines) => {
    expect(faults(services)).toStrictEqual(lines.map(at));
  });

  test("volumes keep the name of the last, for others, too", () => {
    const volumes = [volume({})];
    const services = {
      web: { ...web, volumes, movedFrom: ["shop", "market"] },
      api: { ...store, volumes: [volume({ owner: "web" })] },
    };
    expect(settingsFrom({ services }).services.map(({ volumes: [one] }) => one?.of)).toStrictEqual([
      "market",
      "market",
    ]);
  });
});
