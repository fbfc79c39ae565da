import { faultsOf } from "../../support/faults-of.ts";
import { settingsFrom } from "../../support/settings-from.ts";

const cache = { image: "valkey:8", port: 6379, protocol: "tcp", publish: 6379 };
const faults = (service: object) => faultsOf({ services: { cache: { ...cache, ...service } } });
const unfit = 'must not be given beside protocol "tcp", of which balancers see connections only';

test("a service may speak TCP, by itself or beside others, of which it is not the default", () => {
  const { services } = settingsFrom({ services: { cache, web: { image: "nginx", port: 80 } } });
  expect(services.map(({ name, protocol, default: isDefault }) => [name, protocol, isDefault])).toStrictEqual(
    [
      ["cache", "tcp", false],
      ["web", "http", true],
    ],
  );
});

test("it is checked by a connection", () => {
  const [service] = settingsFrom({ services: { cache } }).services;
  expect(service?.health).toMatchObject({ type: "tcp", interval: 1 });
});

test.each<[object, string[]]>([
  [{}, []],
  [{ balance: "active-backup", health: { type: "tcp", interval: 2 }, timeouts: { tunnel: 60 } }, []],
  [{ load: { concurrency: 10, queue: 5, wait: 1 }, drain: 60, replicas: 3 }, []],
  [{ route: { path: "/x" } }, [`.route: ${unfit}, got a map`]],
  [{ default: true }, [`.default: ${unfit}, got true`]],
  [{ sessions: true }, [`.sessions: ${unfit}, got true`]],
  [{ sessions: false }, [`.sessions: ${unfit}, got false`]],
  [{ health: { path: "/up" } }, [`.health.path: ${unfit}, got "/up"`]],
  [{ health: { method: "HEAD" } }, [`.health.method: ${unfit}, got "HEAD"`]],
  [{ health: { host: "x" } }, [`.health.host: ${unfit}, got "x"`]],
  [{ timeouts: { body: 1 } }, [`.timeouts.body: ${unfit}, got 1`]],
  [
    { timeouts: { request: 1, idle: 2 } },
    [`.timeouts.request: ${unfit}, got 1`, `.timeouts.idle: ${unfit}, got 2`],
  ],
  [
    { health: { type: "http" } },
    ['.health.type: must be another one, or left out, beside protocol "tcp", got "http"'],
  ],
  [
    { publish: undefined },
    [
      ': must have a publish port, or be required by another service, since protocol "tcp" has nothing else to be told by, got neither',
    ],
  ],
  [{ health: { type: "redis" } }, []],
  [{ health: { send: "PING\r\n", expect: "+PONG" } }, []],
  [{ health: { expect: "220 " } }, []],
  [
    { health: { send: "PING" } },
    [
      ".health.expect: must be given beside health.send, whose answer nobody would look at otherwise, got nothing",
    ],
  ],
  [
    { health: { type: "mysql", send: "a", expect: "b" } },
    [
      '.health.send: must not be given beside health.type "mysql", got "a"',
      '.health.expect: must not be given beside health.type "mysql", got "b"',
    ],
  ],
  [
    { health: { send: "\\q", expect: "" } },
    [
      String.raw`.health.send: must be a text of 1 to 200 bytes, in which \r, \n, \t, \0, \\ and \xHH stand for other bytes, got "\\q"`,
      String.raw`.health.expect: must be a text of 1 to 100 bytes, in which \r, \n, \t, \0, \\ and \xHH stand for other bytes, got ""`,
    ],
  ],
  [
    { health: { type: "oracle" } },
    ['.health.type: must be "http", "tcp", "redis", "postgres" or "mysql", got "oracle"'],
  ],
  [
    { protocol: "http", health: { type: "redis", expect: "x" } },
    [
      '.health.type: must stand beside protocol "tcp", got "redis"',
      '.health.expect: must stand beside protocol "tcp", got "x"',
    ],
  ],
  [{ locality: "prefer" }, []],
  [
    { locality: "only", balance: "active-backup" },
    ['.locality: must be left out beside balance "active-backup", which has an order of its own, got "only"'],
  ],
  [{ protocol: "udp" }, ['.protocol: must be "http" or "tcp", got "udp"']],
  [{ balance: "random" }, ['.balance: must be "leastconn" or "active-backup", got "random"']],
  [
    { protocol: "http", balance: "active-backup" },
    ['.balance: must stand beside protocol "tcp", got "active-backup"'],
  ],
])("%j", (service, lines) => {
  expect(faults(service)).toStrictEqual(lines.map((line) => `flotilla:services.cache${line}`));
});
