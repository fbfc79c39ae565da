import type { DockerEngine } from "./docker.ts";

/** What an instance's container is doing, and what it was made from. */
export interface Sighting {
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
export async function sightings(
  engine: DockerEngine,
  containers: readonly string[],
): Promise<Map<string, Sighting>> {
  const seen = await engine.inspect(containers, format);
  return new Map(
    [...seen].map(([name, line]) => {
      const [status, run = "", recipe = ""] = line.split("\t");
      return [name, { running: status === "running", run, recipe }];
    }),
  );
}
