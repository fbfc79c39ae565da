import * as pulumi from "@pulumi/pulumi";
import { readState, type StackState } from "../../preflight/state.ts";

/** What the stack's state has: its outputs, and the outputs of its resources, by URN. */
interface State {
  readonly outputs: Record<string, unknown>;
  readonly resources?: Readonly<Record<string, Record<string, unknown>>>;
}

/** What comes of a look into the state, and what was read for that. */
async function asked<T>({ outputs, resources = {} }: State, look: (state: StackState) => Promise<T>) {
  const answers: Record<string, unknown> = {
    readStackOutputs: outputs,
    readStackResourceOutputs: Object.fromEntries(
      Object.entries(resources).map(([urn, outputs]) => [urn, { outputs }]),
    ),
  };
  const read: string[] = [];
  jest.spyOn(pulumi.runtime, "invoke").mockImplementation(async (token) => {
    const what = token.split(":").at(-1) ?? "";
    read.push(what);
    return { outputs: answers[what] };
  });
  const state = readState();
  // Only what is asked for is read.
  expect(read).toStrictEqual([]);
  const found = await look(state);
  const reads = [...read];
  // Nothing is read a second time.
  expect(await look(state)).toStrictEqual(found);
  expect(read).toStrictEqual(reads);
  jest.restoreAllMocks();
  return { found, reads };
}

const [outputsOnly, both] = [["readStackOutputs"], ["readStackOutputs", "readStackResourceOutputs"]];
const hosts = { a: { docker: "unix:///x", networks: ["one", "two"] }, b: { docker: "tcp://b:1" } };
const withIds = (...ids: string[]) => Object.fromEntries(ids.map((id) => [`urn of ${id}`, { id }]));

test.each<[string, State, boolean, string[]]>([
  ["the outputs tell of it", { outputs: { hosts } }, true, outputsOnly],
  [
    "the outputs tell of it on a host that was absent",
    { outputs: { hosts: { b: hosts.b }, absentHosts: { a: hosts.a } } },
    true,
    outputsOnly,
  ],
  [
    "only the resources do, as after an `up` that failed",
    { outputs: {}, resources: withIds("one", "two") },
    true,
    both,
  ],
  [
    "an earlier version wrote the outputs",
    { outputs: { hosts: { a: {} } }, resources: withIds("two") },
    true,
    both,
  ],
  ["nothing does", { outputs: { hosts: { b: hosts.b } }, resources: withIds("one") }, false, both],
])("a network is known: %s", async (_, state, known, reads) => {
  expect(await asked(state, ({ knowsNetwork }) => knowsNetwork("two"))).toStrictEqual({
    found: known,
    reads,
  });
});

const labelled = (host: string, role: string, name: string) => ({
  name,
  labels: [
    { label: "flotilla.host", value: host },
    { label: "flotilla.role", value: role },
  ],
});
// The stack that `deploy` and its like don't set.
const server = (host: string, number: number) =>
  labelled(host, "consul", `${pulumi.getStack()}--consul--${number}`);

test.each<[string, State, unknown, string[]]>([
  ["the outputs tell of them", { outputs: { hosts } }, hosts, outputsOnly],
  [
    "one that was absent is as it was before",
    { outputs: { hosts: { a: { consulServers: [1] } }, absentHosts: { b: { consulServers: [2] } } } },
    { a: { consulServers: [1] }, b: { consulServers: [2] } },
    outputsOnly,
  ],
  [
    "one that was both is as it was told last",
    { outputs: { hosts: { a: { consulServers: [1] } }, absentHosts: { a: { consulServers: [2] } } } },
    { a: { consulServers: [1] } },
    outputsOnly,
  ],
  [
    "only the labels of resources do, as after an `up` that failed",
    {
      outputs: {},
      resources: {
        1: server("a", 1),
        2: server("b", 12),
        3: server("a", 3),
        4: labelled("c", "balancer", "x--balancer--c--1"),
        5: labelled("a", "agent", "x--agent--a"),
        6: { id: "no label" },
        7: { labels: [{ label: "theirs", value: "a" }] },
        8: { labels: "theirs" },
        9: labelled("c", "consul", "other--consul--4"),
      },
    },
    { a: { consulServers: [1, 3] }, b: { consulServers: [12] }, c: { consulServers: [] } },
    both,
  ],
  ["there is nothing yet", { outputs: {} }, {}, both],
])("hosts: %s", async (_, state, found, reads) => {
  expect(await asked(state, ({ hosts }) => hosts())).toStrictEqual({ found, reads });
});

test("the URNs of all resources, without a look at the outputs", async () => {
  const state = { outputs: { hosts }, resources: withIds("one", "two") };
  expect(await asked(state, ({ urns }) => urns())).toStrictEqual({
    found: ["urn of one", "urn of two"],
    reads: ["readStackResourceOutputs"],
  });
});
