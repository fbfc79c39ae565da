import { docker } from "../harness/docker.ts";

/** CPU seconds that a container has used so far, with all that is started in it; by its control group, version 2 or 1. */
export async function cpuSeconds(container: string): Promise<number> {
  const script = "cat /sys/fs/cgroup/cpu.stat || cat /sys/fs/cgroup/cpuacct/cpuacct.usage";
  const text = await docker("exec", container, "sh", "-c", `{ ${script}; } 2>/dev/null`);
  const [, microseconds] = /^usage_usec (\d+)$/m.exec(text) ?? [];
  return microseconds === undefined ? Number(text) / 1e9 : Number(microseconds) / 1e6;
}
