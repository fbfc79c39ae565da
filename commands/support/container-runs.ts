import type { DockerEngine } from "../../runtime/docker.ts";

/** What an instance's container is doing, and what it was made from. */
export interface ContainerRun {
  readonly running: boolean;
  /** Differs as soon as the container has stopped or been started again. */
  readonly run: string;
  /** The same for containers that run the same; has the service's secrets in it, and is to be compared, never shown. */
  readonly recipe: string;
}

/** What decides how a program runs, as Docker has it. */
const recipe = [
  ...["Entrypoint", "Cmd", "Env", "User", "WorkingDir"].map((key) => `Config.${key}`),
  ...["CapAdd", "CapDrop", "SecurityOpt", "ReadonlyRootfs", "Tmpfs"].map((key) => `HostConfig.${key}`),
  ...["Memory", "ShmSize", "Ulimits", "Init", "ExtraHosts"].map((key) => `HostConfig.${key}`),
];

const format = [
  "{{.State.Status}}",
  "{{.State.StartedAt}} {{.RestartCount}}",
  ["{{.Image}}", ...recipe.map((value) => `{{json .${value}}}`)].join(" "),
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
