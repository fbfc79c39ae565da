import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const script = join(import.meta.dirname, "../templates/balancer/known-servers");
const configuration = `
frontend own.all
  bind :8080

backend own.nobody

backend service.db
  server db-1 db-1:8000 check

backend service.web
  server web-1 web-1:8000 check
  server web-2 web-2:8001 check weight 0
  server web-3 web-3:8000 check
  server test--agent--b 10.0.0.2:7443 check ssl

backend local.web
  server web-1 web-1:8000 track service.web/web-1
  server test--agent--b 10.0.0.2:7443 track service.web/test--agent--b backup ssl
`;
const header = "# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state";
/** A server of the state, as HAProxy prints it. */
const told = (backend: string, server: string, address: string, port = 8000) =>
  `9 ${backend} 4 ${server} ${address} 0 0 1 1 77 6 2 0 6 0 0 0 ${server} ${port} - 0 0 - - 0`;
/** One that the script adds. */
const added = (backend: string, server: string, address: string, port = 8000) =>
  `0 ${backend} 0 ${server} ${address} 2 0 1 1 0 1 0 2 6 0 0 0 ${server} ${port} - 0 0 - - 0`;

/** Runs it where the DNS knows these addresses and nothing else. */
function complete(state: string, addresses: Readonly<Record<string, string>>): string[] {
  const folder = mkdtempSync(join(tmpdir(), "flotilla-test-"));
  try {
    const cases = Object.entries(addresses).map(([name, ip]) => `${name}) echo "${ip} STREAM ${name}" ;;`);
    const dns = `#!/bin/sh\ncase $2 in\n${cases.join("\n")}\n*) exit 2 ;;\nesac\necho "0.0.0.0 DGRAM"\n`;
    writeFileSync(join(folder, "getent"), dns);
    chmodSync(join(folder, "getent"), 0o755);
    writeFileSync(join(folder, "haproxy.cfg"), configuration);
    const env = { PATH: `${folder}:${process.env.PATH}` };
    const { stdout, stderr } = spawnSync(script, [join(folder, "haproxy.cfg")], {
      input: state,
      encoding: "utf8",
      env,
    });
    expect(stderr).toBe("");
    return stdout.trimEnd().split("\n");
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const everywhere = { "db-1": "10.0.0.1", "web-1": "10.0.0.2", "web-2": "10.0.0.3", "web-3": "10.0.0.4" };

test("a balancer that starts is told where each server is now", () => {
  expect(complete("", everywhere)).toStrictEqual([
    "1",
    added("service.db", "db-1", "10.0.0.1"),
    added("service.web", "web-1", "10.0.0.2"),
    added("service.web", "web-2", "10.0.0.3", 8001),
    added("service.web", "web-3", "10.0.0.4"),
    added("local.web", "web-1", "10.0.0.2"),
  ]);
});

test("at a reload the state of known servers stays, and new ones are added; what can't be resolved is not there", () => {
  const state = [
    "1",
    header,
    told("service.db", "db-1", "10.0.0.9"),
    told("service.web", "web-1", "-"),
    told("service.other", "web-2", "10.0.0.8"),
    "",
  ];
  expect(complete(state.join("\n"), { "web-1": "10.0.0.2", "web-2": "10.0.0.3" })).toStrictEqual([
    "1",
    header,
    told("service.db", "db-1", "10.0.0.9"),
    told("service.other", "web-2", "10.0.0.8"),
    added("service.web", "web-1", "10.0.0.2"),
    added("service.web", "web-2", "10.0.0.3", 8001),
    added("local.web", "web-1", "10.0.0.2"),
  ]);
});

test("what is configured to be at another place than it was is not told of", () => {
  const state = [
    "1",
    header,
    told("service.db", "db-1", "10.0.0.9", 8001),
    told("service.web", "test--agent--b", "10.0.0.2", 7444),
    told("local.web", "test--agent--b", "10.0.0.9", 7443),
    told("service.web", "web-2", "10.0.0.3", 8001),
  ];
  expect(complete(state.join("\n"), { "db-1": "10.0.0.1" })).toStrictEqual([
    "1",
    header,
    told("service.web", "web-2", "10.0.0.3", 8001),
    added("service.db", "db-1", "10.0.0.1"),
  ]);
  const kept = told("service.web", "test--agent--b", "10.0.0.2", 7443);
  expect(complete(["1", header, kept].join("\n"), {})).toStrictEqual(["1", header, kept]);
});

test("nobody is asked for a server that has an address, that of another host", () => {
  const asked = { "10.0.0.2": "10.0.0.99" };
  expect(complete("", asked)).toStrictEqual(["1"]);
});

test("where nothing can be resolved the state is what it was", () => {
  expect(complete(`1\n${header}\n`, {})).toStrictEqual(["1", header]);
});
