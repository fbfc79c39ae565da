import type { HostSettings } from "../../config/settings.ts";
import { ask } from "../../preflight/engine.ts";
import { clockWarnings, type Machine, machineFaults, machineOf } from "../../preflight/machines.ts";
import type { EngineNetwork } from "../../preflight/networks.ts";

jest.mock("../../preflight/engine.ts");

const machine = (key: string, rest: Partial<Machine> = {}): Machine => ({
  host: { key } as HostSettings,
  cpus: 2,
  memory: 1000,
  networks: ["bridge", "host"].map((name) => `${name} of ${key}`),
  system: "linux",
  architecture: "x86_64",
  version: "20.10.24",
  ahead: 0.2,
  ...rest,
});

test("the engine is asked once for all of it", async () => {
  const time = new Date(Date.now() + 90_000).toISOString().replace("Z", "123456Z");
  const told = ["2", String(1001 * 2 ** 20 - 1), "linux", "x86_64", "29.0.1-rc.2", time];
  jest.mocked(ask).mockResolvedValue(`${told.join("\t")}\n`);
  const host = { key: "a", docker: "tcp://a:2376" } as HostSettings;
  const { ahead, ...rest } = await machineOf(host, [{ Id: "2" }, { Id: "1" }] as EngineNetwork[]);
  expect(rest).toStrictEqual({
    host,
    cpus: 2,
    memory: 1000,
    networks: ["1", "2"],
    system: "linux",
    architecture: "x86_64",
    version: "29.0.1-rc.2",
  });
  expect(Math.round(ahead)).toBeCloseTo(90, -1);
  expect(ask).toHaveBeenCalledTimes(1);
});

const old = (key: string, version: string) =>
  `host ${key}: its Docker engine is ${version}, and 20.10 or newer is needed. Bring it up to date.`;
test.each<[string, Machine[], string[]]>([
  ["nothing is amiss", [machine("a"), machine("b")], []],
  [
    "engines differ, and are new enough",
    ["20.10.0", "23.0.1", "29.1.0-ce"].map((version, i) => machine(`h${i}`, { version })),
    [],
  ],
  [
    "some are old",
    ["19.03.15", "20.9.1", "1.13.1"].map((version, i) => machine(`h${i}`, { version })),
    [old("h0", "19.03.15"), old("h1", "20.9.1"), old("h2", "1.13.1")],
  ],
  [
    "one is for Windows",
    [machine("a"), machine("b", { system: "windows" })],
    [
      "host b: its Docker engine runs windows containers, and Linux ones are needed. Switch it over, or take another host.",
    ],
  ],
  [
    "one is of another kind",
    [machine("a"), machine("b"), machine("c", { architecture: "aarch64" })],
    [
      "host c: its machine is aarch64, and that of host a is x86_64: images are built once for all hosts of a stack. Take machines of one kind.",
    ],
  ],
  [
    "two are one",
    [machine("a"), machine("b", { networks: machine("a").networks })],
    [
      "host b: its Docker engine is that of host a, by another endpoint. Take one of the two out of the config.",
    ],
  ],
  [
    "one is a copy of the other's disk",
    [machine("a"), machine("b", { networks: ["bridge of b", "host of a"] })],
    [],
  ],
  ["engines have no networks", [machine("a", { networks: [] }), machine("b", { networks: [] })], []],
  ["there is none", [], []],
])("%s", (_, machines, faults) => {
  expect(machineFaults(machines)).toStrictEqual(faults);
});

test.each([
  [9.9, []],
  [-9.9, []],
  [61.4, ["61 s ahead of"]],
  [-3600, ["3600 s behind"]],
  [Number.NaN, []],
])("a clock that is %d s ahead", (ahead, told) => {
  expect(clockWarnings([machine("a"), machine("b", { ahead })])).toStrictEqual(
    told.map(
      (by) =>
        `host b: its clock is ${by} this machine's, so that logs of several hosts and lists of versions are in a wrong order. Have it set by NTP.`,
    ),
  );
});
