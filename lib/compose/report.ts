import { listed } from "../../config/faults.ts";
import type { Note } from "./notes.ts";

/** Columns of a report. */
const WIDTH = 100;

/** How titles are made to stand out. */
export interface Style {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
}

const titles = {
  taken: "Taken",
  changed: "Changed in meaning",
  left: "Left out",
} as const;

/** What became of a compose file: what was taken, what means something else now, and what is left out and why. */
export function reportOf(notes: readonly Note[], { bold, dim }: Style): string {
  return (["taken", "changed", "left"] as const)
    .flatMap((group) => {
      const own = notes.filter((note) => note.group === group);
      if (own.length === 0) return [];
      const by = group === "taken" ? Map.groupBy(own, ({ service }) => service ?? "the file") : alike(own);
      const parts = [...by].map(([who, all]) => {
        const [first = "", ...rest] = wrapped(who, 2).map(bold);
        const told = group === "taken" ? wrapped(summary(all), 4) : all.flatMap(line);
        return [first, ...rest, ...told];
      });
      const count = group === "taken" ? "" : dim(` (${own.length})`);
      return [`${bold(titles[group])}${count}`, ...parts.flat(), ""];
    })
    .join("\n");
}

/** What is said of several services in the same words is said once. */
function alike(notes: readonly Note[]): Map<string, Note[]> {
  const same = Map.groupBy(notes, ({ key, text }) => JSON.stringify([key, text]));
  const once = [...same.values()].flatMap(([first, ...more]): [string, Note][] => {
    if (first === undefined) return [];
    return [[listed([first, ...more].map(({ service }) => service ?? "the file")), first]];
  });
  const by = Map.groupBy(once, ([who]) => who);
  return new Map([...by].map(([who, all]) => [who, all.map(([, note]) => note)]));
}

/** What means the same here needs few words. */
function summary(notes: readonly Note[]): string {
  const by = Map.groupBy(notes, ({ key }) => key.replace(/\[\d+\]$/, ""));
  return [...by]
    .map(([key, all]) => {
      const texts = all.map(({ text }) => text).filter(Boolean);
      return texts.length > 0 ? `${key}: ${texts.join("; ")}` : key;
    })
    .join(" · ");
}

/** A key and what is said of it, the second and later lines further in. */
function line({ key, text }: Note): string[] {
  const [first = "", ...rest] = wrapped(`${key}: ${text}`, 6);
  return [`    ${first.trimStart()}`, ...rest];
}

/** Lines of at most 100 columns. */
export function wrapped(text: string, indent: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && indent + line.length + 1 + word.length > WIDTH) {
      lines.push(" ".repeat(indent) + line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, " ".repeat(indent) + line];
}

/** The line that says it all. */
export function summaryOf(
  notes: readonly Note[],
  services: { readonly taken: readonly string[]; readonly all: number },
): string {
  const count = (group: Note["group"]) => notes.filter((note) => note.group === group).length;
  const { taken, all } = services;
  const which =
    taken.length < all
      ? `${taken.length} of ${all} services`
      : all === 1
        ? "one service"
        : `all ${all} services`;
  const names = taken.length > 10 ? [...taken.slice(0, 8), `${taken.length - 8} more`] : taken;
  return `${which} (${listed(names)}): ${count("taken")} things taken, ${count("changed")} changed in meaning, ${count("left")} left out`;
}
