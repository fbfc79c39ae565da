import type { Path } from "../../../config/faults.ts";
import { faultsOf } from "../../support/faults-of.ts";
import { settingsFrom } from "../../support/settings-from.ts";
import { fileWith } from "../../support/stack-file.ts";

const web = { image: "nginx", port: 80 };
const db = { image: "valkey", port: 6379, protocol: "tcp" };
const requiring = (service: string, env: object = { DB: "{{host}}:{{port}}" }) => ({
  requires: { store: { service, env } },
});
const faults = (services: object) => faultsOf({ services });
const encryptedFaults = (config: Record<string, unknown>, isEncrypted: (path: Path) => boolean) =>
  faultsOf(config, { secretKeys: new Set(["services"]), file: fileWith(config, isEncrypted) });
const at = (line: string) => `flotilla:services${line}`;

test("what is required needs no way to it from outside, and is not the default", () => {
  const { services } = settingsFrom({
    services: {
      web: { ...web, ...requiring("db") },
      db,
      api: { ...web, port: 81 },
      shop: { ...web, route: { path: "/s" }, ...requiring("api") },
    },
  });
  expect(services.map(({ name, provides, default: isDefault }) => [name, provides, isDefault])).toStrictEqual(
    [
      ["api", 81, false],
      ["db", 6379, false],
      ["shop", undefined, false],
      ["web", undefined, true],
    ],
  );
  expect(services.find(({ name }) => name === "web")?.requires).toStrictEqual([
    { key: "store", service: "db", env: { DB: "{{host}}:{{port}}" }, secrets: {} },
  ]);
});

test("secrets that tell of what is required are refused in plain text, and under names that are taken", () => {
  const url = "postgres://me:hush@{{host}}:{{port}}/";
  const requires = (...names: string[]) => ({
    db: { service: "db", env: { A: "1" }, secrets: Object.fromEntries(names.map((name) => [name, url])) },
  });
  const given = (...names: string[]) => ({
    services: { web: { ...web, secrets: {}, requires: requires(...names) }, db },
  });
  const isEncrypted = (path: Path) => path[4] === "secrets";
  expect(faultsOf(given("URL"))).toStrictEqual([
    at(
      ".web.requires.db.secrets.URL: must be stored encrypted, got plain text: pulumi config set --secret --path 'flotilla:services.web.requires.db.secrets.URL'",
    ),
  ]);
  expect(encryptedFaults(given("URL"), isEncrypted)).toStrictEqual([]);
  expect(encryptedFaults(given("A"), isEncrypted)).toStrictEqual([
    at(".web.requires.db.secrets.A: must not have the name of a variable in requires.db as well"),
  ]);
});

test("what tells of it in the open must not be encrypted", () => {
  const services = { web: { ...web, ...requiring("db") }, db };
  expect(encryptedFaults({ services }, (path) => path[4] === "env")).toStrictEqual([
    at(
      ".web.requires.store.env.DB: must not be encrypted, since it is used in the open: only env and secrets of a service or a job, secrets of what they require, the registry's user name and password, and the password and keys of backups are kept secret",
    ),
  ]);
});

test.each<[string, object, string[]]>([
  ["met", { web: { ...web, ...requiring("db") }, db }, []],
  ["at a port of its own choice", { web: { ...web, ...requiring("db") }, db: { ...db, provides: 7000 } }, []],
  ["published as well", { web: { ...web, ...requiring("db") }, db: { ...db, publish: 6379 } }, []],
  [
    "unmet",
    { web: { ...web, ...requiring("sql") }, db: { ...db, publish: 1 } },
    ['.web.requires.store.service: must be another service (db), got "sql"'],
  ],
  [
    "of a worker",
    { web: { ...web, ...requiring("mail") }, mail: { image: "mailer" } },
    ['.web.requires.store.service: must be a service with a port, which mail has not, got "mail"'],
  ],
  [
    "of itself",
    { web: { ...web, ...requiring("web") } },
    [
      ".web.requires: must not lead back to the service itself, which then could never come up: web requires web",
    ],
  ],
  [
    "in a circle",
    {
      web: { ...web, ...requiring("a") },
      a: { ...db, ...requiring("b") },
      b: { ...db, port: 2, ...requiring("a") },
    },
    [
      ".a.requires: must not lead back to the service itself, which then could never come up: a requires b requires a",
    ],
  ],
  [
    "variables that are there already",
    {
      web: {
        ...web,
        env: { DB: "x" },
        requires: {
          one: { service: "db", env: { DB: "1", X: "1" } },
          two: { service: "db", env: { X: "2" } },
        },
      },
      db,
    },
    [
      ".web.requires.one.env.DB: must not have the name of a variable in env as well",
      ".web.requires.two.env.X: must not have the name of a variable in requires.one as well",
    ],
  ],
  [
    "that tells of changes in no way, or in two",
    {
      web: {
        ...web,
        requires: {
          a: { service: "db", env: {}, onChange: {} },
          b: { service: "db", env: {}, onChange: { command: ["/x"], signal: "SIGHUP" } },
        },
      },
      db,
    },
    [
      ".web.requires.a.onChange: must have a command or a signal, got neither",
      ".web.requires.b.onChange: must have a command or a signal, got both",
    ],
  ],
  [
    "that tells of changes by what nobody can heed",
    { web: { ...web, requires: { a: { service: "db", env: {}, onChange: { signal: "SIGKILL" } } } }, db },
    [
      '.web.requires.a.onChange.signal: must be a signal that a process can heed, such as SIGHUP, got "SIGKILL"',
    ],
  ],
  [
    "a port that is provided to nobody",
    { web, db: { ...db, publish: 6379, provides: 7000 } },
    [".db.provides: must be left out where no other service requires this one, got 7000"],
  ],
  [
    "a port that the balancers have",
    { web: { ...web, ...requiring("db") }, db: { ...db, port: 8080 } },
    [
      ".db.provides: must be a port that nothing else has inside the balancers, got 8080, which the balancers together (loadBalancers.port) has",
    ],
  ],
  [
    "two at one port",
    {
      web: { ...web, requires: { a: { service: "a", env: {} }, b: { service: "b", env: {} } } },
      a: db,
      b: db,
    },
    [
      ".b.provides: must be a port that nothing else has inside the balancers, got 6379, which service a (services.a.provides) has",
    ],
  ],
])("a requirement %s", (_, services, lines) => {
  expect(faults(services)).toStrictEqual(lines.map(at));
});
