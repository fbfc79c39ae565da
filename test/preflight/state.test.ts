import * as pulumi from "@pulumi/pulumi";
import { knownNetworks } from "../../preflight/state.ts";

/** What the stack's state has: its outputs, and the ids of its resources. */
interface State {
  readonly outputs: Record<string, unknown>;
  readonly ids: readonly string[];
}

/** Whether the network is known, and what was read for that. */
async function asked(id: string, { outputs, ids }: State) {
  const answers: Record<string, unknown> = {
    readStackOutputs: outputs,
    readStackResourceOutputs: Object.fromEntries(ids.map((id) => [`urn of ${id}`, { outputs: { id } }])),
  };
  const read: string[] = [];
  jest.spyOn(pulumi.runtime, "invoke").mockImplementation(async (token) => {
    const what = token.split(":").at(-1) ?? "";
    read.push(what);
    return { outputs: answers[what] };
  });
  const isKnown = knownNetworks();
  const known = await isKnown(id);
  // Nothing is read a second time.
  expect(await isKnown(id)).toBe(known);
  jest.restoreAllMocks();
  return { known, read };
}

const hosts = { a: { docker: "unix:///x", networks: ["one", "two"] }, b: { docker: "tcp://b:1" } };

test.each<[string, State, boolean, number]>([
  ["the outputs tell of it", { outputs: { hosts }, ids: [] }, true, 1],
  ["only the resources do, as after an `up` that failed", { outputs: {}, ids: ["one", "two"] }, true, 2],
  ["an earlier version wrote the outputs", { outputs: { hosts: { a: {} } }, ids: ["two"] }, true, 2],
  ["nothing does", { outputs: { hosts: { b: hosts.b } }, ids: ["one"] }, false, 2],
])("%s", async (_, state, known, reads) => {
  const found = await asked("two", state);
  expect(found.known).toBe(known);
  expect(found.read).toHaveLength(reads);
});
