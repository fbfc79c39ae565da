import fs from "node:fs";
import http from "node:http";
import os from "node:os";
import path from "node:path";
import {
  cloneContainer,
  cloneOf,
  EngineRefusal,
  EngineSocket,
  type Inspected,
  unframed,
} from "../../runtime/engine-socket.ts";

const id = "4f1d2c3b5a69".padEnd(64, "0");
const template: Inspected = {
  Id: id,
  Name: "/dev--report--local",
  Image: "sha256:beef",
  Config: {
    Hostname: id.slice(0, 12),
    Image: "report:latest",
    Env: ["A=1"],
    Cmd: ["report", "--all"],
    Entrypoint: ["/bin/tini"],
    Labels: { "flotilla.role": "job", "flotilla.stack": "dev" },
    MacAddress: "02:42:ac:1e:00:02",
  },
  HostConfig: {
    Binds: ["dev--web_data:/data:rw"],
    Mounts: [{ Type: "volume", Source: "more", Target: "/more" }],
    NetworkMode: "dev",
    RestartPolicy: { Name: "always" },
    PortBindings: { "80/tcp": [{ HostPort: "80" }] },
    Memory: 67_108_864,
    ReadonlyRootfs: true,
  },
  NetworkSettings: { Networks: { dev: { IPAMConfig: { IPv4Address: "172.30.0.9" }, Aliases: ["report"] } } },
  State: { Status: "created", ExitCode: 0, OOMKilled: false, Error: "", StartedAt: "", FinishedAt: "" },
};
const labels = { "flotilla.role": "run" };

describe("a clone", () => {
  test("is what its template is, but for what only one can have", () => {
    expect(cloneOf(template, { labels })).toEqual({
      Image: "sha256:beef",
      Env: ["A=1"],
      Cmd: ["report", "--all"],
      Entrypoint: ["/bin/tini"],
      Labels: { "flotilla.role": "run", "flotilla.stack": "dev" },
      HostConfig: {
        Binds: ["dev--web_data:/data:rw"],
        Mounts: [{ Type: "volume", Source: "more", Target: "/more" }],
        NetworkMode: "dev",
        RestartPolicy: { Name: "no" },
        AutoRemove: false,
        PortBindings: {},
        PublishAllPorts: false,
        Links: [],
        Memory: 67_108_864,
        ReadonlyRootfs: true,
      },
      NetworkingConfig: { EndpointsConfig: { dev: {} } },
    });
  });

  test.each([
    { what: "network", args: { network: "none" }, host: { NetworkMode: "none" } },
    {
      what: "binds, in the place of all others",
      args: { binds: ["other:/data:ro"] },
      host: { Binds: ["other:/data:ro"], Mounts: [], VolumesFrom: [] },
    },
  ])("takes another $what", ({ args, host }) => {
    expect(cloneOf(template, { labels, ...args })).toMatchObject({ HostConfig: host });
  });

  test("without the template's networks is in no other", () => {
    expect(cloneOf(template, { labels, network: "none" })).toMatchObject({
      NetworkingConfig: { EndpointsConfig: {} },
    });
  });

  test.each([
    { args: { command: ["x"] }, becomes: { Entrypoint: ["/bin/tini"], Cmd: ["x"] } },
    { args: { entrypoint: ["sh"] }, becomes: { Entrypoint: ["sh"], Cmd: [] } },
    { args: { entrypoint: ["sh"], command: ["-c", "x"] }, becomes: { Entrypoint: ["sh"], Cmd: ["-c", "x"] } },
  ])("runs $args", ({ args, becomes }) => {
    expect(cloneOf(template, { labels, ...args })).toMatchObject(becomes);
  });

  test("keeps a host name that was given", () => {
    const named = { ...template, Config: { ...template.Config, Hostname: "reporter" } };
    expect(cloneOf(named, { labels })).toMatchObject({ Hostname: "reporter" });
  });

  test("is made of what the engine tells", async () => {
    const create = jest.fn(async () => "new");
    const api = { inspect: async () => template, create };
    expect(await cloneContainer(api, "dev--report--local", { name: "run", labels })).toBe("new");
    expect(create).toHaveBeenCalledWith("run", cloneOf(template, { labels }));
  });
});

describe("what a container prints", () => {
  const frame = (stream: number, text: string) => {
    const header = Buffer.alloc(8);
    header.writeUInt8(stream);
    header.writeUInt32BE(Buffer.byteLength(text), 4);
    return Buffer.concat([header, Buffer.from(text)]);
  };

  test.each([1, 3, 8, 9, 1000])("comes out of its frames, %i bytes at a time", async (size) => {
    const all = Buffer.concat([frame(1, "out\n"), frame(2, ""), frame(2, "err ü\n")]);
    async function* chunks() {
      for (let at = 0; at < all.length; at += size) yield all.subarray(at, at + size);
    }
    const parts: Buffer[] = [];
    for await (const part of unframed(chunks())) parts.push(part);
    expect(Buffer.concat(parts).toString()).toBe("out\nerr ü\n");
  });
});

describe("the socket", () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "engine-"));
  const asked: { line: string; body: string }[] = [];
  const answers = new Map<string, { status: number; body: unknown }>();
  const server = http.createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    const line = `${request.method} ${request.url}`;
    asked.push({ line, body });
    const answer = answers.get(line) ?? { status: 204, body: undefined };
    response.writeHead(answer.status, { "content-type": "application/json" });
    response.end(answer.body === undefined ? undefined : JSON.stringify(answer.body));
  });
  const api = new EngineSocket(path.join(folder, "docker.sock"));

  beforeAll(() => new Promise<void>((done) => server.listen(path.join(folder, "docker.sock"), done)));
  afterAll(() => {
    server.close();
    fs.rmSync(folder, { recursive: true });
  });
  beforeEach(() => {
    asked.length = 0;
    answers.clear();
  });

  test("makes a container", async () => {
    answers.set("POST /containers/create?name=run", { status: 201, body: { Id: "new", Warnings: [] } });
    expect(await api.create("run", { Image: "x" })).toBe("new");
    expect(asked).toEqual([{ line: "POST /containers/create?name=run", body: '{"Image":"x"}' }]);
  });

  test("starts, waits for and takes away", async () => {
    answers.set("POST /containers/a/wait", { status: 200, body: { StatusCode: 3 } });
    await api.start("a");
    expect(await api.wait("a")).toBe(3);
    await api.stop("a", 5);
    await api.remove("a");
    expect(asked.map(({ line }) => line)).toEqual([
      "POST /containers/a/start",
      "POST /containers/a/wait",
      "POST /containers/a/stop?t=5",
      "DELETE /containers/a?v=true&force=true",
    ]);
  });

  test("what it refuses is thrown, with its status and its words", async () => {
    answers.set("GET /containers/a/json", { status: 404, body: { message: "No such container: a" } });
    const refusal = await api.inspect("a").catch((error) => error);
    expect(refusal).toBeInstanceOf(EngineRefusal);
    expect(refusal).toMatchObject({ status: 404, message: "No such container: a" });
  });

  test.each([404, 409])("taking away what is gone, or going (%i), is no fault", async (status) => {
    answers.set("DELETE /containers/a?v=true&force=true", { status, body: { message: "gone" } });
    await expect(api.remove("a")).resolves.toBeUndefined();
  });

  test("an engine that is not there is an error", async () => {
    await expect(new EngineSocket(path.join(folder, "none.sock")).inspect("a")).rejects.toThrow(/ENOENT/);
  });
});
