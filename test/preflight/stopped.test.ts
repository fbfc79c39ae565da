import { ask } from "../../preflight/engine.ts";
import { stoppedServers } from "../../preflight/stopped.ts";
import { settingsFrom } from "../support/settings-from.ts";

jest.mock("../../preflight/engine.ts");
beforeEach(() => jest.mocked(ask).mockReset());

const stopped = (rollout: Record<string, unknown>, port: object = { port: 80, publish: 81 }) => {
  jest
    .mocked(ask)
    .mockResolvedValue("test--db--local--2-bb\ntest--db--local--1-aa\ntest--web--local--1-cc\n");
  const web = { image: "nginx", port: 80 };
  const settings = settingsFrom({ services: { web, db: { image: "db", rollout, ...port } } });
  const [host] = settings.hosts;
  if (!host) throw new Error("no host");
  return stoppedServers(settings, host);
};

test("containers that do not run, of services whose registration starts them", async () => {
  expect(await stopped({ order: "stop-first" })).toStrictEqual([
    "test--db--local--1-aa",
    "test--db--local--2-bb",
  ]);
  expect(jest.mocked(ask).mock.lastCall?.join(" ")).toBe(
    "unix:///var/run/docker.sock ps --all --format {{.Names}} --filter status=created --filter status=exited " +
      "--filter status=dead --filter label=flotilla.host=local --filter label=flotilla.role=server " +
      "--filter label=flotilla.stack=test",
  );
});

test("workers are such, in whichever order they roll", async () => {
  expect(await stopped({}, {})).toHaveLength(2);
});

test("copies that move are their movers' concern", async () => {
  expect(await stopped({}, { port: 80, publish: 81, replicasPer: "datacenter" })).toStrictEqual([]);
});

test("no such services: nobody is asked", async () => {
  expect(await stopped({})).toStrictEqual([]);
  expect(ask).not.toHaveBeenCalled();
});
