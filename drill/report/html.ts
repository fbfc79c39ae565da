import Mustache from "mustache";
import type { Result } from "../play.ts";
import { failures, lines, type Report } from "./report.ts";

const width = 900;
const height = 150;
/** Milliseconds at the top of the pictures, whose scale is logarithmic: from 1 ms up. */
const highest = 20_000;

/** The report as one page that needs nothing else. */
export function html(report: Report, template: string): string {
  const scenarios = report.results.map((result) => ({
    ...result,
    verdict: result.shortfalls.length === 0 ? "held" : "missed",
    failures: failures(result),
    told: lines(result).join("\n"),
    picture: picture(result),
  }));
  const held = scenarios.filter(({ verdict }) => verdict === "held").length;
  const requests = report.results.reduce((sum, { requests }) => sum + requests, 0).toLocaleString("en");
  return Mustache.render(template, { ...report, scenarios, held, of: scenarios.length, requests });
}

/** Latency (median, 99th percentile, longest) and failures over time, with what was done when. */
function picture({ timeline, events, acted }: Result): string {
  const end = Math.max(1, (timeline.at(-1)?.at ?? 0) + (timeline[1]?.at ?? 1));
  const x = (seconds: number) => ((seconds / end) * width).toFixed(1);
  const y = (milliseconds: number) =>
    (height - (Math.log10(Math.max(1, milliseconds)) / Math.log10(highest)) * height).toFixed(1);
  const line = (key: "p50" | "p99" | "max") => {
    const points = timeline.filter(({ answers }) => answers > 0);
    return `<polyline class="${key}" points="${points.map((slice) => `${x(slice.at)},${y(slice[key])}`).join(" ")}"/>`;
  };
  const most = Math.max(1, ...timeline.map(({ failures }) => failures));
  const bars = timeline
    .filter(({ failures }) => failures > 0)
    .map(({ at, failures }) => {
      const tall = Math.max(6, (failures / most) * height);
      return `<rect class="failures" x="${x(at)}" y="${height - tall}" width="4" height="${tall}"><title>${failures} failed at ${at} s</title></rect>`;
    });
  const grid = [1, 10, 100, 1000, 10_000].map(
    (milliseconds) =>
      `<line class="grid" x1="0" x2="${width}" y1="${y(milliseconds)}" y2="${y(milliseconds)}"/>` +
      `<text x="${width + 4}" y="${y(milliseconds)}">${milliseconds < 1000 ? `${milliseconds} ms` : `${milliseconds / 1000} s`}</text>`,
  );
  const marks = events.map(
    ({ at, text }, index) =>
      `<line class="event" x1="${x(at)}" x2="${x(at)}" y1="-16" y2="${height}"/>` +
      `<text class="event" x="${x(at)}" y="${-18 - (index % 3) * 12}">${Mustache.escape(text)}</text>`,
  );
  return [
    `<svg viewBox="-4 -60 ${width + 60} ${height + 84}" role="img" aria-label="latency and failures over time">`,
    `<rect class="acted" x="${x(acted.from)}" y="0" width="${((acted.to - acted.from) / end) * width}" height="${height}"/>`,
    ...grid,
    ...marks,
    line("max"),
    line("p99"),
    line("p50"),
    ...bars,
    `<text x="0" y="${height + 16}">0 s</text><text x="${width - 30}" y="${height + 16}">${end.toFixed(0)} s</text>`,
    "</svg>",
  ].join("\n");
}
