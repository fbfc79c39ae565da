import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { downloadVerified } from "../../setup/download.ts";

const archive = Buffer.alloc(300_000, "an archive, ");
const sum = createHash("sha256").update(archive).digest("hex");
const other = "0".repeat(64);

const folder = mkdtempSync(join(tmpdir(), "flotilla-test-"));
const file = join(folder, "archive");
/** What the site has, by path; anything else is not found. */
let site: Record<string, string | Buffer> = {};
const server = createServer(({ url = "" }, response) => {
  const found = site[url];
  response.writeHead(found === undefined ? 404 : 200).end(found);
}).listen(0, "127.0.0.1");
let address = "";

beforeAll(async () => {
  if (!server.listening) await once(server, "listening");
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

const get = (sums?: string) => {
  site = { "/tool-1.tar.gz": archive, ...(sums !== undefined && { "/sums.txt": sums }) };
  return downloadVerified(`${address}/tool-1.tar.gz`, `${address}/sums.txt`, file);
};

test.each([
  ["as sha256sum writes it", `${other}  tool-1.zip\n${sum}  tool-1.tar.gz\n${other}  tool-10.tar.gz\n`],
  ["of a file that was read as binary", `${sum} *tool-1.tar.gz`],
  ["in capitals, with lines as Windows has them", `${sum.toUpperCase()}  tool-1.tar.gz\r\n`],
])("what has its published checksum is taken: %s", async (_, sums) => {
  await get(sums);
  expect(readFileSync(file).equals(archive)).toBe(true);
});

test.each([
  ["the checksum of something else", `${other}  tool-1.tar.gz`, `has the SHA-256 ${sum}, not ${other}`],
  [
    "none of this file",
    `${sum}  tool-1.tar.gz.sig\n${sum}  old-tool-1.tar.gz`,
    "has no checksum of tool-1.tar.gz",
  ],
  ["nothing", "", "has no checksum of tool-1.tar.gz"],
  ["no list at all", undefined, "answered 404"],
])("what has not is refused: %s", async (_, sums, message) => {
  await expect(get(sums)).rejects.toThrow(message);
});
