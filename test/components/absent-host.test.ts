import { isOfHost, parseUrn } from "../../lib/state-urns.ts";
import { find, type Registered } from "../support/deploy.ts";
import { everything, ofConfig, ofConfigWithout, urnsOf } from "../support/program.ts";
import { remember } from "../support/remember.ts";
import { secrets } from "../support/secrets.ts";

const all = async () => (await ofConfig(everything)).resources;

/** What the program makes where one of two hosts is absent. */
const without = remember(async (key: string) => {
  const absent = { output: {}, urns: urnsOf(await all()) };
  return (await ofConfigWithout(everything, { [key]: absent })).resources;
});

const kept = (resources: readonly Registered[]) =>
  resources.filter(({ ignoreChanges }) => ignoreChanges.includes("*"));

describe.each([
  ["b", "d", [1, 3]],
  ["d", "b", [2]],
])("host %s is absent", (key, other, consulServers) => {
  test("all that is the host's is kept as it is: type, name, parent, provider", async () => {
    const [before, resources] = [await all(), await without(key)];
    const urns = urnsOf(before);
    const ofHost = before.filter((_, index) =>
      isOfHost(parseUrn(urns[index] ?? ""), { stack: "test", key, consulServers }),
    );
    const told = (some: readonly Registered[]) =>
      some
        .map(({ id, type, name, parent, provider }) => ({
          id,
          type,
          name,
          parent,
          provider: type.startsWith("docker:") ? provider : "",
        }))
        .sort((a, b) => (a.id < b.id ? -1 : 1));
    expect(told(kept(resources))).toStrictEqual(told(ofHost));
    expect(ofHost.length).toBeGreaterThan(25);
    expect(new Set(urnsOf(resources)).size).toBe(resources.length);
  });

  test("nothing of it is given, changed or deleted by itself", async () => {
    for (const { id, inputs, ignoreChanges, deletedWith, protect, secretOutputs, type } of kept(
      await without(key),
    )) {
      expect([id, inputs, ignoreChanges, deletedWith, protect]).toStrictEqual([
        id,
        {},
        ["*"],
        `Command consul--member--${key}`,
        false,
      ]);
      const secret =
        { Container: ["uploads", "envs"], Command: ["stdout", "stderr"] }[type.split(":").at(-1) ?? ""] ?? [];
      expect([id, secretOutputs]).toStrictEqual([id, secret]);
    }
  });

  test("nothing of the other host is kept so, and it is made once", async () => {
    const resources = await without(key);
    expect(kept(resources).filter(({ provider }) => provider === other)).toStrictEqual([]);
    const ids = resources.map(({ id }) => id);
    expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toStrictEqual([]);
  });

  test("once it is taken out of the config, Consul is told elsewhere to forget its nodes", async () => {
    const {
      inputs,
      parent,
      secrets: marked,
      ignoreChanges,
    } = find(await without(key), `Command consul--member--${key}`);
    expect({ parent, marked, ignoreChanges }).toStrictEqual({
      parent: "ConsulCluster consul",
      marked: ["stdin"],
      ignoreChanges: [],
    });
    const { stdin, ...rest } = inputs;
    expect(rest).toStrictEqual({
      update: "exec node commands/forget-host.ts --nothing",
      delete: "exec node commands/forget-host.ts",
      logging: "stderr",
      addPreviousOutputInEnv: false,
    });
    expect(JSON.parse(String(stdin))).toStrictEqual({
      host: key,
      nodes: [`test--agent--${key}`, ...consulServers.map((number) => `test--consul--${number}`)],
      docker: `tcp://${other}:2376`,
      server: `test--consul--${key === "b" ? 2 : 1}`,
      managementToken: secrets.management,
    });
  });
});
