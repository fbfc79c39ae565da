// biome-ignore-all lint/suspicious/noTemplateCurlyInString: so Compose writes variables
import { secondsOf, sizeOf } from "../../../lib/compose/amounts.ts";
import { chooseGround } from "../../../lib/compose/ground.ts";
import { askedBy } from "../../../lib/compose/health.ts";
import { knownImage } from "../../../lib/compose/images.ts";
import { readLabels } from "../../../lib/compose/labels.ts";
import { keyLike, serviceKeys } from "../../../lib/compose/names.ts";
import { mainPort, openPort } from "../../../lib/compose/ports.ts";
import { portNames, referencesIn, withPlaceholders } from "../../../lib/compose/references.ts";
import { isSecret } from "../../../lib/compose/secrecy.ts";
import { splitWords, withoutSecrets } from "../../../lib/compose/words.ts";

test.each<[unknown, number | undefined]>([
  ["1m30s", 90],
  ["1.5s", 1.5],
  ["100ms", 0.1],
  ["1h", 3600],
  ["90", 9e-8],
  ["soon", undefined],
])("%s is %s seconds", (text, seconds) => {
  expect(secondsOf(text)).toBe(seconds);
});

test.each<[unknown, string | undefined]>([
  ["512m", "512m"],
  ["1g", "1024m"],
  ["1.5GB", "1536m"],
  [67108864, "64m"],
  ["1048577b", "2m"],
  ["64kb", "1m"],
  ["much", undefined],
])("%s is %s", (text, size) => {
  expect(sizeOf(text)).toBe(size);
});

test.each<[unknown, object]>([
  ["80", { target: 80 }],
  [80, { target: 80 }],
  ["8080:80", { target: 80, published: 8080 }],
  ["127.0.0.1:8080:80", { target: 80, published: 8080, address: "127.0.0.1" }],
  ["0.0.0.0:8080:80", { target: 80, published: 8080 }],
  ["[::1]:8080:80", { target: 80, published: 8080, address: "::1" }],
  ["127.0.0.1::80", { target: 80, address: "127.0.0.1" }],
  ["53:53/udp", { target: 53, published: 53, protocol: "udp" }],
  ["3000-3005", {}],
  ["9000-9001:80-81", {}],
  [
    { target: 80, published: "8080", protocol: "tcp", mode: "host" },
    { target: 80, published: 8080, others: ["mode"] },
  ],
  [
    { target: 80, host_ip: "10.0.0.1" },
    { target: 80, address: "10.0.0.1" },
  ],
])("the port %j", (entry, expected) => {
  const { text: _, ...rest } = openPort(entry);
  expect(rest).toStrictEqual({ protocol: "tcp", others: [], ...expected });
});

test.each<[string[], number | undefined]>([
  [["8080:80", "9000:9000"], 80],
  [["443:443", "80:80"], 80],
  [["222:22", "3000:3000"], 3000],
  [["443:443"], 443],
  [["53:53/udp"], undefined],
  [["3000-3005"], undefined],
])("of %j the main port is %s", (ports, target) => {
  expect(mainPort(ports.map(openPort))?.target).toBe(target);
});

test.each<[string, string[], string?]>([
  ["node server.js --name 'a b'", ["node", "server.js", "--name", "a b"]],
  [`sh -c "echo \\"$HOME\\" \${A}"`, ["sh", "-c", 'echo "$HOME" ${A}']],
  ["npm run a && npm run b", ["npm", "run", "a"], "&&"],
  ["run *.js #1", ["run", "*.js", "#1"]],
  ["", []],
])("the words of %s", (text, words, ...[cutAt]) => {
  expect(splitWords(text)).toStrictEqual({ words, ...(cutAt && { cutAt }) });
});

test.each<[string[], Record<string, string>, string | undefined, Record<string, string>?]>([
  [["serve", "--port", "80"], { DB_PASSWORD: "hush" }, undefined],
  [
    ["redis-server", "--requirepass", "hush"],
    { PASSWORD: "hush" },
    'redis-server --requirepass "$PASSWORD"',
    { PASSWORD: "hush" },
  ],
  [["a", "--token=hush", "b c"], {}, `a --token="$COMMAND_SECRET_1" 'b c'`, { COMMAND_SECRET_1: "hush" }],
  [
    ["a", "http://me:hush@b/"],
    { PASSWORD: "hush" },
    `a http\\://me\\:"$PASSWORD"\\@b/`,
    { PASSWORD: "hush" },
  ],
  [["a", "--password", "$PASSWORD"], {}, undefined],
])("the command %j with %j", (words, known, line, ...[secrets]) => {
  const exposed = withoutSecrets(words, new Map(Object.entries(known)));
  expect(exposed?.line.replaceAll("\\", "")).toBe(line?.replaceAll("\\", ""));
  if (secrets) expect(exposed?.secrets).toStrictEqual(secrets);
});

test.each<[string, string, boolean]>([
  ["DB_PASSWORD", "x", true],
  ["DB_PASS", "x", true],
  ["SECRET_KEY_BASE", "x", true],
  ["apiKey", "x", true],
  ["PGPASSWORD", "x", true],
  ["JWT_SECRET", "x", true],
  ["DB_PASSWORD", "", false],
  ["ALLOW_EMPTY_PASSWORD", "yes", false],
  ["MYSQL_RANDOM_ROOT_PASSWORD", "1", false],
  ["PASSWORD_FILE", "/run/secrets/x", false],
  ["ACCESS_TOKEN_TTL", "3600", false],
  ["KEYBOARD", "de", false],
  ["MONKEY", "x", false],
  ["AUTH_MANAGER", "x", false],
  ["DATABASE_URL", "postgres://db/x", false],
  ["DATABASE_URL", "postgres://me:hush@db/x", true],
  ["REDIS_URL", "redis://:hush@cache", true],
  ["BROKER", "redis://:@cache", false],
  ["DSN", "me:hush@tcp(db:3306)/x", true],
  ["DSN", "host=db password=hush", true],
  ["CERT", "-----BEGIN PRIVATE KEY-----\nabc", true],
  ["IMAGE", "a@sha256:abc", false],
])("%s=%s: a secret is %s", (name, value, expected) => {
  expect(isSecret(name, value)).toBe(expected);
});

const hosts = ["db", "cache", "postgres"];
test.each<[string, string, string | undefined]>([
  ["DB_HOST", "db", "{{host}}"],
  ["HOST", "db", "{{host}}"],
  ["PAPERLESS_DBHOST", "db", "{{host}}"],
  ["DB_NAME", "db", undefined],
  ["DB_CONNECTION", "postgres", undefined],
  ["STORE", "cache:6379", "{{host}}:{{port}}"],
  ["URL", "http://db/x", "http://{{host}}:{{port}}/x"],
  ["URL", "postgres://db:db@db:5432/db", "postgres://db:db@{{host}}:{{port}}/db"],
  [
    "URL",
    "postgres://postgres:postgres@postgres/postgres",
    "postgres://postgres:postgres@{{host}}:{{port}}/postgres",
  ],
  ["URL", "db+postgresql://a:b@postgres/x", "db+postgresql://a:b@{{host}}:{{port}}/x"],
  ["URL", "jdbc:postgresql://db:5432/x", "jdbc:postgresql://{{host}}:{{port}}/x"],
  ["DSN", "user:pw@tcp(db:3306)/x", "user:pw@tcp({{host}}:{{port}})/x"],
  ["DSN", "host=db port=5432 dbname=db", "host={{host}} port={{port}} dbname=db"],
  ["DSN", "Server=db;Database=db", "Server={{host}};Database=db"],
  ["ORIGINS", "http://db.example.com", undefined],
  ["IMAGE", "postgres:16.1", undefined],
  ["NAME", "my-db", undefined],
  ["LIST", "http://db:1,http://db:2", "http://{{host}}:{{port}},http://{{host}}:{{port}}"],
])("%s=%s tells where it is as %s", (name, value, expected) => {
  const found = referencesIn(name, value, hosts);
  expect(found.length > 0 ? withPlaceholders(value, found) : undefined).toBe(expected);
});

test("the variable with the port goes by the name of that with the host", () => {
  expect(portNames("DB_HOST")).toContain("DB_PORT");
  expect(portNames("POSTGRES_SERVER")).toContain("POSTGRES_PORT");
  expect(portNames("db_host")).toContain("db_port");
});

test.each<[unknown, object]>([
  [
    ["CMD", "curl", "-f", "http://localhost:3000/health?full=1"],
    { kind: "http", port: 3000, path: "/health?full=1", isTls: false },
  ],
  ["curl -f http://127.0.0.1 || exit 1", { kind: "http", port: 80, path: "/", isTls: false }],
  ["wget -qO- https://localhost/up", { kind: "http", port: 443, path: "/up", isTls: true }],
  [
    ["CMD-SHELL", "curl -s localhost:4000/api | grep -q OK"],
    { kind: "http", port: 4000, path: "/api", isTls: false },
  ],
  [
    ["CMD", "node", "-e", "fetch('http://web:3000/up').then(x)"],
    { kind: "http", port: 3000, path: "/up", isTls: false },
  ],
  [["CMD-SHELL", "pg_isready -U me"], { kind: "postgres" }],
  [["CMD", "redis-cli", "ping"], { kind: "redis" }],
  [["CMD", "valkey-cli", "ping"], { kind: "redis" }],
  ["mysqladmin ping -h localhost", { kind: "mysql" }],
  [["CMD", "healthcheck.sh", "--connect"], { kind: "mysql" }],
  ["ps aux | grep worker", { kind: "other" }],
])("the check %j", (test, asked) => {
  expect(askedBy(test)).toStrictEqual(asked);
});

test.each<[string, number | undefined]>([
  ["postgres", 5432],
  ["docker.io/library/postgres:17@sha256:abc", 5432],
  ["localhost:5000/postgis/postgis:16", 5432],
  ["bitnami/redis", 6379],
  ["valkey/valkey:8", 6379],
  ["mariadb:11", 3306],
  ["clickhouse/clickhouse-server", 8123],
  ["adminer", 8080],
  ["my/app", undefined],
])("%s is known for port %s", (image, port) => {
  expect(knownImage(image)?.port).toBe(port);
});

describe("labels", () => {
  const rule = (text: string) => readLabels({ "traefik.http.routers.web.rule": text });

  test.each<[string, object | undefined]>([
    ["Host(`a.example`)", { host: ["a.example"] }],
    ["Host(`a.example`, `b.example`)", { host: ["a.example", "b.example"] }],
    ["Host(`a.example`) || Host(`b.example`)", { host: ["a.example", "b.example"] }],
    ["Host(`a.example`) && PathPrefix(`/api/`)", { host: ["a.example"], path: "/api" }],
    [
      "(Host(`a.example`) || Host(`b.example`)) && PathPrefix(`/api`)",
      { host: ["a.example", "b.example"], path: "/api" },
    ],
    ["PathPrefix(`/api`)", { path: "/api" }],
    ["Host(`a.example`) || PathPrefix(`/api`)", undefined],
    ["HostRegexp(`.*`)", undefined],
    ["Host(`a.example`) && !PathPrefix(`/x`)", undefined],
    ["Host(``)", undefined],
  ])("the rule %s", (text, route) => {
    expect(rule(text)).toStrictEqual(
      route ? { route, rest: [] } : { rest: ["traefik.http.routers.web.rule"] },
    );
  });

  test("Traefik's port, Caddy's host and port, and the rest", () => {
    expect(
      readLabels({ "traefik.http.services.a.loadbalancer.server.port": 3000, "traefik.enable": true }),
    ).toStrictEqual({
      port: 3000,
      rest: ["traefik.enable"],
    });
    expect(readLabels({ caddy: "a.example", "caddy.reverse_proxy": "{{upstreams 3000}}" })).toStrictEqual({
      route: { host: ["a.example"] },
      port: 3000,
      rest: [],
    });
  });
});

test.each([
  ["My Shop_2", "my-shop-2"],
  ["2-shop", "shop"],
  ["--", "app"],
  ["a-very-long-name-that-goes-on", "a-very-long-name-that-go"],
])("%s is called %s", (text, key) => {
  expect(keyLike(text)).toBe(key);
});

test("services get names that are good, and no two the same", () => {
  const names = ["web_1", "web-1", "web.1", "consul", "a-name-of-a-service-that-is-long"];
  expect([...serviceKeys(names, "shop").values()]).toStrictEqual([
    "web-1-app",
    "web-1",
    "web-1-2",
    "consul-app",
    "a-name-of-a-service-that",
  ]);
  // A container's name has that of the stack as well.
  expect([...serviceKeys(names, "a-stack-with-a-long-name").values()].every((key) => key.length <= 17)).toBe(
    true,
  );
});

test("a stack gets ports and addresses that nobody else of the project has", () => {
  const usual = { subnet: "172.30.0.0/16", balancerPort: 8080, statsPort: 9000, consulPort: 8500 };
  expect(chooseGround(new Set(), 1, [])).toStrictEqual(usual);
  expect(chooseGround(new Set([8080, 9001]), 1, [])).toMatchObject({ balancerPort: 8090, statsPort: 9010 });
  expect(chooseGround(new Set(), 1, [usual])).toStrictEqual({
    subnet: "172.28.0.0/24",
    balancerPort: 8090,
    statsPort: 9010,
    consulPort: 8510,
  });
  expect(chooseGround(new Set(), 500, [usual]).subnet).toBe("172.20.0.0/16");
});
