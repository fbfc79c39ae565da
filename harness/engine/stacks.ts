import { run } from "../../runtime/program.ts";

const docker = (...args: string[]) => run("docker", args);
const lines = (text: string) => text.split("\n").filter(Boolean);

/** Takes away what stacks whose names start so left on the user's engine. */
export async function removeStacks(prefix: string): Promise<void> {
  const belongs = (name: string) => name === prefix || name.startsWith(`${prefix}-`);
  const containers = lines(await docker("ps", "-a", "--format", "{{.Names}}")).filter(belongs);
  if (containers.length > 0) await docker("rm", "--force", "--volumes", ...containers);
  for (const kind of ["network", "volume"]) {
    const names = lines(await docker(kind, "ls", "--format", "{{.Name}}")).filter(belongs);
    if (names.length > 0) await docker(kind, "rm", ...names);
  }
  const list = lines(await docker("image", "ls", "--format", "{{.Repository}}:{{.Tag}}"));
  const images = list.filter((image) => image.startsWith(`flotilla/${prefix}-`));
  if (images.length > 0) await docker("image", "rm", ...images);
}
