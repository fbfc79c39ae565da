import type { Path } from "../../config/faults.ts";
import type { Place } from "./faults.ts";
import type { Lookup } from "./variables.ts";

/** A service as Compose has it. */
export type Service = Readonly<Record<string, unknown>>;

/** Keys at the top whose entries have names. */
export type Section = "services" | "volumes" | "networks" | "secrets" | "configs" | "models" | "jobs";
export const sections: readonly Section[] = [
  "services",
  "volumes",
  "networks",
  "secrets",
  "configs",
  "models",
  "jobs",
];

/** A compose file with all that it includes and extends; paths in it are absolute. */
export interface Project {
  readonly file: string;
  readonly folder: string;
  readonly name: string | undefined;
  readonly services: Readonly<Record<string, Service>>;
  /** Services that are wanted in profiles only, with these. */
  readonly unwanted: Readonly<Record<string, readonly string[]>>;
  readonly sections: Readonly<Record<Section, Readonly<Record<string, unknown>>>>;
  /** Other keys at the top. */
  readonly top: readonly string[];
  readonly lookup: Lookup;
  /** Variables that are not set and have no default. */
  readonly missing: readonly string[];
  /** Values of variables whose names say that they are secret, by name. */
  readonly secrets: ReadonlyMap<string, string>;
  readonly placeOf: (path: Path) => Place;
}
