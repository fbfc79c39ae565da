import { join } from "node:path";
import { containers, docker } from "../../harness/docker.ts";
import { get } from "../../harness/http.ts";
import { installInto } from "../../harness/project.ts";
import { Stack } from "../../harness/pulumi.ts";
import { runInfo } from "../../harness/run-info.ts";
import { run } from "../../runtime/program.ts";

describe("a repository of its user's own", () => {
  const { root, folder, prefix, dockerHost } = runInfo();
  const project = join(folder, "shop");
  const stack = new Stack<Record<string, unknown>>(`${prefix}-6`, project);
  const image = `flotilla/${prefix}-shop:1`;
  const port = 23_080;
  afterAll(async () => {
    if (stack.exists) await stack.attempt("destroy");
    await docker("image", "rm", "--force", image);
  });

  test("is begun by `pulumi new`, and brings up a deployment with flotilla as a dependency", async () => {
    await docker("build", "--quiet", "--tag", image, join(root, "examples/simple-server"));
    await stack.beginProject(join(root, "starter"), "shop");
    installInto(project);
    await stack.create();
    stack.config = {
      "shop:image": image,
      "shop:port": "8000",
      protect: false,
      hosts: { local: { docker: dockerHost } },
      network: { subnet: "10.213.6.0/24" },
      consul: { servers: 1, port: port + 500 },
      loadBalancers: { count: 1, port, statsPort: port + 920 },
    };
    await run(process.execPath, [join(root, "node_modules/typescript/bin/tsc")], { cwd: project });
    await stack.run("up");
    const { status } = await get(`http://127.0.0.1:${port}/`);
    expect(status).toBe(200);
    expect(await containers(stack.name, "server", "web")).toHaveLength(2);
    await stack.run("preview", "--expect-no-changes");
  });

  test("what its stack's config says goes before what its program does", async () => {
    stack.config = { ...stack.config, services: { web: { replicas: 1 } } };
    await stack.run("up");
    expect(await containers(stack.name, "server", "web")).toHaveLength(1);
  });

  test("is operated as flotilla itself, and taken away", async () => {
    const { code, output } = await stack.operate("maintenance", "status");
    expect({ code, output }).toEqual({ code: 0, output: "web: served\n" });
    await stack.run("destroy");
    expect(await containers(stack.name)).toEqual([]);
  });
});
