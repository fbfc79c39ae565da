import { pendingParts } from "../../operate/pending.ts";

const stack = "urn:pulumi:dev::flotilla::pulumi:pulumi:Stack::flotilla-dev";
const urn = (name: string) => `urn:pulumi:dev::flotilla::x::${name}`;
const step = (op: string, name: string, parent = stack, custom = true) => {
  const state = { custom, parent };
  return { op, urn: urn(name), ...(op === "delete" ? { oldState: state } : { newState: state }) };
};

test.each([
  ["nothing", {}, []],
  ["what stays as it is", { steps: [step("same", "dev"), step("read", "image")] }, []],
  [
    "a part's resources, all of its levels",
    {
      steps: [
        step("create", "api", stack, false),
        step("create", "image", urn("api"), false),
        step("create", "built", urn("image")),
        step("create", "copy-1", urn("api")),
        step("update", "registration", urn("api")),
      ],
    },
    ["api (2 to create, 1 to update)"],
  ],
  [
    "a replacement, as one",
    {
      steps: [
        step("same", "balancers", stack, false),
        step("create-replacement", "one", urn("balancers")),
        step("replace", "one", urn("balancers")),
        step("delete-replaced", "one", urn("balancers")),
      ],
    },
    ["balancers (1 to replace)"],
  ],
  [
    "parts beside each other",
    { steps: [step("delete", "a"), step("update", "b")] },
    ["a (1 to delete)", "b (1 to update)"],
  ],
])("%s", (_, preview, parts) => {
  expect(pendingParts(preview)).toStrictEqual(parts);
});
