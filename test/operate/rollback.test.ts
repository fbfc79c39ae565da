import type { Version } from "../../lib/history.ts";
import {
  type ConsulAnswer,
  type ConsulRequest,
  type DockerAnswer,
  type FakeHosts,
  runProgram,
} from "../support/fake-docker.ts";
import { imageBringer, poolResources, stackExport } from "../support/stack-export.ts";

const token = "a-token-of-its-own";
const web = (tag: string, minute: number): Version => ({
  image: `flotilla/dev--web:${tag}`,
  since: `2026-01-01T00:0${minute}:00.000Z`,
});

/** A stack on hosts a and b. What is done to it shows in `log`. */
class Stack implements FakeHosts {
  readonly log: string[] = [];
  readonly tokens = new Set<string>();
  readonly commandLines: string[] = [];
  outputs: Record<string, unknown> = {
    hosts: {
      a: { docker: "tcp://a:1", agent: "dev--agent--a" },
      b: { docker: "tcp://b:1", agent: "dev--agent--b" },
    },
    operatorToken: token,
    consulToken: "may-do-everything",
  };
  /** Service by service, the image that its pools were last told to run. */
  told: Record<string, string> = { web: web("cc", 0).image };
  /** What Pulumi would change once the service has gone back. */
  pending: unknown = { steps: [] };
  /** By service and host. */
  history: Record<string, readonly Version[]> = {
    "web/a": [web("cc", 5), web("bb", 3), web("aa", 1)],
    "web/b": [web("cc", 6), web("bb", 4), web("aa", 2)],
  };
  /** Images that an endpoint has no longer. */
  gone: Record<string, readonly string[]> = {};
  /** Exit code of `pulumi up`. */
  up = 0;

  pulumi(args: readonly string[]): DockerAnswer {
    this.commandLines.push(args.join(" "));
    if (args[0] === "stack") {
      const pools = Object.entries(this.told).flatMap(([service, image]) =>
        ["a", "b"].flatMap((host) => poolResources(service, host, image)),
      );
      return {
        out: stackExport(this.outputs, [...pools, ...Object.keys(this.told).map(imageBringer), balancer]),
      };
    }
    if (args[0] === "preview") return this.pending ? { out: JSON.stringify(this.pending) } : { code: 255 };
    this.log.push(`pulumi ${args.join(" ")}`);
    return args[0] === "up" ? { code: this.up, out: "Updating…\n" } : {};
  }

  docker(endpoint: string, args: readonly string[]): DockerAnswer {
    this.commandLines.push(args.join(" "));
    if (args[0] === "exec") return {};
    const [verb, list, quiet, image = ""] = args;
    expect([verb, list, quiet]).toStrictEqual(["image", "ls", "--quiet"]);
    return { out: this.gone[endpoint]?.includes(image) ? "" : "0123456789ab\n" };
  }

  consul({ endpoint, container, method, path, token }: ConsulRequest): ConsulAnswer {
    this.tokens.add(token);
    const host = /^tcp:\/\/(.):1$/.exec(endpoint)?.[1];
    const key = path.replace("/v1/kv/flotilla/versions/", "");
    if (method !== "GET" || container !== `dev--agent--${host}` || !key.endsWith(`/${host}`))
      return { status: 500, text: `${method} ${path} at ${container}` };
    const versions = this.history[key];
    return versions ? { json: versions } : { status: 404 };
  }
}

const rollback = (stack: Stack, ...args: string[]) => runProgram(stack, "operate/rollback.ts", args);
const pinned = (tag: string, stack = "dev") => [
  `pulumi config set --path flotilla:services.web.version ${tag} --type string --stack ${stack} --non-interactive`,
  `pulumi up --yes --skip-preview --stack ${stack} --target ${imageBringer("web").urn}${["a", "b"].map(targetsOnHost).join("")}`,
];
/** Everything of web's pool on a host, whatever its number. */
const targetsOnHost = (host: string) =>
  [
    `flotilla:index:ServerPool::web-${host}`,
    `flotilla:index:ServerPool$docker:index/remoteImage:RemoteImage::web-${host}`,
    `flotilla:index:ServerPool$docker:index/container:Container::dev-web-${host}-*`,
    `flotilla:index:ServerPool$command:local:Command::web-${host}-registration`,
  ]
    .map((name) => ` --target urn:pulumi:dev::flotilla::${name}`)
    .join("");

const balancer = {
  urn: "urn:pulumi:dev::flotilla::flotilla:index:HaproxyTier$docker:index/container:Container::dev-balancer-a-1",
  type: "docker:index/container:Container",
};

describe("rollback", () => {
  test.concurrent("goes to the version that served before, and says how to leave it again", async () => {
    const stack = new Stack();
    expect(await rollback(stack, "--yes")).toStrictEqual({
      code: 0,
      said: `web: from cc (since 2026-01-01 00:05 UTC) back to bb (served from 2026-01-01 00:03 UTC to 2026-01-01 00:05 UTC)
web: runs bb, whatever its folder becomes. To build the folder again:
  pulumi config rm --path flotilla:services.web.version --stack dev && pulumi up --stack dev
`,
      printed: "Updating…\n",
    });
    expect(stack.log).toStrictEqual(pinned("bb"));
  });

  test.concurrent("goes to a version by its name, on another stack", async () => {
    const stack = new Stack();
    stack.history = {
      "web/a": [web("cc", 5), web("aa", 1)].map(({ image, since }) => ({
        image: image.replace("dev", "prod"),
        since,
      })),
    };
    stack.told = { web: "flotilla/prod--web:cc" };
    const args = ["--yes", "--to", "aa", "--stack", "prod", "--service", "web"];
    expect((await rollback(stack, ...args)).code).toBe(0);
    expect(stack.log).toStrictEqual(pinned("aa", "prod"));
  });

  test.concurrent("there and back again: the one before is the one that was left", async () => {
    const stack = new Stack();
    stack.history = { "web/a": [web("bb", 7), web("cc", 5), web("bb", 3)] };
    stack.told = { web: web("bb", 0).image };
    await rollback(stack, "--yes");
    expect(stack.log).toStrictEqual(pinned("cc"));
  });

  test.concurrent("to a version that one of two hosts has, from which the other gets it", async () => {
    const stack = new Stack();
    stack.gone = { "tcp://b:1": ["flotilla/dev--web:bb"] };
    await rollback(stack, "--yes");
    expect(stack.log).toStrictEqual(pinned("bb"));
  });

  test.concurrent("an update that fails: its exit code, and what is left to do", async () => {
    const stack = new Stack();
    stack.up = 255;
    const { code, said } = await rollback(stack, "--yes");
    expect(code).toBe(255);
    expect(said).toContain(
      "web: is not at bb yet, which stays set in the stack's config: `pulumi up` tries again,",
    );
  });

  describe("after an update that failed", () => {
    const failed = () => Object.assign(new Stack(), { told: { web: web("dd", 0).image } });

    test.concurrent("goes to the version that serves", async () => {
      const stack = failed();
      const { code, said } = await rollback(stack, "--yes");
      expect({ code, said }).toStrictEqual({
        code: 0,
        said: expect.stringContaining(
          "web: from dd (whose `pulumi up` did not go through) back to cc (since 2026-01-01 00:05 UTC)\n",
        ),
      });
      expect(stack.log).toStrictEqual(pinned("cc"));
    });

    test.concurrent("on one of two hosts: to the version that serves there, and served on the other", async () => {
      const stack = failed();
      stack.history = { ...stack.history, "web/a": [web("dd", 7), web("cc", 5)] };
      await rollback(stack, "--yes");
      expect(stack.log).toStrictEqual(pinned("cc"));
    });

    test.concurrent("goes to the version that serves by its name", async () => {
      const stack = failed();
      expect((await rollback(stack, "--yes", "--to", "cc")).code).toBe(0);
      expect(stack.log).toStrictEqual(pinned("cc"));
    });
  });

  test.concurrent("touches nothing else, and says what is pending", async () => {
    const stack = new Stack();
    stack.told = { ...stack.told, api: "nginx:1" };
    stack.pending = { steps: [{ op: "update", urn: balancer.urn, newState: { custom: true } }] };
    const { said } = await rollback(stack, "--yes", "--service", "web");
    expect(stack.log).toStrictEqual(pinned("bb"));
    expect(said).toContain(
      "web: nothing else was touched. Pending for `pulumi up`: dev-balancer-a-1 (1 to update)\n",
    );
  });

  test.concurrent("says so where nobody knows what is pending", async () => {
    const stack = Object.assign(new Stack(), { pending: undefined });
    const { code, said } = await rollback(stack, "--yes");
    expect(code).toBe(0);
    expect(said).toContain(
      "web: nothing else was touched; `pulumi preview`, which would tell what is pending, fails\n",
    );
  });

  test.concurrent("lists the versions, and changes nothing", async () => {
    const stack = new Stack();
    stack.gone = {
      "tcp://a:1": ["flotilla/dev--web:aa"],
      "tcp://b:1": ["flotilla/dev--web:aa", "flotilla/dev--web:bb"],
    };
    const { code, said, printed } = await rollback(stack, "--list");
    expect({ code, said }).toStrictEqual({ code: 0, said: "" });
    expect(printed).toBe(`version  served from           to                    image
cc       2026-01-01 00:05 UTC  now                   here
bb       2026-01-01 00:03 UTC  2026-01-01 00:05 UTC  gone from b
aa       2026-01-01 00:01 UTC  2026-01-01 00:03 UTC  gone from a, b
`);
    expect(stack.log).toStrictEqual([]);
  });

  test.concurrent("an image that can be pulled need not be there", async () => {
    const stack = new Stack();
    const image = "registry.example.com/dev--web:bb";
    stack.history = { "web/a": [web("cc", 5), { ...web("bb", 3), image }] };
    stack.gone = { "tcp://a:1": [image] };
    expect((await rollback(stack, "--yes")).code).toBe(0);
  });

  const image = (tag: string, minute: number) => ({ ...web(tag, minute), image: `nginx:${tag}` });
  test.concurrent.each<
    [string, Partial<Pick<Stack, "outputs" | "history" | "gone" | "told">>, string[], string]
  >([
    ["an unknown service", {}, ["--service", "wob"], "There is no service wob.\n  The stack dev has web."],
    [
      "several services, and none named",
      { told: { web: web("cc", 0).image, api: "nginx:1" } },
      [],
      "Which service? Say --service <name>.\n  The stack dev has web, api.",
    ],
    [
      "a service from an image",
      { history: { "web/a": [image("2", 5), image("1", 3)] }, told: { web: "nginx:2" } },
      [],
      "web runs an image that is not built here, nginx:2, and there is nothing to pin.\n" +
        "  Set flotilla:services.web.image to the one that you want, and run `pulumi up`.\n  Before, it ran nginx:1.",
    ],
    [
      "no version at all",
      { history: {} },
      [],
      "No version of web has been written down yet.\n  Every `pulumi up` that brings one into service does so.",
    ],
    [
      "no earlier version",
      { history: { "web/a": [web("cc", 5)] } },
      [],
      "web has no earlier version than cc (since 2026-01-01 00:05 UTC).\n" +
        "  `npm run rollback -- --service web --list` shows which versions have served.",
    ],
    [
      "a version that never served",
      {},
      ["--to", "dd"],
      "web has never run dd.\n  `npm run rollback -- --service web --list` shows which versions have served.",
    ],
    ["the version that serves", {}, ["--to", "cc"], "web runs cc already."],
    [
      "an image that is gone",
      { gone: { "tcp://a:1": ["flotilla/dev--web:bb"], "tcp://b:1": ["flotilla/dev--web:bb"] } },
      [],
      "The image flotilla/dev--web:bb is no longer on a, b, and there is no registry to have it from.\n" +
        "  Check out the code of that version, and run `pulumi up`, which builds the same again;\n" +
        "  or take another version: `npm run rollback -- --service web --list`.",
    ],
    [
      "a stack that is not up",
      { outputs: {} },
      [],
      "The stack dev is not up, or was brought up before it told of its hosts and pools.\n  `pulumi up --stack dev` brings it up.",
    ],
  ])("%s: says so, and changes nothing", async (_, changes, args, message) => {
    const stack = Object.assign(new Stack(), changes);
    expect(await rollback(stack, "--yes", ...args)).toStrictEqual({
      code: 1,
      said: `rollback stopped: ${message}\n`,
      printed: "",
    });
    expect(stack.log).toStrictEqual([]);
  });

  test.concurrent("where nobody can be asked, it wants to be told", async () => {
    const stack = new Stack();
    const { code, said } = await rollback(stack);
    expect(code).toBe(1);
    expect(said).toContain("back to bb");
    expect(said).toContain("rollback stopped: Nobody is there to be asked whether to do that: add --yes.\n");
    expect(stack.log).toStrictEqual([]);
  });

  test.concurrent("the token goes to Consul, and stands in no command line", async () => {
    const stack = new Stack();
    const { said, printed } = await rollback(stack, "--yes");
    expect([...stack.tokens]).toStrictEqual([token]);
    expect([...stack.commandLines, said, printed].filter((text) => text.includes(token))).toStrictEqual([]);
  });
});
