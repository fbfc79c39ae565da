import { type DockerAnswer, type FakeHosts, runProgram } from "../support/fake-docker.ts";

const stackUrn = "urn:pulumi:dev::flotilla::pulumi:pulumi:Stack::flotilla-dev";
const container = (name: string) => ({
  urn: `urn:pulumi:dev::flotilla::docker:index/container:Container::${name}`,
  type: "docker:index/container:Container",
  outputs: { name },
});

/** A stack after an `up` that went through. */
class Stack implements FakeHosts {
  readonly log: string[] = [];
  pending: unknown[] = [{ type: "creating" }];
  /** Containers of the stack on its host. */
  containers = ["dev-web-local-1-aaaa"];
  refresh: DockerAnswer = {};
  host: Record<string, string> = { host: "tcp://a:1" };
  readonly asked: string[] = [];

  pulumi(args: readonly string[]): DockerAnswer {
    if (args[0] !== "stack") {
      this.log.push(args.join(" "));
      return this.refresh;
    }
    const host = { type: "pulumi:providers:docker", urn: "…", inputs: this.host };
    const stack = { type: "pulumi:pulumi:Stack", urn: stackUrn };
    const resources = [stack, host, container("dev-web-local-1-aaaa")];
    const deployment = { resources, ...(this.pending.length > 0 && { pending_operations: this.pending }) };
    return { out: JSON.stringify({ version: 3, deployment }) };
  }

  docker(endpoint: string, args: readonly string[]): DockerAnswer {
    expect(endpoint).toBe("tcp://a:1");
    this.asked.push(args.join(" "));
    expect(args.join(" ")).toContain("label=flotilla.stack=dev");
    return { out: this.containers.map((name) => `${name}\n`).join("") };
  }

  consul() {
    return { status: 500 };
  }
}

const settle = async (stack: Stack) => {
  const program = "import('./setup/settle.ts').then(({ settle }) => settle('dev', process.env))";
  return (await runProgram(stack, "--eval", [program])).said;
};
const cleared = [
  `refresh --yes --skip-preview --clear-pending-creates --target ${stackUrn} --stack dev --non-interactive`,
];

describe("after an update that went through, what a killed one had begun", () => {
  test("is looked for with the host's own certificates", async () => {
    const stack = new Stack();
    stack.host = { ...stack.host, certPath: "certs" };
    await settle(stack);
    expect(stack.asked).toStrictEqual([expect.stringMatching(/^--tlsverify .*--tlskey=certs\/key.pem ps /)]);
  });

  test("is dropped where Pulumi knows every container", async () => {
    const stack = new Stack();
    expect(await settle(stack)).toBe(
      "stack: what a killed run had begun is settled: Pulumi warns of it no more\n",
    );
    expect(stack.log).toStrictEqual(cleared);
  });

  test("is kept where a container is there that Pulumi does not know", async () => {
    const stack = new Stack();
    stack.containers.push("dev-balancer-local-1-bbbb");
    expect(await settle(stack)).toContain(
      "stack: a run that was killed has left dev-balancer-local-1-bbbb, which Pulumi does not know.\n",
    );
    expect(stack.log).toStrictEqual([]);
  });

  test("is dropped where a job runs that Pulumi knows", async () => {
    const stack = new Stack();
    stack.containers.push("dev-web-local-1-aaaa--3-1");
    await settle(stack);
    expect(stack.log).toStrictEqual(cleared);
  });

  test("is nothing where nothing is pending", async () => {
    const stack = new Stack();
    stack.pending = [];
    expect(await settle(stack)).toBe("");
    expect(stack.log).toStrictEqual([]);
  });

  test("stays where Pulumi fails to drop it, which is said", async () => {
    const stack = new Stack();
    stack.refresh = { code: 255, err: "error: the stack is currently locked\n" };
    expect(await settle(stack)).toContain("can't be cleared: error: the stack is currently locked\n");
  });
});
