import { find, type Registered } from "./support/deploy.ts";
import { everything, ofConfig, ofStackFile, roleOf } from "./support/program.ts";

/** What may take containers that serve along when it is replaced. */
const reasons: { readonly replaced: RegExp; readonly taken: readonly string[]; readonly why: string }[] = [
  {
    replaced: /^Network /,
    taken: ["server", "balancer", "front"],
    why: "a network can't be deleted while containers are in it",
  },
  {
    replaced: /^Container \w+--front--/,
    taken: ["balancer"],
    why: "balancers live in its network namespace",
  },
];

const runs = {
  "two hosts with one of everything": async () => (await ofConfig(everything)).resources,
  "Pulumi.dev.yaml": async () => (await ofStackFile("dev")).resources,
};

/** Whoever takes an output of the resource. Commands are not counted: another input updates, and never replaces them. */
function takersOf(all: readonly Registered[], id: string): Registered[] {
  return all.filter(
    ({ type, takes }) => type !== "command:local:Command" && Object.values(takes).flat().includes(id),
  );
}

/**
 * What Pulumi deletes along with a resource that it deletes before it creates its successor: all that has an input made
 * of an output of it, since nobody knows yet what that will be, and another input makes another container. Whoever merely
 * has it in `dependsOn` stays.
 */
function takenAlong(all: readonly Registered[], id: string): Registered[] {
  const taken = new Map<string, Registered>();
  const follow = (from: string) => {
    for (const taker of takersOf(all, from)) {
      if (taken.has(taker.id)) continue;
      taken.set(taker.id, taker);
      follow(taker.id);
    }
  };
  follow(id);
  return [...taken.values()];
}

const reasonsFor = (replaced: Registered, taken: Registered) =>
  reasons.filter((reason) => reason.replaced.test(replaced.id) && reason.taken.includes(roleOf(taken)));

/** Those that the clients' requests go through. */
const serves = (resource: Registered) => ["server", "balancer", "front"].includes(roleOf(resource));

/** Every resource that is deleted first, with each container that serves and goes along. */
const losses = (all: readonly Registered[]) =>
  all
    .filter(({ deleteBeforeReplace }) => deleteBeforeReplace)
    .flatMap((replaced) =>
      takenAlong(all, replaced.id)
        .filter(serves)
        .map((taken) => ({ replaced, taken })),
    );

const told = ({ replaced, taken }: { replaced: Registered; taken: Registered }) =>
  `${replaced.id} takes along ${taken.id}`;

describe.each(Object.entries(runs))("%s", (_, run) => {
  test("what is deleted before it is replaced takes nothing along that serves, but for a reason", async () => {
    const all = await run();
    const senseless = losses(all).filter(({ replaced, taken }) => reasonsFor(replaced, taken).length === 0);
    expect(senseless.map(told)).toStrictEqual([]);
  });

  test("what is created before its predecessor is deleted takes nothing of what is deleted first, but for a reason", async () => {
    const all = await run();
    const successors = all.filter(({ deleteBeforeReplace }) => deleteBeforeReplace === false);
    expect(new Set(successors.map(roleOf))).toStrictEqual(new Set(["server", "balancer"]));
    const senseless = successors.flatMap((taken) =>
      Object.values(taken.takes)
        .flat()
        .map((id) => ({ replaced: find(all, id), taken }))
        .filter(({ replaced }) => replaced.deleteBeforeReplace && reasonsFor(replaced, taken).length === 0),
    );
    expect(senseless.map(told)).toStrictEqual([]);
  });

  test("nothing but another name replaces a volume", async () => {
    for (const { id, inputs, ignoreChanges } of (await run()).filter(({ type }) =>
      type.endsWith(":Volume"),
    )) {
      const heeded = Object.keys(inputs).filter((input) => !ignoreChanges.includes(input));
      expect([id, heeded]).toStrictEqual([id, ["name"]]);
    }
  });
});

test("of two hosts neither takes along what serves on the other", async () => {
  const all = losses(await runs["two hosts with one of everything"]());
  const hosts = new Set(all.map(({ replaced }) => replaced.provider));
  expect(hosts).toStrictEqual(new Set(["b", "d"]));
  expect(all.filter(({ replaced, taken }) => replaced.provider !== taken.provider).map(told)).toStrictEqual(
    [],
  );
});

test("of two hosts neither's copies and balancers wait for the other's", async () => {
  const all = await runs["two hosts with one of everything"]();
  const waits = all.filter(serves).flatMap((one) =>
    one.dependsOn
      .map((id) => find(all, id))
      .filter((other) => serves(other) && other.provider !== one.provider)
      .map((other) => `${one.id} waits for ${other.id}`),
  );
  expect(waits).toStrictEqual([]);
});

test.each(reasons)("there is still a need for the reason that $why", async ({ replaced, taken }) => {
  const found = losses(await runs["two hosts with one of everything"]()).filter((loss) =>
    replaced.test(loss.replaced.id),
  );
  expect(new Set(found.map((loss) => roleOf(loss.taken)))).toStrictEqual(new Set(taken));
});
