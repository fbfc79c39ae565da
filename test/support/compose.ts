import { faultLines } from "../../lib/compose/faults.ts";
import { load } from "../../lib/compose/load.ts";
import type { Note } from "../../lib/compose/notes.ts";
import type { Project } from "../../lib/compose/project.ts";
import { type Imported, importProject } from "../../lib/compose/stack.ts";
import { plain } from "../../lib/compose/stack-text.ts";

/** Files by their path. */
export type Files = Readonly<Record<string, string>>;

export const main = "/shop/compose.yaml";

/** Loads /shop/compose.yaml of these files; lines of faults where there are some. */
export function loaded(
  files: Files | string,
  environment: Readonly<Record<string, string>> = {},
  profiles: readonly string[] = [],
): Project | string[] {
  const all = typeof files === "string" ? { [main]: files } : files;
  const result = load(main, { read: (path) => all[path], environment, profiles });
  return "faults" in result ? faultLines(result.faults) : result.project;
}

/** What /shop/compose.yaml becomes; lines of faults where there are some. */
export function imported(files: Files | string, environment: Readonly<Record<string, string>> = {}) {
  const all = typeof files === "string" ? { [main]: files } : files;
  const project = loaded(all, environment);
  if (Array.isArray(project)) return project;
  const result = importProject(project, {
    stack: "shop",
    folder: "/flotilla",
    home: "/home/me",
    read: (path) => all[path],
    others: [],
  });
  return "faults" in result ? faultLines(result.faults) : result.imported;
}

/** The services that a file becomes, as plain values; secrets look as they do in a stack's file. */
export function services(files: Files | string, environment?: Readonly<Record<string, string>>) {
  const { sections } = withoutFaults(imported(files, environment));
  return plain(sections.services, "encrypted") as Record<string, Record<string, unknown>>;
}

/** The service `web` of a file that has its keys, after the image. */
export const web = (keys: string) => services(fileOf(keys)).web;

/** What is told of the service `web`, by group, as `key: text`. */
export function told(keys: string, group: Note["group"]): string[] {
  const { notes } = withoutFaults(imported(fileOf(keys)));
  return notes
    .filter((note) => note.group === group && note.service === "web")
    .map(({ key, text }) => `${key}: ${text}`);
}

const fileOf = (keys: string) =>
  `services:\n  web:\n    image: shop\n${keys
    .split("\n")
    .map((line) => `    ${line}\n`)
    .join("")}`;

function withoutFaults(result: Imported | string[]): Imported {
  if (Array.isArray(result)) throw new Error(result.join("\n"));
  return result;
}

/** What a secret looks like. */
export const secret = { secure: "(encrypted)" };
