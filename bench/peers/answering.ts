import { docker } from "../../harness/docker.ts";
import { get } from "../../harness/http.ts";
import { within } from "../../harness/wait.ts";
import { inBatches } from "../batches.ts";

/** Where containers from the image of the servers are reached, each of which is in one network. */
export async function addressesOf(containers: readonly string[]): Promise<string[]> {
  if (containers.length === 0) return [];
  const format = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}:8000";
  return (await docker("inspect", "--format", format, ...containers)).trim().split("\n");
}

/** Waits until each of the containers answers at its own address, since nothing stands in front of them. */
export async function answering(containers: readonly string[]): Promise<void> {
  await inBatches(await addressesOf(containers), 10, (address) =>
    within(30, `${address} answers`, () => get(`http://${address}/health`)),
  );
}
