import { docker } from "../../harness/docker.ts";
import { get } from "../../harness/http.ts";
import { within } from "../../harness/wait.ts";
import { inBatches } from "../batches.ts";

/** Waits until each of the containers answers at its own address, since nothing stands in front of them. */
export async function answering(containers: readonly string[]): Promise<void> {
  if (containers.length === 0) return;
  const format = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}";
  const addresses = (await docker("inspect", "--format", format, ...containers)).trim().split("\n");
  await inBatches(addresses, 10, (address) =>
    within(30, `${address} answers`, () => get(`http://${address}:8000/health`)),
  );
}
