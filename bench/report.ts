import { containers, docker, mebibytes, type Role } from "../harness/docker.ts";

/** What one round measured, in seconds, by what was done; `plain` where there is a peer. */
export type Round = Record<string, { flotilla: number; plain?: number }>;

/** Median and spread of every figure, and the median of the ratios. */
export function printFigures(rounds: readonly Round[]): void {
  const rows = Object.keys(rounds[0] ?? {}).map((what) => {
    const figures = rounds.flatMap((round) => round[what] ?? []);
    const plain = figures.flatMap((figure) => figure.plain ?? []);
    const ratios = figures.flatMap(({ flotilla, plain }) => (plain === undefined ? [] : flotilla / plain));
    return {
      what,
      "flotilla, s": spread(figures.map(({ flotilla }) => flotilla)),
      "docker run, s": spread(plain),
      ratio: spread(ratios),
    };
  });
  console.table(Object.fromEntries(rows.map(({ what, ...row }) => [what, row])));
}

/** Memory of each tier, summed over its containers. */
export async function printMemory(stack: string): Promise<void> {
  const roles: Role[] = ["consul", "agent", "front", "balancer", "server"];
  const rows: Record<string, object> = {};
  for (const role of roles) {
    const ids = (await containers(stack, role)).map(({ Id }) => Id);
    if (ids.length === 0) continue;
    const usage = await docker("stats", "--no-stream", "--format", "{{.MemUsage}}", ...ids);
    const sizes = usage.trim().split("\n").map(mebibytes);
    const sum = sizes.reduce((total, size) => total + size, 0);
    rows[role] = {
      containers: ids.length,
      "MiB in all": Math.round(sum),
      "MiB each": Math.round(sum / ids.length),
    };
  }
  console.table(rows);
}

function spread(values: readonly number[]): string {
  if (values.length === 0) return "";
  const sorted = [...values].sort((a, b) => a - b);
  const at = (index: number) => (sorted[index] ?? 0).toFixed(1);
  return `${at(Math.floor((sorted.length - 1) / 2))} (${at(0)} to ${at(sorted.length - 1)})`;
}
