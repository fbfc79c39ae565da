import type { HostsReachArgs } from "../../commands/hosts-reach.ts";
import { type DockerAnswer, type FakeHosts, runCommand } from "../support/fake-docker.ts";

const args: HostsReachArgs = {
  host: "a",
  docker: "tcp://a:1",
  agent: "test--agent--a",
  places: ["b", "c"].map((key, index) => ({
    address: `10.0.0.${index + 2}`,
    port: 7443,
    what: `the balancers of host ${key}`,
    setting: `flotilla:hosts.${key}.peerAddress`,
  })),
};

/** Hosts of which some are not reached, the first times that they are asked or for good, with what socat says of it. */
class Hosts implements FakeHosts {
  readonly refusals: Record<string, { says: string; times: number }>;
  readonly asked: string[] = [];

  constructor(refusals: Record<string, { says: string; times: number }> = {}) {
    this.refusals = refusals;
  }

  docker(endpoint: string, command: readonly string[]): DockerAnswer {
    this.asked.push(`${endpoint} ${command.join(" ")}`);
    const refusal = Object.entries(this.refusals).find(([address]) => command.at(-1)?.includes(address))?.[1];
    if (refusal === undefined || refusal.times-- <= 0) return {};
    return { code: 1, err: `${refusal.says}\n` };
  }

  consul() {
    return { status: 500 };
  }
}

const line = (key: string, address: string, reason: string) =>
  `WARNING: host a does not reach the balancers of host ${key} at ${address}:7443 (${reason}): open the port between the hosts, or correct ` +
  `flotilla:hosts.${key}.peerAddress. Until then its requests don't get there.\n`;

test.concurrent("all are reached: nothing is said", async () => {
  const hosts = new Hosts();
  expect(await runCommand(hosts, "hosts-reach", args)).toStrictEqual({ code: 0, said: "" });
  expect(hosts.asked.sort()).toStrictEqual(
    ["10.0.0.2", "10.0.0.3"].map(
      (address) =>
        `tcp://a:1 exec test--agent--a socat -u OPEN:/dev/null TCP:${address}:7443,connect-timeout=2`,
    ),
  );
});

test.concurrent("one that comes a moment later is waited for", async () => {
  const hosts = new Hosts({ "10.0.0.3": { says: "refused", times: 2 } });
  expect(await runCommand(hosts, "hosts-reach", args)).toStrictEqual({ code: 0, said: "" });
});

test.concurrent("those that are not reached are told of, with the reason, and nothing fails", async () => {
  const hosts = new Hosts({
    "10.0.0.2": {
      says: "2026/11/30 11:00:00 socat[7] E connect(5, AF=2 10.0.0.2:7443, 16): Connection refused",
      times: 1e9,
    },
    "10.0.0.3": { says: "", times: 1e9 },
  });
  const { code, said } = await runCommand(hosts, "hosts-reach", args);
  expect(code).toBe(0);
  expect(said).toBe(line("b", "10.0.0.2", "Connection refused") + line("c", "10.0.0.3", "no connection"));
});
