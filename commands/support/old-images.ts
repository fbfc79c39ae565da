import type { DockerEngine } from "../../runtime/docker.ts";

/**
 * Takes away the images that a host has under a repository of ours, but for those to be kept. Ours are those that carry
 * the labels as well, and have the name; what a container is made of stays, whatever it is, since Docker refuses.
 * Returns what went.
 */
export async function removeOldImages(
  engine: DockerEngine,
  reference: string,
  labels: Readonly<Record<string, string>>,
  keep: ReadonlySet<string>,
): Promise<string[]> {
  const repository = reference.slice(0, reference.lastIndexOf(":"));
  const filters = Object.entries(labels).flatMap(([label, value]) => ["--filter", `label=${label}=${value}`]);
  const format = ["--format", "{{.Repository}}:{{.Tag}}"];
  const list = await engine.docker("image", "ls", ...format, ...filters, repository);
  const old = list.split("\n").filter((image) => image.startsWith(`${repository}:`) && !keep.has(image));
  const gone: string[] = [];
  for (const image of old) {
    const removed = await engine.docker("image", "rm", image).then(
      () => true,
      () => false,
    );
    if (removed) gone.push(image);
  }
  return gone;
}
