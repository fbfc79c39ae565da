import type { DockerEngine } from "../../runtime/docker.ts";

/** What an instance's container is doing, and what it was made from. */
export interface ContainerRun {
  readonly running: boolean;
  /** Differs as soon as the container has stopped or been started again. */
  readonly run: string;
  /** The same for containers that run the same; has the service's secrets in it, and is to be compared, never shown. */
  readonly recipe: string;
}

const format = [
  "{{.State.Status}}",
  "{{.State.StartedAt}} {{.RestartCount}}",
  "{{.Image}} {{json .Config.Env}} {{json .Config.Cmd}} {{.HostConfig.Memory}}",
].join("\t");

/** Looks at containers, by name; one that is not there is not seen. */
export async function containerRuns(
  engine: DockerEngine,
  containers: readonly string[],
): Promise<Map<string, ContainerRun>> {
  const seen = await engine.inspect(containers, format);
  return new Map(
    [...seen].map(([name, line]) => {
      const [status, run = "", recipe = ""] = line.split("\t");
      return [name, { running: status === "running", run, recipe }];
    }),
  );
}

/** Whether new instances run just what one of those that serve does: then there is nothing to be learned from them. */
export function isProven(
  instances: readonly string[],
  serving: readonly string[],
  seen: ReadonlyMap<string, ContainerRun>,
): boolean {
  const running = serving.flatMap((instance) => seen.get(instance) ?? []).filter(({ running }) => running);
  const recipes = new Set(running.map(({ recipe }) => recipe));
  return instances.every((instance) => recipes.has(seen.get(instance)?.recipe ?? ""));
}
