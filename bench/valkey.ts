/** What `valkey-benchmark --csv` saw of one command. */
export interface CommandFigures {
  /** Such as "GET". */
  readonly test: string;
  readonly rps: number;
  /** Milliseconds. */
  readonly p99: number;
}

/** Reads a head and a line for each command, all in quotes. */
export function parseValkeyBenchmark(text: string): CommandFigures[] {
  const [head = [], ...lines] = text
    .split("\n")
    .filter((line) => line.startsWith('"'))
    .map((line) => line.split(",").map((cell) => cell.replaceAll('"', "")));
  return lines.map((line) => {
    const cell = (name: string) => line[head.indexOf(name)] ?? "";
    return { test: cell("test"), rps: Number(cell("rps")), p99: Number(cell("p99_latency_ms")) };
  });
}
