import { faultsOf } from "../../support/faults-of.ts";

const data = [{ name: "data", path: "/data" }];

test.each<[Record<string, unknown>, string[]]>([
  [{ capabilities: { add: ["NET_RAW"], drop: ["ALL"] } }, []],
  [{ capabilities: { add: ["ALL"], drop: ["net_raw"] } }, []],
  [
    { capabilities: { add: ["KILL", "CAP_NET_RAW"], drop: ["net_raw"] } },
    ['.capabilities.add[1]: must not be in capabilities.drop as well, got "CAP_NET_RAW"'],
  ],
  [
    { capabilities: { add: ["ALL"], drop: ["ALL"] } },
    ['.capabilities.add[0]: must not be in capabilities.drop as well, got "ALL"'],
  ],
  [{ tmpfs: ["/a", "/a/b"], volumes: data, readOnly: true }, []],
  [{ tmpfs: ["/a", "/b", "/a"] }, ['.tmpfs[2]: must not be listed twice, got "/a" again']],
  [
    { tmpfs: [{ path: "/data" }], volumes: data },
    ['.tmpfs[0].path: must not be the path of a volume of the service, got "/data"'],
  ],
  ...["/proc", "/dev/shm", "/var/log/flotilla"].map((path): [Record<string, unknown>, string[]] => [
    { tmpfs: [path] },
    [`.tmpfs[0]: must not be a place where every container has something mounted already, got "${path}"`],
  ]),
  [{ ulimits: { nofile: 65_536, memlock: -1 } }, []],
  [{ ulimits: { nofile: -1 } }, [".ulimits.nofile: must be a number of files, since Linux takes no -1 here"]],
  [{ extraHosts: ["a:10.0.0.1", "a:10.0.0.2"] }, []],
  [
    { extraHosts: ["a:10.0.0.1", "a=10.0.0.1"] },
    ['.extraHosts[1]: must not be listed twice, got "a:10.0.0.1" again'],
  ],
])("%j", (service, lines) => {
  const faults = faultsOf({ services: { web: { image: "nginx", port: 80, ...service } } });
  expect(faults).toStrictEqual(lines.map((line) => `flotilla:services.web${line}`));
});
