/**
 * Keeps the quorum while single servers change. Called after a server was replaced: waits until the cluster is whole
 * again, so that the next one may go. `--leave`, called before a server is taken away for good: has it leave first.
 */
import { main, notYet, say, until, within } from "../runtime/command.ts";
import { Consul } from "../runtime/consul.ts";
import { DockerEngine } from "../runtime/docker.ts";

/** What `consul-server` is told on its standard input. */
export interface ConsulServerArgs {
  readonly docker: string;
  /** Container of the server; also its node name. */
  readonly server: string;
  readonly stack: string;
  /** Not read: a new container makes new arguments, and those make Pulumi run the command. */
  readonly containerId: string;
  readonly managementToken: string;
}

interface AutopilotHealth {
  readonly Healthy: boolean;
  readonly Servers: readonly { Name: string; Healthy: boolean; Voter: boolean }[];
}

const TIMEOUT = 90;

main<ConsulServerArgs>(async (args) => {
  const engine = new DockerEngine(args.docker);
  const consul = new Consul(engine, args.server, args.managementToken);
  await (process.argv.includes("--leave") ? leave(args, engine, consul) : settle(args, consul));
});

async function settle({ server }: ConsulServerArgs, consul: Consul): Promise<void> {
  const complaint = `the Consul cluster is not whole again since ${server} was replaced; the others were not touched; look at "docker logs ${server}"`;
  await within(
    TIMEOUT,
    complaint,
    async () => {
      const health = await consul.get<AutopilotHealth>("/v1/operator/autopilot/health");
      const unfit = health?.Servers.filter(({ Healthy, Voter }) => !Healthy || !Voter) ?? [];
      if (!health?.Healthy || unfit.length > 0)
        notYet(`waiting for ${unfit.map(({ Name }) => Name).join(", ")}`);
    },
    500,
  );
}

async function leave(
  { server, stack }: ConsulServerArgs,
  engine: DockerEngine,
  consul: Consul,
): Promise<void> {
  // Without an agent the whole stack is being taken down: leaving one by one would serve nobody.
  const agents = await engine.containers({ "flotilla.stack": stack, "flotilla.role": "agent" });
  const isRunning = async () =>
    (await engine.containers({ "flotilla.stack": stack, "flotilla.role": "consul" })).includes(server);
  if (agents.length === 0 || !(await isRunning())) return;

  // Or its restart policy would have it join again as soon as it has left.
  await engine.docker("update", "--restart=no", server);
  // The connection ends with the server, whose answer may stay out.
  await consul.put("/v1/agent/leave").catch(() => {});
  const gone = await until(30, async () => !(await isRunning()) || undefined);
  say(gone ? `consul: ${server} has left` : `consul: ${server} is still leaving after 30 s`);
}
