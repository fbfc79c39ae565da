import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { RecordsFile } from "../../commands/support/backups/records.ts";
import { bindsOf, Restoring, type RestoringArgs } from "../../commands/support/backups/restoring.ts";
import {
  copiesOf,
  feedFrom,
  feedFromConsul,
  feedTo,
  feedToConsul,
} from "../../commands/support/backups/sources.ts";
import type { DockerEngine } from "../../runtime/docker.ts";
import { programsOnPath, writeProgram } from "../support/programs-on-path.ts";

jest.setTimeout(60_000);

// What a test sets in its environment is seen by nobody else: Jest gives it a copy.
jest.mock("node:child_process", () => {
  const { spawn, ...rest } = jest.requireActual("node:child_process");
  const inOurs = (file: string, args: string[], options: object) =>
    spawn(file, args, { env: process.env, ...options });
  return { ...rest, spawn: inOurs };
});

/** Runs commands here instead of in a container. */
const folder = programsOnPath({
  docker: 'printf "%s\\n" "$*" >>"$here/called"\nshift; [[ $1 == -i ]] && shift\nshift; exec "$@"',
});
const called = () => readFileSync(join(folder(), "called"), "utf8").trim();
const sh = (script: string) => ["sh", "-c", script];

describe("what a command in a copy writes", () => {
  test("is fed, all of it, and that is the end", async () => {
    const input = new PassThrough();
    const fed = text(input);
    await feedFrom("copy-1", sh("echo one; echo two; echo said >&2"), input);
    expect(await fed).toBe("one\ntwo\n");
    expect(called()).toBe("exec copy-1 sh -c echo one; echo two; echo said >&2");
  });

  test("has not ended where the command fails, and that is told with its complaint", async () => {
    const input = new PassThrough();
    input.resume();
    await expect(
      feedFrom("copy-1", sh("echo half; echo 'Access denied' >&2; exit 2"), input),
    ).rejects.toThrow(new Error("sh in copy-1 ended with exit code 2: Access denied"));
    expect(input.writableEnded).toBe(false);
  });

  test("must be something", async () => {
    const input = new PassThrough();
    await expect(feedFrom("copy-1", ["true"], input)).rejects.toThrow(
      new Error("true in copy-1 wrote nothing"),
    );
    expect(input.writableEnded).toBe(false);
  });

  test("of long complaints the end is told", async () => {
    const input = new PassThrough();
    const script = "for i in $(seq 1000); do echo line $i >&2; done; exit 1";
    const failure = await feedFrom("copy-1", sh(script), input).catch((error: Error) => error.message);
    expect(failure).toMatch(/line 1000$/);
    expect(failure?.length).toBeLessThan(600);
  });
});

describe("a command in a copy", () => {
  const source = (what: string, ended = Promise.resolve()) => ({ output: Readable.from([what]), ended });

  test("reads what comes", async () => {
    await feedTo("copy-1", sh(`cat >"${folder()}/read"`), source("the dump"));
    expect(readFileSync(join(folder(), "read"), "utf8")).toBe("the dump");
    expect(called()).toMatch(/^exec -i copy-1 sh -c cat/);
  });

  test("has to read all", async () => {
    const all = source("x".repeat(4_000_000));
    await expect(feedTo("copy-1", sh("exec head -c 1"), all)).rejects.toThrow("EPIPE");
    const early = feedTo(
      "copy-1",
      sh("head -c 1; echo 'syntax error' >&2; exit 3"),
      source("x".repeat(4_000_000)),
    );
    await expect(early).rejects.toThrow("exit code 3: syntax error");
  });

  test("fails, and that is told with its complaint", async () => {
    await expect(
      feedTo("copy-1", sh("cat >/dev/null; echo 'syntax error' >&2; exit 3"), source("the dump")),
    ).rejects.toThrow(new Error("sh in copy-1 ended with exit code 3: syntax error"));
  });

  test("has not read it all where that ends in a failure", async () => {
    const ended = Promise.reject(new Error("pack is damaged"));
    await expect(feedTo("copy-1", sh("cat >/dev/null"), source("half", ended))).rejects.toThrow(
      new Error("pack is damaged"),
    );
  });
});

test("copies of a service go by their numbers", async () => {
  const asked: unknown[] = [];
  const engine = {
    async containers(...args: unknown[]) {
      asked.push(args);
      return [10, 2, 1].map((number) => `dev--web--a--${number}-0a1b2c3`);
    },
  } as unknown as DockerEngine;
  expect(await copiesOf(engine, { stack: "dev", host: "a" }, "web")).toStrictEqual(
    [1, 2, 10].map((number) => `dev--web--a--${number}-0a1b2c3`),
  );
  expect(asked).toStrictEqual([
    [
      {
        "flotilla.stack": "dev",
        "flotilla.host": "a",
        "flotilla.role": "server",
        "flotilla.service": "web",
      },
      "running",
    ],
  ]);
});

describe("Consul", () => {
  let socket = "";
  let server: http.Server;
  const asked: string[] = [];
  const answer = { status: 200, text: "a snapshot" };
  beforeEach(async () => {
    asked.length = 0;
    Object.assign(answer, { status: 200, text: "a snapshot" });
    socket = join(folder(), "http.sock");
    server = http.createServer(async (request, response) => {
      const body = await text(request);
      asked.push(`${request.method} ${request.url} ${request.headers["x-consul-token"]} ${body}`);
      response.writeHead(answer.status).end(answer.text);
    });
    await new Promise<void>((done) => server.listen(socket, done));
  });
  afterEach(() => server.close());

  test("hands over all that it holds", async () => {
    const input = new PassThrough();
    const fed = text(input);
    await feedFromConsul(socket, "hush-token", input);
    expect([await fed, asked]).toStrictEqual(["a snapshot", ["GET /v1/snapshot hush-token "]]);
  });

  test("takes a snapshot", async () => {
    const source = { output: Readable.from(["a snapshot"]), ended: Promise.resolve() };
    await feedToConsul(socket, "hush-token", source);
    expect(asked).toStrictEqual(["PUT /v1/snapshot hush-token a snapshot"]);
  });

  test("refuses, and that is told", async () => {
    Object.assign(answer, { status: 403, text: "Permission denied\n" });
    const input = new PassThrough();
    await expect(feedFromConsul(socket, "hush-token", input)).rejects.toThrow(
      new Error("Consul answered 403 to GET /v1/snapshot: Permission denied"),
    );
    expect(input.writableEnded).toBe(false);
  });
});

test("a container's mounts, with one volume in the place of another, which alone is written to", () => {
  const Binds = [
    "dev--db_data:/data:rw",
    "dev--db_data:/again",
    "dev--logs:/var/log/flotilla",
    "/srv/x:/x:ro",
  ];
  const container = { HostConfig: { Binds } } as unknown as Parameters<typeof bindsOf>[0];
  expect(bindsOf(container, "dev--db_data", "dev--scratch--db")).toStrictEqual([
    "dev--scratch--db:/data",
    "dev--scratch--db:/again",
    "dev--logs:/var/log/flotilla",
    "/srv/x:/x:ro",
  ]);
  for (const none of [null, undefined]) {
    const bare = { HostConfig: { Binds: none } } as unknown as Parameters<typeof bindsOf>[0];
    expect(bindsOf(bare, "a", "b")).toStrictEqual([]);
  }
});

describe("files that were restored are looked at in a container like that copy which has the volume", () => {
  const copies = ["dev--web--a--1-0a1b2c3", "dev--web--a--2-0a1b2c3"];
  const part = {
    name: "index.2",
    kind: "files",
    service: "web",
    source: "dev--web--2_index",
    verify: ["check"],
  };

  /** Looks at them where only these copies run; gives what was made for that. */
  async function look(code: number, ...running: string[]): Promise<object[]> {
    const made: object[] = [];
    const engine = {
      containers: async (_: object, which: string) => (which === "all" ? copies : running),
      logs: async () => "no index\nat all\n",
    };
    const api = {
      inspect: async (name: string) => ({
        Id: name,
        Image: "sha256:web",
        Config: { Labels: {}, Entrypoint: ["web"] },
        HostConfig: { Binds: [`dev--web--${name.split("--")[3]?.[0]}_index:/index:rw`, "dev--logs:/logs"] },
        NetworkSettings: {},
      }),
      create: async (_: string, body: object) => void made.push(body),
      start: async () => {},
      wait: async () => code,
      remove: async () => void made.push({ removed: true }),
    };
    const args = { stack: "dev", host: "a" };
    const restoring = new Restoring({ args, engine, api } as unknown as RestoringArgs);
    await restoring.look("dev--scratch--index.2", part as unknown as Parameters<Restoring["look"]>[1]);
    return made;
  }

  const container = {
    Image: "sha256:web",
    Entrypoint: ["check"],
    HostConfig: {
      NetworkMode: "none",
      Binds: ["dev--scratch--index.2:/index", "dev--logs:/logs:ro"],
      RestartPolicy: { Name: "no" },
    },
  };

  test.each<[string, string[]]>([
    ["both run", copies],
    ["only another one runs", copies.slice(0, 1)],
    ["none runs", []],
  ])("%s", async (_, running) => {
    expect(await look(0, ...running)).toMatchObject([container, { removed: true }]);
  });

  test("what is not whole is told of, in the last words of the command", async () => {
    await expect(look(3, ...copies)).rejects.toThrow(
      new Error("verify ended with exit code 3: no index | at all"),
    );
  });

  test("where no copy has it, nothing else is looked at in its place", async () => {
    const other = { ...part, source: "dev--web--3_index" };
    const engine = { containers: async () => copies };
    const api = { inspect: async () => ({ HostConfig: { Binds: ["dev--web--1_index:/index"] } }) };
    const args = { stack: "dev", host: "a" };
    const restoring = new Restoring({ args, engine, api } as unknown as RestoringArgs);
    await expect(
      restoring.look("dev--scratch--index.3", other as unknown as Parameters<Restoring["look"]>[1]),
    ).rejects.toThrow("web has no copy with dev--web--3_index on a, ");
  });
});

test("files are restored by a container that has where they are to go to and where backups are, and nothing else", async () => {
  const Binds = [
    "/var/run/docker.sock:/var/run/docker.sock:rw",
    "dev--agent--a--socket:/run/consul:ro",
    "dev--backup--a--data:/var/lib/flotilla:rw",
    "/backups:/target:rw",
    "dev--web_uploads:/data/uploads:ro",
  ];
  const api = { inspect: async () => ({ Image: "sha256:backup", HostConfig: { Binds } }) };
  const args = { stack: "dev", host: "a", container: "dev--backup--a", network: "none" };
  const repository = { location: "/target/dev/a", env: { RESTIC_PASSWORD: "hush-password" } };
  writeProgram(folder(), "docker", 'printf "%s\\n" "$*" >"$here/called"; cat >"$here/told"');
  const restoring = new Restoring({ args, api, repository } as unknown as RestoringArgs);
  const part = { name: "uploads", kind: "files" } as unknown as Parameters<Restoring["fill"]>[1];
  await restoring.fill("dev--scratch--uploads", part, { id: "4f1d", time: "", size: 0 });
  const volumes = [...called().matchAll(/--(volume\S*) (\S+)/g)].map(([, flag, mount]) => `${flag} ${mount}`);
  expect(volumes).toStrictEqual(["volume /backups:/target:ro", "volume dev--scratch--uploads:/restored"]);
  expect(called()).toContain(" --network none ");
  expect(called()).toMatch(/ sha256:backup commands\/restore-files\.ts$/);
  expect(called()).not.toContain("hush");
  expect(JSON.parse(readFileSync(join(folder(), "told"), "utf8"))).toStrictEqual({
    repository,
    snapshot: "4f1d",
    path: "/data/uploads",
    isFolder: true,
    target: "/restored",
  });
});

describe("records", () => {
  let root = "";
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "flotilla-records-"));
  });
  afterEach(() => rmSync(root, { recursive: true }));
  const nothing = { parts: {}, held: [], unfinished: [] };
  const fileOf = () => new RecordsFile(join(root, "deep/in/records.json"));

  test("are empty at first, and nothing is written by a look", () => {
    expect(fileOf().read()).toStrictEqual(nothing);
    expect(existsSync(join(root, "deep"))).toBe(false);
  });

  test("keep what is not changed", () => {
    fileOf().change(() => ({ target: "folder /backups" }));
    fileOf().change(({ held }) => ({ held: [...held, "uploads"] }));
    expect(fileOf().read()).toStrictEqual({ ...nothing, target: "folder /backups", held: ["uploads"] });
    expect(readdirSync(join(root, "deep/in"))).toStrictEqual(["records.json"]);
  });

  test("know of a part since when it is known", () => {
    const time = "2026-11-30T03:00:00.000Z";
    fileOf().changePart("uploads", {});
    const { since } = fileOf().read().parts.uploads ?? {};
    expect(Date.now() - new Date(since ?? 0).getTime()).toBeLessThan(60_000);
    fileOf().changePart("posts", {});
    fileOf().changePart("uploads", { backup: { time, failure: "no" } });
    fileOf().changePart("uploads", { verification: { time } });
    fileOf().changePart("uploads", { backup: { time } });
    expect(fileOf().read().parts).toStrictEqual({
      uploads: { since, backup: { time }, verification: { time } },
      posts: { since: expect.any(String) },
    });
  });

  test("that can't be read are not thrown away", () => {
    const file = join(root, "records.json");
    writeFileSync(file, "{ half");
    expect(() => new RecordsFile(file).change(() => ({ target: "folder /backups" }))).toThrow(SyntaxError);
    expect(readFileSync(file, "utf8")).toBe("{ half");
  });
});
