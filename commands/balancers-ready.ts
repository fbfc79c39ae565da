/** Waits until every balancer of the stack on a host answers, so that those they replace may go. */
import { Balancers } from "./support/balancers.ts";
import { CommandFailure, main } from "./support/command.ts";

/** What `balancers-ready` is told on its standard input. */
export interface BalancersReadyArgs {
  readonly stack: string;
  readonly docker: string;
}

const TIMEOUT = 60;

main<BalancersReadyArgs>(async ({ stack, docker }) => {
  const silent = await new Balancers(stack, [docker]).awaitReady(TIMEOUT);
  if (silent.length > 0) {
    throw new CommandFailure(
      `balancers that don't answer after ${TIMEOUT} s: ${silent.join(", ")}. The ones they replace serve on. ` +
        `"docker logs ${silent[0]}" tells why.`,
    );
  }
});
