// biome-ignore-all lint/suspicious/noTemplateCurlyInString: so Compose writes variables
import { leftOut } from "../../../lib/compose/left-out.ts";
import { buildKeys, serviceKeys } from "../../../lib/compose/schema.ts";
import { leftOfBuild } from "../../../lib/compose/source.ts";
import type { Imported } from "../../../lib/compose/stack.ts";
import { imported, main, secret, services, told, web } from "../../support/compose.ts";

const notesOf = (files: Parameters<typeof imported>[0]) => {
  const { notes } = imported(files) as Imported;
  return notes.map(({ group, service = "", key, text }) => `${group} ${service} ${key}: ${text}`);
};

test("an application on its database and its cache", () => {
  const files = {
    [main]: `
services:
  web:
    build: ./web
    ports: ["8000:3000"]
    environment:
      DATABASE_URL: postgres://shop:\${PW}@db:5432/shop
      CACHE_HOST: cache
      CACHE_PORT: "6379"
      MODE: \${MODE:-fast}
    depends_on: [db]
    healthcheck: { test: [CMD, curl, -f, "http://localhost:3000/up"] }
    volumes: ["uploads:/uploads"]
  jobs:
    build: ./web
    command: run jobs
    environment: { CACHE: "redis://cache" }
    volumes: ["uploads:/uploads:ro"]
  db:
    image: postgres:17
    environment: { POSTGRES_PASSWORD: "\${PW}" }
    volumes: ["data:/var/lib/postgresql/data"]
  cache: { image: "redis:8" }
volumes: { uploads: {}, data: {} }`,
    "/shop/.env": "PW=hush\n",
  };
  expect(services(files)).toStrictEqual({
    web: {
      build: "../shop/web",
      port: 3000,
      publish: 8000,
      default: true,
      health: { path: "/up" },
      requires: {
        db: { service: "db", secrets: { DATABASE_URL: secret } },
        cache: { service: "cache", env: { CACHE_HOST: "{{host}}", CACHE_PORT: "{{port}}" } },
      },
      env: { MODE: "fast" },
      volumes: [{ name: "uploads", path: "/uploads" }],
      rollout: { order: "stop-first" },
    },
    jobs: {
      build: "../shop/web",
      requires: { cache: { service: "cache", env: { CACHE: "redis://{{host}}:{{port}}" } } },
      command: ["run", "jobs"],
      volumes: [{ name: "uploads", path: "/uploads", owner: "web" }],
    },
    db: {
      image: "postgres:17",
      port: 5432,
      protocol: "tcp",
      health: { type: "postgres" },
      secrets: { POSTGRES_PASSWORD: secret },
      volumes: [{ name: "data", path: "/var/lib/postgresql/data", shared: false }],
      rollout: { order: "stop-first" },
    },
    cache: { image: "redis:8", port: 6379, protocol: "tcp", health: { type: "redis" } },
  });
});

test.each<[string, string, Record<string, unknown>]>([
  [
    "user, folder and the like",
    "user: 1000:50\nworking_dir: /srv\ninit: true\nread_only: true\nstop_grace_period: 1m30s",
    { user: "1000:50", workingDir: "/srv", init: true, readOnly: true, stopGrace: 90 },
  ],
  ["a command as a text", `command: serve --name "a b"`, { command: ["serve", "--name", "a b"] }],
  ["an entrypoint that is none", 'entrypoint: ""\ncommand: [a, b]', { entrypoint: ["a"], command: ["b"] }],
  ["limits of version 2", "mem_limit: 512m\ncpus: 0.5", { memory: "512m", cpus: 0.5 }],
  [
    "limits of deploy",
    "deploy: { replicas: 3, resources: { limits: { cpus: '0.5', memory: 1G } } }",
    { replicas: 3, memory: "1024m", cpus: 0.5 },
  ],
  [
    "updates",
    "deploy: { update_config: { order: start-first, parallelism: 2 } }",
    { rollout: { order: "start-first", surge: 2 } },
  ],
  [
    "capabilities",
    "cap_add: [NET_ADMIN]\ncap_drop: [ALL]\nsecurity_opt: ['no-new-privileges:false']",
    { capabilities: { add: ["NET_ADMIN"], drop: ["ALL"] }, noNewPrivileges: false },
  ],
  [
    "file systems in memory",
    "tmpfs: [/tmp, '/run:size=64m,mode=755']\nshm_size: 256mb",
    { tmpfs: [{ path: "/tmp" }, { path: "/run", size: "64m" }], shmSize: "256m" },
  ],
  [
    "limits of processes",
    "ulimits: { nofile: { soft: 1, hard: 2 }, core: 0 }",
    { ulimits: { nofile: { soft: 1, hard: 2 }, core: 0 } },
  ],
  [
    "hosts",
    "extra_hosts: ['a:10.0.0.1', 'b=host-gateway', 'c:::1']",
    { extraHosts: ["a:10.0.0.1", "b:host-gateway"] },
  ],
  ["a tag that is not looked up", "pull_policy: missing", { pin: false }],
  [
    "a folder of the host",
    "volumes: ['./conf:/etc/shop:ro', '~/data/:/data/']",
    {
      volumes: [
        { name: "conf", path: "/etc/shop", kind: "bind", source: "/shop/conf", readOnly: true },
        { name: "data", path: "/data", kind: "bind", source: "/home/me/data" },
      ],
      rollout: { order: "stop-first" },
    },
  ],
  [
    "volumes in the long form",
    "volumes: [{ type: bind, source: ./a, target: /a, read_only: true }, { type: tmpfs, target: /b, tmpfs: { size: 1048576 } }]",
    {
      tmpfs: [{ path: "/b", size: "1m" }],
      volumes: [{ name: "a", path: "/a", kind: "bind", source: "/shop/a", readOnly: true }],
    },
  ],
])("takes %s", (_, keys, expected) => {
  expect(web(keys)).toStrictEqual({ image: "shop", ...expected });
});

test.each<[string, string, Record<string, unknown>]>([
  [
    "a published port",
    "ports: ['8080:80']",
    { port: 80, publish: 8080, default: true, health: { path: "/" } },
  ],
  [
    "one of the host's own address, which stays unpublished",
    "ports: ['127.0.0.1:8080:80']",
    { port: 80, default: true, health: { path: "/" } },
  ],
  [
    "a database's by its number",
    "ports: ['5432:5432']",
    { port: 5432, publish: 5432, protocol: "tcp", health: { type: "postgres" } },
  ],
  ["no TCP at all", "ports: ['53:53/udp']", {}],
  [
    "a route for Traefik",
    "labels: ['traefik.http.routers.a.rule=Host(`a.example`)', traefik.http.services.a.loadbalancer.server.port=80]",
    { port: 80, route: { host: "a.example" }, health: { path: "/" } },
  ],
  ["what nobody reaches: a worker", "expose: ['80']", {}],
])("of the ports it takes %s", (_, keys, expected) => {
  expect(web(keys)).toStrictEqual({ image: "shop", ...expected });
});

test("variables: those of files, of its own and of the environment, in the open and encrypted", () => {
  const files = {
    [main]:
      "services: { web: { image: a, env_file: [a.env, { path: b.env, required: false }], environment: { B: '3', PORT: 80, C: , OUTER: , A_TOKEN: t, N: 1.50 }, ports: ['80'] } }",
    "/shop/a.env": "A=1\nB=2\nDB_PASSWORD=hush\n",
  };
  expect(services(files, { OUTER: "o" }).web).toMatchObject({
    env: { A: "1", B: "3", OUTER: "o", N: "1.5" },
    secrets: { DB_PASSWORD: secret, A_TOKEN: secret },
  });
  const notes = notesOf(files);
  expect(notes).toContain("left web environment.C: has no value here, and so is not set");
  expect(notes).toContain("left web env_file[1]: /shop/b.env is not there, and need not be");
  expect(notes.join()).not.toContain("hush");
});

test("a secret in a file is a secret variable, without the end of its line", () => {
  const files = {
    [main]:
      "services: { db: { image: postgres, environment: { POSTGRES_PASSWORD_FILE: /run/secrets/pw }, secrets: [pw, other], ports: ['5432:5432'] } }\nsecrets: { pw: { file: pw.txt }, other: { file: o.txt } }",
    "/shop/pw.txt": "hush\n",
  };
  const { sections } = imported(files) as Imported;
  expect(sections.services).toMatchObject({ db: { secrets: { POSTGRES_PASSWORD: { value: "hush" } } } });
  expect(notesOf(files)).toContain(
    "left db secrets[1]: other: there are secret variables, no files; no variable *_FILE names /run/secrets/other",
  );
});

test("a secret in a command is told by a variable", () => {
  const files = {
    [main]:
      "services: { cache: { image: redis, command: 'redis-server --requirepass ${PW_SECRET}', ports: ['6379:6379'] } }",
    "/shop/.env": "PW_SECRET=hush\n",
  };
  expect(services(files).cache).toMatchObject({
    command: ["sh", "-c", 'exec redis-server --requirepass "$PW_SECRET"'],
    secrets: { PW_SECRET: secret },
  });
});

test("one volume has one owner; a database that shares its own is not alone with it", () => {
  const text = `
services:
  reader: { image: a, volumes: ["data:/in:ro"] }
  db: { image: postgres, ports: ["5432:5432"], volumes: ["data:/data"] }
  writer: { image: b, volumes: ["data:/out", "/srv/x:/x", "nfs:/n", "old:/o"] }
  other: { image: b, volumes: ["/srv/x:/y"] }
volumes:
  data: {}
  old: { external: true }
  nfs: { driver_opts: { type: nfs, o: "addr=10.0.0.9,ro,nfsvers=4", device: ":/export" } }`;
  const volumes = Object.fromEntries(
    Object.entries(services(text)).map(([name, one]) => [name, one.volumes]),
  );
  expect(volumes).toStrictEqual({
    reader: [{ name: "data", path: "/in", owner: "db" }],
    db: [{ name: "data", path: "/data" }],
    writer: [
      { name: "data", path: "/out", owner: "db", readOnly: false },
      { name: "x", path: "/x", kind: "bind", source: "/srv/x" },
      {
        name: "nfs",
        path: "/n",
        kind: "nfs",
        server: "10.0.0.9",
        source: "/export",
        options: { ro: "true", nfsvers: "4" },
      },
      { name: "old", path: "/o" },
    ],
    other: [{ name: "x", path: "/y", owner: "writer", readOnly: false }],
  });
});

test("two databases at one port are told apart at the balancers", () => {
  const text = `
services:
  web: { image: a, ports: ["80:80"], environment: { A_HOST: a, B_URL: "postgres://b:5432/" } }
  b: { image: postgres }
  a: { image: postgres }`;
  const { a, b } = services(text);
  expect(a).not.toHaveProperty("provides");
  expect(b).toMatchObject({ port: 5432, provides: 25432 });
});

test("services that need each other don't require each other", () => {
  const text = `
services:
  web: { image: a, ports: ["80:80"], depends_on: [api], environment: { API: "http://api:81" } }
  api: { image: b, expose: ["81"], environment: { WEB_URL: "http://web:80" } }`;
  expect(services(text).api).not.toHaveProperty("requires");
  expect(notesOf(text)).toContain(
    "left api environment.WEB_URL: stays as it is, with a host that is not there: web requires api in its turn",
  );
});

test("what runs once, or is in a profile, is left out, with what depends on it told", () => {
  const text = `
services:
  web: { image: a, ports: ["80:80"], depends_on: { init: { condition: service_completed_successfully } } }
  init: { image: a, command: migrate }
  task: { image: a, restart: on-failure }
  debug: { image: a, profiles: [dev] }`;
  expect(Object.keys(services(text))).toStrictEqual(["web"]);
  const notes = notesOf(text);
  expect(notes).toContain("left web depends_on.init: it is left out, since it runs once");
  expect(notes.filter((note) => note.startsWith("left  services."))).toHaveLength(3);
});

test("several answer requests: one by default, those in the open by a route, and what is hidden not at all", () => {
  const text = `
services:
  admin: { image: a, ports: ["127.0.0.1:9000:9000"] }
  shop: { image: b, ports: ["80:3000"] }
  hidden: { image: elasticsearch }`;
  const { admin, shop, hidden } = services(text);
  expect(shop).toMatchObject({ default: true, publish: 80 });
  expect(admin).toMatchObject({ route: { host: "admin.localhost" } });
  expect(hidden).toStrictEqual({ image: "elasticsearch" });
});

test.each<[string, string, string]>([
  [
    "ports: ['80:80', '9000:9000', '53:53/udp']",
    "ports[1]",
    "9000:9000: a service is reached at one port, 80; what is behind another one can be a service of its own",
  ],
  ["ports: ['80:80', '53:53/udp']", "ports[1]", "53:53/udp: balancers speak TCP"],
  ["privileged: true", "privileged", "no copy owns the host; name what it needs in capabilities.add"],
  [
    "network_mode: host",
    "network_mode",
    "host: copies are in the stack's network, and reached at the balancers; name the port that it listens on, or it counts as a worker",
  ],
  [
    "volumes: ['/var/run/docker.sock:/var/run/docker.sock']",
    "volumes[0]",
    "/var/run/docker.sock: who has the engine's socket owns the host, so that no copy has it",
  ],
  [
    "volumes: ['/node_modules']",
    "volumes[0]",
    "/node_modules: has no name, and so lasts no longer than its copy, which has a file system of its own; give it a name to keep it",
  ],
  [
    "security_opt: ['seccomp:unconfined']",
    "security_opt[0]",
    "seccomp:unconfined: copies have the engine's own profile",
  ],
  ["labels: { a: b }", "labels", "a: containers have flotilla's own labels only"],
  ["x-own: 1", "x-own", "is your own"],
  [
    "deploy: { placement: { constraints: [a] } }",
    "deploy.placement",
    "services.web.hosts names the hosts that it runs on",
  ],
])("tells of what is left out of %s", (keys, key, text) => {
  expect(told(keys, "left")).toContain(`${key}: ${text}`);
});

test("what has the value of a secret variable in it is a secret, too", () => {
  const files = {
    [main]:
      "services: { web: { image: a, environment: { OPTIONS: '--key=${PW_SECRET}', SAME: '${PW_SECRET}', OTHER: x } } }",
    "/shop/.env": "PW_SECRET=hush-hush\n",
  };
  expect(services(files).web).toStrictEqual({
    image: "a",
    env: { OTHER: "x" },
    secrets: { OPTIONS: secret, SAME: secret },
  });
});

test("tells of every key that a build can have", () => {
  const handled = ["args", "context", "dockerfile", "dockerfile_inline", "target"];
  expect([...handled, ...Object.keys(leftOfBuild)].sort()).toStrictEqual(buildKeys().sort());
});

test("tells of what the long forms say beside what is taken", () => {
  const notes = notesOf(`
services:
  web:
    image: a
    ports: [{ target: 80, published: "8080", mode: host, name: web }]
    depends_on: { db: { condition: service_healthy, restart: true } }
    volumes: [{ type: volume, source: data, target: /data, volume: { subpath: x } }]
  db: { image: postgres, secrets: [{ source: s, mode: 256 }] }
volumes: { data: { name: old, labels: { a: b } } }
secrets: { s: { external: true } }`);
  expect(notes).toEqual(
    expect.arrayContaining([
      "left web ports[0].mode, name: balancers publish a port on every host, under no name",
      "left web depends_on.db.restart: where it is stays what it is, so that nobody need be started again",
      "left web volumes[0]: subpath: a volume is mounted to read or to write, and no more is said of that",
      "left web volumes[0].name: old: it is called <stack>--<service>_data, since services of other stacks may have one, too",
      "left web volumes[0].labels: volumes have flotilla's own labels only",
      "left db secrets[0].mode: there are secret variables, no files",
    ]),
  );
});

test("tells of every key that a service can have", () => {
  const taken = [
    "build",
    "cap_add",
    "cap_drop",
    "command",
    "cpus",
    "depends_on",
    "deploy",
    "entrypoint",
    "env_file",
    "environment",
    "expose",
    "extends",
    "extra_hosts",
    "healthcheck",
    "image",
    "init",
    "labels",
    "links",
    "mem_limit",
    "network_mode",
    "networks",
    "ports",
    "privileged",
    "profiles",
    "pull_policy",
    "read_only",
    "restart",
    "scale",
    "secrets",
    "security_opt",
    "shm_size",
    "stop_grace_period",
    "tmpfs",
    "ulimits",
    "user",
    "volumes",
    "working_dir",
  ];
  expect([...taken, ...Object.keys(leftOut)].sort()).toStrictEqual([...new Set(serviceKeys())].sort());
});

test.each<[string, string, string[]]>([
  ["no image", "services: { web: { user: me } }", [`${main}:1: services.web: must have an image or a build`]],
  [
    "files that are not there",
    "services:\n  web:\n    image: a\n    env_file: a.env\n    secrets: [s]\n    environment: { A_FILE: /run/secrets/s }\n    depends_on: [db]\nsecrets: { s: { file: s.txt } }",
    [
      `${main}:4: services.web.env_file: names /shop/a.env, which can't be read`,
      `${main}:5: services.web.secrets[0]: wants the secret s, of which there is nothing in the file /shop/s.txt`,
      `${main}:7: services.web.depends_on: must name services of this file, got "db"`,
    ],
  ],
  [
    "nothing that runs on",
    "services: { job: { image: a, restart: 'no' } }",
    [`${main}:1: has no service that flotilla could run`],
  ],
])("refuses %s", (_, text, faults) => {
  expect(imported(text)).toStrictEqual(faults);
});
