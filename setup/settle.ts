import { endpointOf } from "../lib/docker-endpoint.ts";
import { templateOf } from "../lib/names.ts";
import { DockerEngine } from "../runtime/docker.ts";
import { attempt, lastLines } from "../runtime/program.ts";
import { root } from "./places.ts";
import { say } from "./say.ts";
import type { Deployment } from "./state.ts";

/**
 * After an `up` that went through: drops what Pulumi remembers of creations that a killed run had begun, and would warn of
 * for ever. All that was wanted is there by then; what the killed run made besides shows as a container that no state has,
 * and then nothing is dropped but its name told.
 */
export async function settle(stack: string, env: NodeJS.ProcessEnv): Promise<void> {
  const pulumi = (...args: string[]) =>
    attempt("pulumi", [...args, "--stack", stack, "--non-interactive"], { cwd: root, env });
  const exported = await pulumi("stack", "export");
  const state: Deployment | undefined =
    exported.code === 0 ? JSON.parse(exported.stdout).deployment : undefined;
  const pending = state?.pending_operations?.length ?? 0;
  if (state === undefined || pending === 0) return;
  const strays = await unknownContainers(stack, state);
  if (strays.length > 0) {
    say("stack", `a run that was killed has left ${strays.join(", ")}, which Pulumi does not know.`);
    say("stack", "Take it away with `docker rm --force`, and `npm run up` clears the warning above.");
    return;
  }
  const own = state.resources?.find(({ type }) => type === "pulumi:pulumi:Stack");
  // One resource that is no container's: the whole would be looked at otherwise.
  const target = own ? ["--target", own.urn] : [];
  const refresh = ["refresh", "--yes", "--skip-preview", "--clear-pending-creates", ...target];
  const { code, stderr } = await pulumi(...refresh);
  if (code === 0) say("stack", "what a killed run had begun is settled: Pulumi warns of it no more");
  else say("stack", `Pulumi's pending operations can't be cleared: ${lastLines(stderr, 1)}`);
}

/** Names of the stack's containers that are on its hosts and not in its state. */
async function unknownContainers(stack: string, { resources = [] }: Deployment): Promise<string[]> {
  const known = new Set(
    resources
      .filter(({ type }) => type === "docker:index/container:Container")
      .map(({ outputs }) => outputs?.name),
  );
  const endpoints = resources
    .filter(({ type }) => type === "pulumi:providers:docker")
    .map(
      ({ inputs }) => [inputs?.host, endpointOf(String(inputs?.host), inputs?.certPath?.toString())] as const,
    );
  const found = [...new Map(endpoints).values()].map((endpoint) =>
    new DockerEngine(endpoint).containers({ "flotilla.stack": stack }, "all"),
  );
  // Runs of jobs are none of Pulumi's.
  const isKnown = (name: string) => known.has(name) || known.has(templateOf(name));
  return (await Promise.all(found)).flat().filter((name) => !isKnown(name));
}
