import { join } from "node:path";
import { containers, memoryOf, type Role } from "../harness/docker.ts";
import { runInfo } from "../harness/run-info.ts";
import { timed } from "../harness/wait.ts";
import { imagesOf } from "./deploy.ts";
import { Deployment, serving } from "./deployment.ts";
import { PlainDocker } from "./peers/plain-docker.ts";
import type { Session } from "./session.ts";
import { us } from "./statistics.ts";

/** Copies of the service; `npm run bench -- growth --replicas 20` takes others. */
export const defaultSizes: readonly number[] = [10, 50, 100, 200];

export const method = `\
From a running stack with no copy of the service to so many of them (nginx, so that the servers are not what is
measured), until every one has answered through the balancers; then \`pulumi preview\` and \`pulumi up\` without a change;
the memory of Consul's agent and of one balancer as \`docker stats\` shows it; and back to none. docker run: as many
containers from the same image, ten at a time, until each has answered.`;

export async function measure(session: Session, sizes: readonly number[]): Promise<void> {
  const { name } = session;
  const deployment = new Deployment(name, join(runInfo().root, "bench/origin"));
  const { stack, url } = deployment;
  const plain = new PlainDocker(name);
  const seconds = async (action: () => Promise<unknown>) => (await timed(action)).seconds;
  try {
    await stack.create();
    await deployment.up(1);
    const { server } = await imagesOf(name);
    await deployment.up(0);
    await session.eachRound(async () => {
      for (const size of sizes) {
        const record = (by: string, what: string, value: number) =>
          session.record(by, `${size}: ${what}`, value);
        record(us, "up, s", await seconds(() => deployment.up(size).then(() => serving(url, size))));
        record(
          us,
          "preview without a change, s",
          await seconds(() => stack.run("preview", "--expect-no-changes")),
        );
        record(us, "up without a change, s", await seconds(() => stack.run("up")));
        record(us, "agent, MiB", await memory(name, "agent"));
        record(us, "a balancer, MiB", await memory(name, "balancer"));
        record(us, "down to none, s", await seconds(() => deployment.up(0)));
        await plain.createNetwork();
        record("docker run", "up, s", await seconds(() => plain.scale(server, size)));
        record("docker run", "down to none, s", await seconds(() => plain.remove()));
      }
    });
  } finally {
    await plain.remove();
    await deployment.remove();
  }
}

/** Memory of the first container of a role. */
async function memory(stack: string, role: Role): Promise<number> {
  const [container] = await containers(stack, role);
  if (container === undefined) throw new Error(`there is no ${role}`);
  const [mebibytes = 0] = await memoryOf(container);
  return mebibytes;
}
