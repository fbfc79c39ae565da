/** Waits until new balancers answer, so that those they replace may go. Prints how many there are. */

import { writeSync } from "node:fs";
import type { Endpoint } from "../lib/docker-endpoint.ts";
import { nobodyBackend } from "../lib/haproxy.ts";
import { CommandFailure, main, until } from "../runtime/command.ts";
import { DockerEngine } from "../runtime/docker.ts";

/** What `balancers-ready` is told on its standard input. */
export interface BalancersReadyArgs {
  readonly docker: Endpoint;
  /** Containers of the balancers. */
  readonly balancers: readonly string[];
}

const TIMEOUT = 60;

main<BalancersReadyArgs>(async ({ docker, balancers }) => {
  const engine = new DockerEngine(docker);
  const answers = balancers.map(async (balancer) => {
    const ready = await until(TIMEOUT, async () => {
      const { code } = await engine.tryExec(balancer, "await-servers", "1", "gone", nobodyBackend, "-");
      return code === 0 || undefined;
    });
    return ready ? [] : [balancer];
  });
  const silent = (await Promise.all(answers)).flat();
  if (silent.length > 0) {
    throw new CommandFailure(
      `balancers that don't answer after ${TIMEOUT} s: ${silent.join(", ")}. The ones they replace serve on. ` +
        `"docker logs ${silent[0]}" tells why.`,
    );
  }
  writeSync(1, String(balancers.length));
});
