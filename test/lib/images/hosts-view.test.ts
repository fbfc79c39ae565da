import { lookAtHosts } from "../../../lib/images/hosts-view.ts";
import type { Outcome } from "../../../runtime/program.ts";
import { settingsFrom } from "../../support/settings-from.ts";

/** What the docker client prints to arguments, or how it fails; where no engine is asked, there is no endpoint. */
type Client = (args: string, endpoint: string) => string | Partial<Outcome>;
let mockClient: Client;
const mockAsked: string[] = [];

jest.mock("../../../runtime/program.ts", () => ({
  attempt: async (_: string, args: string[]): Promise<Outcome> => {
    const [endpoint, rest] = args[0] === "--host" ? [args[1] ?? "", args.slice(2)] : ["", args];
    mockAsked.push(rest.join(" "));
    const answer = mockClient(rest.join(" "), endpoint);
    const ended = typeof answer === "string" ? { code: 0, stdout: answer } : { code: 1, ...answer };
    return { stdout: "", stderr: "", output: "", ...ended };
  },
}));

const hosts = {
  a: { docker: "tcp://a:2376", address: "10.0.0.1" },
  b: { docker: "tcp://b:2376", address: "10.0.0.2" },
};

function look(client: Client, web: Record<string, unknown> = {}, registry?: Record<string, unknown>) {
  mockClient = client;
  mockAsked.length = 0;
  const service = { image: "nginx:1", port: 80, ...web };
  const config = { hosts, services: { web: service } };
  return lookAtHosts(settingsFrom({ ...config, ...(registry && { registry }) }));
}

const list = (...platforms: string[]) =>
  JSON.stringify({
    manifests: [
      // An attestation stands beside each image.
      { digest: "sha256:00", platform: { os: "unknown", architecture: "unknown" } },
      ...platforms.map((platform) => {
        const [os, architecture] = platform.split("/");
        return { digest: `sha256:${architecture}`, platform: { os, architecture } };
      }),
    ],
  });

const engines: Client = (args, endpoint) => {
  if (args.startsWith("version")) return endpoint.includes("a:") ? "linux/amd64\n" : "linux/arm64\n";
  if (args.startsWith("image ls")) return endpoint.includes("a:") ? "flotilla/test-web:1\nother:2\n" : "";
  return list("linux/amd64", "linux/arm64");
};

test("tells which host has which image", async () => {
  const view = await look(engines);
  expect(view.has("a", "flotilla/test-web:1")).toBe(true);
  expect(view.has("a", "flotilla/test-web:2")).toBe(false);
  expect(view.has("b", "flotilla/test-web:1")).toBe(false);
});

test("a tag stands for an image for each host's platform", async () => {
  const view = await look(engines);
  expect(Object.fromEntries(view.pinned("web") ?? [])).toStrictEqual({
    a: "nginx:1@sha256:amd64",
    b: "nginx:1@sha256:arm64",
  });
  expect(view.warnings).toStrictEqual([]);
});

test("a tag that is one image alone is asked for once more, since only then its digest is told", async () => {
  const view = await look((args, endpoint) => {
    if (args === "manifest inspect nginx:1") return JSON.stringify({ schemaVersion: 2, layers: [] });
    if (args === "manifest inspect --verbose nginx:1")
      return JSON.stringify({ Descriptor: { digest: "sha256:ff" } });
    return engines(args, endpoint);
  });
  expect(view.pinned("web")?.get("b")).toBe("nginx:1@sha256:ff");
});

test.each([
  ["localhost:5000/web", "manifest inspect --insecure localhost:5000/web"],
  ["127.0.0.1:5000/web:1", "manifest inspect --insecure 127.0.0.1:5000/web:1"],
  ["registry.example.com/web", "manifest inspect registry.example.com/web"],
])("the registry of %s is asked by %j", async (image, asked) => {
  await look(engines, { image });
  expect(mockAsked).toContain(asked);
});

test.each([
  [
    "registry.example.com/web",
    /^--config \S+flotilla-registry-\w+ manifest inspect registry.example.com\/web$/,
  ],
  ["nginx:1", /^manifest inspect nginx:1$/],
])(
  "what %s stands for is asked with the registry's credentials where they are that one's",
  async (image, asked) => {
    await look(
      engines,
      { image },
      { address: "registry.example.com/team", username: "me", password: "hush" },
    );
    expect(mockAsked.filter((args) => args.includes("manifest"))).toStrictEqual([
      expect.stringMatching(asked),
    ]);
  },
);

test.each<[Record<string, unknown>, string]>([
  [{ pin: false }, "nginx:1"],
  [{ image: `nginx@sha256:${"a".repeat(64)}` }, `nginx@sha256:${"a".repeat(64)}`],
])("with %j nobody is asked", async (web, expected) => {
  const view = await look(engines, web);
  expect(view.pinned("web")?.get("a")).toBe(expected);
  expect(mockAsked.filter((args) => args.startsWith("manifest"))).toStrictEqual([]);
});

test.each<[Client, string]>([
  [() => ({ stderr: "some warning\nno such host\n" }), "no such host"],
  [() => ({ code: 124, failure: "out of time" }), "no answer within 10 s"],
  [() => list("linux/amd64"), "it has no image for linux/arm64"],
])("a registry that can't tell is a warning, and nothing changes", async (registry, reason) => {
  const view = await look((args, endpoint) =>
    args.startsWith("manifest") ? registry(args, endpoint) : engines(args, endpoint),
  );
  expect(view.pinned("web")).toBeUndefined();
  expect(view.warnings).toStrictEqual([
    `service web: what nginx:1 stands for can't be looked up (${reason}); it stays as it is. To have no tag looked up: ` +
      "pulumi config set --path flotilla:services.web.pin false",
  ]);
});
