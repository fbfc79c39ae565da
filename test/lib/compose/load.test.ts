// biome-ignore-all lint/suspicious/noTemplateCurlyInString: so Compose writes variables
import type { Project } from "../../../lib/compose/project.ts";
import { loaded, main } from "../../support/compose.ts";

const project = (...args: Parameters<typeof loaded>) => loaded(...args) as Project;

test("all that breaks the specification is told at once, by line and place", () => {
  const text = [
    'version: "2.4"',
    "srvices: {}",
    "services:",
    "  web:",
    "    imag: x",
    "    mem_limit: 1g",
    "    ports: [{ target: 80, foo: 1 }]",
    "    depends_on: { db: { condition: maybe } }",
    "    build: [x]",
    "  db: 5",
    "  api: { image: a, environment: { A: [1] } }",
  ].join("\n");
  expect(loaded(text)).toStrictEqual([
    `${main}:2: srvices: is no key that Compose knows here`,
    `${main}:5: services.web.imag: is no key that Compose knows here`,
    `${main}:7: services.web.ports[0].foo: is no key that Compose knows here`,
    `${main}:8: services.web.depends_on.db.condition: must be service_started or service_healthy or service_completed_successfully`,
    `${main}:9: services.web.build: must be a text or a map`,
    `${main}:10: services.db: must be a map`,
    `${main}:11: services.api.environment.A: must be a text, a number, true or false or nothing`,
  ]);
});

test.each<[string, string, string[]]>([
  ["nothing", "", ["1: must be a map with services, got nothing"]],
  ["a list", "- a", ["1: must be a map with services, got something else"]],
  ["no services", "name: x", ["1: must have services"]],
  [
    "version 1",
    "web: { image: x }",
    [
      "1: must have services; this is version 1 of the format, whose services have to go below a key services",
    ],
  ],
  [
    "variables that must be there",
    "services:\n  a: { image: 'x:${TAG:?}' }\n  b: { image: '${B?say}' }",
    [
      "2: services.a.image: must be given the variable TAG",
      "3: services.b.image: must be given the variable B (say)",
    ],
  ],
])("refuses %s", (_, text, lines) => {
  expect(loaded(text)).toStrictEqual(lines.map((line) => `${main}:${line}`));
});

test("variables come from the environment, then from .env; those that are missing are told of", () => {
  const files = {
    [main]: "services: { a: { image: '$A/$B/$C', user: '${PASSWORD}' } }",
    "/shop/.env": "A=file\nB=file\nPASSWORD=p\n",
  };
  const { services, missing, secrets } = project(files, { A: "own" });
  expect(services.a).toStrictEqual({ image: "own/file/", user: "p" });
  expect(missing).toStrictEqual(["C"]);
  expect([...secrets]).toStrictEqual([["PASSWORD", "p"]]);
});

describe("extends", () => {
  test("a service of the same file, by Compose's rules of merging", () => {
    const { services } = project(`
services:
  base:
    image: a
    command: [one]
    environment: [A=1, B=1]
    ports: ["80"]
    volumes: ["x:/a", "y:/b"]
    deploy: { replicas: 2, resources: { limits: { cpus: 1 } } }
  web:
    extends: { service: base }
    command: [two]
    environment: { B: "2" }
    ports: ["81"]
    volumes: ["z:/a"]
    deploy: { replicas: 3 }`);
    expect(services.web).toStrictEqual({
      image: "a",
      command: ["two"],
      environment: { A: "1", B: "2" },
      ports: ["80", "81"],
      volumes: ["y:/b", "z:/a"],
      deploy: { replicas: 3, resources: { limits: { cpus: 1 } } },
    });
  });

  test("a service of another file, whose paths are that one's", () => {
    const { services } = project({
      [main]: "services: { web: { extends: { file: ../base/base.yaml, service: base } } }",
      "/base/base.yaml":
        "services: { base: { build: ./app, env_file: web.env, volumes: ['./data:/data'], extends: root }, root: { user: me } }",
    });
    expect(services.web).toStrictEqual({
      user: "me",
      build: "/base/app",
      env_file: ["/base/web.env"],
      volumes: ["/base/data:/data"],
    });
  });

  test.each<[string, Record<string, string>, string]>([
    [
      "a circle",
      { [main]: "services: { a: { extends: b }, b: { extends: a } }" },
      "services.b.extends: must not lead back to a",
    ],
    [
      "nobody",
      { [main]: "services: { a: { extends: b } }" },
      'services.a.extends: must name a service of this file, got "b"',
    ],
    [
      "no file",
      { [main]: "services: { a: { extends: { file: b.yaml, service: b } } }" },
      "services.a.extends: names the file /shop/b.yaml, which can't be read",
    ],
    [
      "a circle of files",
      {
        [main]: "services: { a: { extends: { file: b.yaml, service: b } } }",
        "/shop/b.yaml": "services: { b: { extends: { file: compose.yaml, service: a } } }",
      },
      "must not lead back to a",
    ],
  ])("refuses %s", (_, files, message) => {
    expect((loaded(files) as string[]).join("\n")).toContain(message);
  });
});

describe("include", () => {
  test("takes along what other files have, with variables and paths of their own", () => {
    const { services, sections } = project({
      [main]:
        "include: [infra/db.yaml, { path: ../mail.yaml, project_directory: ., env_file: mail.env }]\nservices: { web: { image: a } }",
      "/shop/infra/db.yaml":
        "services: { db: { image: 'db:$TAG', volumes: ['./init:/init'] } }\nvolumes: { data: {} }",
      "/shop/infra/.env": "TAG=7\n",
      "/mail.yaml": "services: { mail: { build: mailer, image: '$TAG' } }",
      "/shop/mail.env": "TAG=8\n",
    });
    expect(services).toStrictEqual({
      web: { image: "a" },
      db: { image: "db:7", volumes: ["/shop/infra/init:/init"] },
      mail: { build: "/shop/mailer", image: "8" },
    });
    expect(Object.keys(sections.volumes)).toStrictEqual(["data"]);
  });

  test.each<[string, Record<string, string>, string]>([
    [
      "a circle",
      { [main]: "include: [a.yaml]", "/shop/a.yaml": "include: [compose.yaml]" },
      "must not lead back to /shop/compose.yaml",
    ],
    [
      "no file",
      { [main]: "include: [a.yaml]" },
      "include[0]: names the file /shop/a.yaml, which can't be read",
    ],
    [
      "a service twice",
      {
        [main]: "include: [a.yaml]\nservices: { a: { image: x } }",
        "/shop/a.yaml": "services: { a: { image: y } }",
      },
      "include[0]: has services that are here as well: a",
    ],
    [
      "files that override each other",
      { [main]: "include: [{ path: [a.yaml, b.yaml] }]", "/shop/a.yaml": "services: {}" },
      "must name one file",
    ],
  ])("refuses %s", (_, files, message) => {
    expect((loaded(files) as string[]).join("\n")).toContain(message);
  });
});

test("services in profiles are wanted only with one of them", () => {
  const text =
    "services: { a: { image: a }, b: { image: b, profiles: [dev, test] }, c: { image: c, profiles: [ops] } }";
  expect(Object.keys(project(text).services)).toStrictEqual(["a"]);
  expect(project(text).unwanted).toStrictEqual({ b: ["dev", "test"], c: ["ops"] });
  expect(Object.keys(project(text, {}, ["test"]).services)).toStrictEqual(["a", "b"]);
  expect(Object.keys(project(text, {}, ["*"]).services)).toStrictEqual(["a", "b", "c"]);
});

test("5,000 lines are loaded in a few seconds", () => {
  const service = (i: number) =>
    `  s${i}:\n    <<: *all\n    image: app${i}\n    ports:\n      - "${20000 + i}:80"\n    environment:\n      A: "1"\n      B: x\n    user: me\n    init: true\n`;
  const text = `x-all: &all { restart: always }\nservices:\n${Array.from({ length: 500 }, (_, i) => service(i)).join("")}`;
  expect(text.split("\n").length).toBeGreaterThan(5000);
  const before = process.cpuUsage();
  expect(Object.keys(project(text).services)).toHaveLength(500);
  expect(process.cpuUsage(before).user / 1e6).toBeLessThan(5);
});
