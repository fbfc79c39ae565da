import { ask } from "../../preflight/engine.ts";
import { maintenanceWarnings } from "../../preflight/maintained.ts";
import { settingsFrom } from "../support/settings-from.ts";

jest.mock("../../preflight/engine.ts");
beforeEach(() => jest.mocked(ask).mockReset());

const container = (name: string, role: string, stack = "test") => ({
  name,
  role,
  stack,
  ports: [],
  ipv6: false,
  consul: "",
});
const all = [container("other--balancer", "balancer", "other"), container("test--balancer", "balancer")];

function warnings(services: object, containers = all): Promise<string[]> {
  const settings = settingsFrom({ services });
  const [host] = settings.hosts;
  if (!host) throw new Error("no host");
  return maintenanceWarnings(settings, host, containers);
}

const db = { image: "db", port: 5432, protocol: "tcp" };
const web = { image: "web", port: 80, requires: { db: { service: "db", env: {} } } };

test("a service that another one requires is in maintenance", async () => {
  jest.mocked(ask).mockResolvedValue("web\ndb\n");
  expect(await warnings({ web, db })).toStrictEqual([
    "service db is in maintenance: new copies of web, which require it, can't pass a check that needs it until " +
      "`npm run maintenance -- off --service db`.",
  ]);
  expect(jest.mocked(ask).mock.calls).toStrictEqual([
    [
      "unix:///var/run/docker.sock",
      "exec",
      "test--balancer",
      "sed",
      "-n",
      "s/^backend maintenance\\.//p",
      "/run/flotilla/haproxy.cfg",
    ],
  ]);
});

test("none is, or it can't be told", async () => {
  jest.mocked(ask).mockResolvedValueOnce("web\n").mockRejectedValueOnce(new Error("it is restarting"));
  expect(await warnings({ web, db })).toStrictEqual([]);
  expect(await warnings({ web, db })).toStrictEqual([]);
});

test("nobody is asked where none is required, or no balancer runs", async () => {
  expect(await warnings({ web: { ...web, requires: {} }, db: { ...db, publish: 5432 } })).toStrictEqual([]);
  expect(await warnings({ web, db }, [container("test--web", "server")])).toStrictEqual([]);
  expect(ask).not.toHaveBeenCalled();
});
