import { capacityFaults } from "../../preflight/capacity.ts";
import { ask } from "../../preflight/engine.ts";
import { settingsFrom } from "../support/settings-from.ts";

jest.mock("../../preflight/engine.ts");

/** Faults on a host with 2 CPUs and 1000 MiB. */
async function faultsOf(config: Record<string, unknown>, key = "local"): Promise<string[]> {
  jest.mocked(ask).mockResolvedValue(`2 ${1001 * 2 ** 20 - 1}\n`);
  const settings = settingsFrom(config);
  const host = settings.hosts.find((host) => host.key === key);
  if (!host) throw new Error(`no host ${key}`);
  return capacityFaults(settings, host);
}

const web = { image: "nginx", port: 80 };

test("the host is asked", async () => {
  await faultsOf({ hosts: { a: { docker: "tcp://a:2376" } } }, "a");
  expect(ask).toHaveBeenLastCalledWith("tcp://a:2376", "info", "--format", "{{.NCPU}} {{.MemTotal}}");
});

test("no limits, and limits that the host has just enough for", async () => {
  expect(await faultsOf({ services: { web } })).toStrictEqual([]);
  const limits = { cpus: 2, memory: "1000m" };
  expect(
    await faultsOf({ consul: limits, loadBalancers: limits, services: { web: { ...web, ...limits } } }),
  ).toStrictEqual([]);
});

test.each<[Record<string, unknown>, string]>([
  [
    { consul: { cpus: 2.01 } },
    "flotilla:consul.cpus is 2.01, and the host has 2 CPUs. Set flotilla:consul.cpus to 2 or less.",
  ],
  [
    { loadBalancers: { memory: "1g" } },
    "flotilla:loadBalancers.memory is 1024m, and the host has 1000 MiB of memory. Set flotilla:loadBalancers.memory to 1000m or less.",
  ],
  [
    { services: { web: { ...web, cpus: 512 } } },
    "flotilla:services.web.cpus is 512, and the host has 2 CPUs. Set flotilla:services.web.cpus to 2 or less.",
  ],
])("%j", async (config, fault) => {
  expect(await faultsOf(config)).toStrictEqual([`host local: ${fault}`]);
});

test("a service that does not run on the host", async () => {
  const hosts = {
    a: { docker: "tcp://a:2376", address: "10.0.0.1" },
    b: { docker: "tcp://b:2376", address: "10.0.0.2" },
  };
  const config = {
    hosts,
    services: { web: { ...web, cpus: 4, hosts: ["a"] } },
  };
  expect(await faultsOf(config, "a")).toHaveLength(1);
  expect(await faultsOf(config, "b")).toStrictEqual([]);
});
