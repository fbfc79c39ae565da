import { capacityFaults } from "../../preflight/capacity.ts";
import { settingsFrom } from "../support/settings-from.ts";

/** Faults on a host with 2 CPUs and 1000 MiB. */
function faultsOf(config: Record<string, unknown>, key = "local"): string[] {
  const settings = settingsFrom(config);
  const host = settings.hosts.find((host) => host.key === key);
  if (!host) throw new Error(`no host ${key}`);
  return capacityFaults(settings, host, { cpus: 2, memory: 1000 });
}

const web = { image: "nginx", port: 80 };

test("no limits, and limits that the host has just enough for", () => {
  expect(faultsOf({ services: { web } })).toStrictEqual([]);
  const limits = { cpus: 2, memory: "1000m" };
  expect(
    faultsOf({ consul: limits, loadBalancers: limits, services: { web: { ...web, ...limits } } }),
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
])("%j", (config, fault) => {
  expect(faultsOf(config)).toStrictEqual([`host local: ${fault}`]);
});

test("a service that does not run on the host", () => {
  const hosts = {
    a: { docker: "tcp://a:2376", address: "10.0.0.1" },
    b: { docker: "tcp://b:2376", address: "10.0.0.2" },
  };
  const config = {
    hosts,
    services: { web: { ...web, cpus: 4, hosts: ["a"] } },
  };
  expect(faultsOf(config, "a")).toHaveLength(1);
  expect(faultsOf(config, "b")).toStrictEqual([]);
});
