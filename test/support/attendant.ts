import { spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import http from "node:http";
import os from "node:os";
import path from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { type FakeHosts, withFakeDocker } from "./fake-docker.ts";

/**
 * Runs a program that a container runs for good, such as "mover", against a fake engine and a fake agent, until `look` is
 * content, and gives what it has said. Beside what it is told here it is told the agent's socket.
 */
export async function runAttendant(
  host: FakeHosts,
  program: string,
  told: object,
  look: (said: string) => boolean | Promise<boolean>,
): Promise<string> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "flotilla-attendant-"));
  const [socket, file] = [path.join(folder, "http.sock"), path.join(folder, "told.json")];
  fs.writeFileSync(file, JSON.stringify({ ...told, socket }));
  const agent = http.createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? "", "http://consul");
    const { method = "", headers } = request;
    const asked = { endpoint: "", container: "", method, path: pathname, filter: "" };
    const token = String(headers["x-consul-token"]);
    const answer = host.consul({ ...asked, token, body: await text(request) });
    if ("json" in answer) response.end(JSON.stringify(answer.json));
    else if ("status" in answer) response.writeHead(answer.status).end(answer.text);
  });
  agent.listen(socket);
  await once(agent, "listening");
  try {
    return await withFakeDocker(host, async (env) => {
      const child = spawn(process.execPath, [`commands/${program}.ts`, file], { env });
      let said = "";
      child.stderr.on("data", (words) => {
        said += words;
      });
      const end = performance.now() + 30_000;
      while (!(await look(said)) && performance.now() < end) await sleep(50);
      const ended = once(child, "exit");
      child.kill();
      expect(await ended).toStrictEqual([0, null]);
      return said;
    });
  } finally {
    agent.closeAllConnections();
    agent.close();
    fs.rmSync(folder, { recursive: true });
  }
}
