import { backupFaults } from "../../preflight/backups.ts";
import { ask } from "../../preflight/engine.ts";
import { settingsFrom } from "../support/settings-from.ts";

jest.mock("../../preflight/engine.ts");
const asked: string[] = [];

/** An engine that has the folder /there. */
async function answer(args: readonly string[]): Promise<string> {
  asked.push(args.join(" "));
  throw new Error(
    args.join(" ").includes('"source=/there"')
      ? "Error response from daemon: No such image: flotilla/no-image:none"
      : 'Error response from daemon: invalid mount config for type "bind": bind source path does not exist: /none',
  );
}

beforeEach(() => {
  asked.length = 0;
  jest.mocked(ask).mockImplementation((_, ...args) => answer(args));
});

/** Of a stack with hosts a, which has something to back up, and b. */
async function faultsFor(target: object | undefined, host: "a" | "b" = "a"): Promise<string[]> {
  const volumes = [{ name: "data", path: "/data" }];
  const settings = settingsFrom({
    hosts: {
      a: { docker: "ssh://a", address: "10.0.0.1" },
      b: { docker: "ssh://b", address: "10.0.0.2" },
    },
    services: { web: { image: "nginx", port: 80, hosts: ["a"], volumes } },
    ...(target && { backups: { target, password: "a long password", of: { data: { service: "web" } } } }),
  });
  const one = settings.hosts.find(({ key }) => key === host);
  return one ? backupFaults(settings, one) : ["no host"];
}

test("a folder that is there", async () => {
  expect(await faultsFor({ folder: "/there" })).toStrictEqual([]);
  expect(asked).toHaveLength(1);
});

test("a folder that is not there", async () => {
  expect(await faultsFor({ folder: "/none" })).toStrictEqual([
    'host a: folder /none, wanted for backups (flotilla:backups.target.folder), is not to be had: invalid mount config for type "bind": bind source path does not exist: /none. Make it.',
  ]);
});

test.each<[string, object | undefined, "a" | "b"]>([
  ["where nothing is backed up", { folder: "/none" }, "b"],
  ["of another kind of target", { nfs: { server: "10.0.0.9", path: "/none" } }, "a"],
  ["without backups", undefined, "a"],
])("nothing is asked %s", async (_, target, host) => {
  expect(await faultsFor(target, host)).toStrictEqual([]);
  expect(asked).toStrictEqual([]);
});
