import { type FakeHosts, runProgram } from "../support/fake-docker.ts";

/** What the balancers of one host say when they are asked for an instance. */
async function answers(hosts: Partial<FakeHosts>, state: "up" | "gone", perHost: number): Promise<string[]> {
  const source = `
    import { Balancers } from "${process.cwd()}/commands/support/balancers.ts";
    const balancers = new Balancers("test", ["tcp://a:1"], ${perHost});
    const answers = balancers.await("${state}", "web", ["w1"], 1).catch((error) => [String(error)]);
    console.log(JSON.stringify(await answers));
    process.exit();`;
  const all = { consul: () => ({ status: 500 }), docker: () => ({}), ...hosts };
  const { said, printed } = await runProgram(all, "--input-type=module", ["--eval", source]);
  expect(said).toBe("");
  return JSON.parse(printed);
}

const running = (...names: string[]) => ({
  docker: (_: string, [verb]: readonly string[]) =>
    verb === "ps" ? { out: names.map((name) => `${name}\n`).join("") } : {},
});

test.concurrent.each([
  ["up", ["b1", "b2"], 2, []],
  ["up", ["b1"], 2, ["1 of the 2 balancers run on tcp://a:1"]],
  ["up", [], 1, ["0 of the 1 balancers run on tcp://a:1"]],
  // New ones beside those that they replace.
  ["up", ["b1", "b2", "b3"], 2, []],
  ["gone", ["b1"], 2, []],
] as const)(
  "all have it %s, of %j that run and %i that should: %j",
  async (state, names, perHost, missing) => {
    expect(await answers(running(...names), state, perHost)).toStrictEqual(missing);
  },
);

test.concurrent("an engine that can't say which run: that is not as if there were none", async () => {
  const docker = () => ({ code: 1, err: "no daemon here\n" });
  expect(await answers({ docker }, "up", 1)).toStrictEqual(["no daemon here"]);
  expect(await answers({ docker }, "up", 0)).toStrictEqual(["Error: no daemon here"]);
  expect(await answers({ docker }, "gone", 1)).toStrictEqual(["Error: no daemon here"]);
});

test.concurrent("one that does not answer is named", async () => {
  const docker = (_: string, [verb]: readonly string[]) =>
    verb === "ps" ? { out: "b1\n" } : { hangs: true };
  expect(await answers({ docker }, "up", 1)).toStrictEqual([
    // Or a second more, where the machine is busy.
    expect.stringMatching(
      /^b1: the engine at tcp:\/\/a:1 gave "docker exec b1 await-servers" no answer for 1[1-4] s$/,
    ),
  ]);
});
