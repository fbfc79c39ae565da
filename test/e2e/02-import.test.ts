import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { containers } from "../../harness/docker.ts";
import { type Config, configOf } from "../../harness/fleet.ts";
import { get } from "../../harness/http.ts";
import { Stack } from "../../harness/pulumi.ts";
import { runInfo } from "../../harness/run-info.ts";

describe("a compose file that is imported", () => {
  const { root, folder, prefix } = runInfo();
  const stack = new Stack<Config>(`${prefix}-6`);
  const file = join(root, "test/fixtures/compose/counter.yaml");
  const password = "a-password-that-nobody-prints-0815";
  const variables = join(folder, "counter.env");
  afterAll(async () => {
    if (stack.exists) await stack.attempt("destroy");
  });

  test("becomes the stack's config: in the open what is no secret, and encrypted what is one", async () => {
    writeFileSync(variables, `STORE_PASSWORD=${password}\n`);
    await stack.create();
    const { code, output } = await stack.operate("import", file, "--env-file", variables);
    expect({ code, output }).toMatchObject({ code: 0, output: expect.stringContaining("all 2 services") });
    expect(output).not.toContain(password);
    const { web, store } = stack.config.services;
    expect(web).toMatchObject({
      port: 8000,
      publish: 26_280,
      replicas: 2,
      health: { path: "/health" },
      requires: {
        store: {
          env: { STORE: "{{host}}:{{port}}" },
          secrets: { STORE_URL: { secure: expect.any(String) } },
        },
      },
      secrets: { GREETING_TOKEN: { secure: expect.any(String) } },
    });
    expect(store).toMatchObject({ port: 6379, protocol: "tcp", rollout: { order: "stop-first" } });
  });

  test("is not written over what is there", async () => {
    const { code, output } = await stack.operate("import", file, "--env-file", variables);
    expect({ code, output }).toMatchObject({ code: 1, output: expect.stringContaining("--replace") });
  });

  test("serves, by what it requires", async () => {
    const { services } = stack.config;
    const { protect, hosts, network, consul, loadBalancers } = configOf(
      26_080,
      "10.213.6.0/24",
      services.web,
    );
    stack.config = { protect, hosts, network, consul: { ...consul, servers: 1 }, loadBalancers, services };
    await stack.run("up");
    const count = async () => Number((await get("http://127.0.0.1:26280/count")).body);
    expect([await count(), await count()]).toEqual([1, 2]);
    const [copy] = await containers(stack.name, "server", "web");
    expect(copy?.Config.Env).toContainEqual(
      `STORE_URL=redis://:${password}@${stack.name}--front--local:6379/0`,
    );
    await stack.run("preview", "--expect-no-changes");
    const state = readFileSync(
      join(folder, "pulumi/state/.pulumi/stacks/flotilla", `${stack.name}.json`),
      "utf8",
    );
    expect(state).not.toContain(password);
  });

  test("is taken away", async () => {
    await stack.run("destroy");
    expect(await containers(stack.name)).toEqual([]);
  });
});
