import { type Row, type Spread, us } from "./statistics.ts";

/**
 * Rows as a table in Markdown, which is readable in a terminal, too. A column for each contestant, and one for the
 * ratio to each peer.
 */
export function table(rows: readonly Row[]): string {
  const contestants = [...new Set(rows.flatMap(({ figures }) => Object.keys(figures)))];
  const peers = contestants.filter((name) => name !== us && rows.some(({ ratios }) => name in ratios));
  const head = ["", ...contestants, ...peers.map((peer) => `${us} / ${peer}`)];
  const lines = rows.map(({ what, figures, ratios }) => [
    what,
    ...contestants.map((name) => cell(figures[name])),
    ...peers.map((peer) => cell(ratios[peer], "×")),
  ]);
  const widths = head.map((_, column) =>
    Math.max(3, ...[head, ...lines].map((line) => line[column]?.length ?? 0)),
  );
  const text = (line: readonly string[]) =>
    `| ${line.map((part, column) => part.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  return [text(head), text(widths.map((width) => "-".repeat(width))), ...lines.map(text)].join("\n");
}

/** The median, and the extremes behind it unless all are the same. */
function cell(spread: Spread | undefined, unit = ""): string {
  if (spread === undefined) return "";
  const { median, min, max } = spread;
  const range = min === max ? "" : ` (${rounded(min)} – ${rounded(max)})`;
  return `${rounded(median)}${unit}${range}`;
}

/** As many digits as mean something: three, but never fewer than stand before the point. */
export function rounded(value: number): string {
  if (value === 0) return "0";
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  return value.toFixed(Math.min(digits, 3));
}
