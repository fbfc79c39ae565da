import { refuseProtected } from "../../setup/protection.ts";

const resource = (type: string, name: string) => ({
  urn: `urn:pulumi:dev::flotilla::${type}::${name}`,
  type,
});
const data = { ...resource("docker:index/volume:Volume", "consul-1-data"), protect: true };
const secret = {
  ...resource("random:index/randomPassword:RandomPassword", "credentials-gossip"),
  protect: true,
};
const server = resource("docker:index/container:Container", "dev-web-local-1");
const stack = [data, secret, server];

test.each([
  ["no flag", []],
  ["one that changes nothing about it", ["--yes", "--parallel=2"]],
  ["one that only looks like it", ["--exclude-protected-too"]],
])("a stack with protected data, %s: refuses, and says the two ways on", (_, flags) => {
  expect(() => refuseProtected("dev", stack, flags)).toThrow(
    expect.objectContaining({
      message: `The stack dev has data that is protected (consul-1-data, credentials-gossip), so nothing was changed. Either
  npm run down -- --exclude-protected   keeps the data, and the secrets that open it, for the next up; or
  npm run down -- --ignore-protect      deletes them with everything else, for good.`,
    }),
  );
});

test("names the stack where it is not the dev stack", () => {
  expect(() => refuseProtected("shop", stack, [])).toThrow("npm run down -- --stack shop --ignore-protect ");
});

test.each([
  ["nothing protected", [server], []],
  ["nothing at all", [], []],
  ["the data kept", stack, ["--exclude-protected"]],
  ["the data given up", stack, ["--ignore-protect"]],
  ["a look at what would be", stack, ["--preview-only"]],
  ["a certain resource", stack, ["--target", server.urn]],
  ["a certain resource, in one word", stack, [`--target=${server.urn}`]],
])("%s: goes on", (_, resources, flags) => {
  expect(() => refuseProtected("dev", resources, flags)).not.toThrow();
});
