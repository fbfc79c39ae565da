import type { Path } from "../../config/faults.ts";
import { readDocument } from "./document.ts";
import { parseEnvFile } from "./env-file.ts";
import type { ComposeFault, Place } from "./faults.ts";
import { isMap } from "./merge.ts";
import { withAbsolutePaths } from "./paths.ts";
import { Places } from "./places.ts";
import { schemaFaults } from "./schema.ts";
import { isSecretName } from "./secrecy.ts";
import { interpolate, type Lookup } from "./variables.ts";

/** A file as it is read: sections with absolute paths, before anything is extended. */
interface Loaded {
  readonly value: Record<string, unknown>;
  readonly lookup: Lookup;
}

/** The files that a project is made of, each of them read once; what is found in them on the way is kept here. */
export class ComposeFiles {
  /** Text of a file; undefined where there is none. */
  readonly read: (path: string) => string | undefined;
  readonly faults: ComposeFault[] = [];
  readonly places = new Places();
  /** Variables that are not set and have no default. */
  readonly missing = new Set<string>();
  /** Values of variables whose names say that they are secret, by name. */
  readonly secrets = new Map<string, string>();
  readonly #loaded = new Map<string, Loaded>();

  constructor(read: (path: string) => string | undefined) {
    this.read = read;
  }

  fault(place: Place, path: Path, message: string): void {
    this.faults.push({ ...place, path, message });
  }

  /** Variables of files: the environment goes before files of variables, and later files before earlier ones. */
  lookup(files: readonly string[], mustExist: boolean, outer: Lookup): Lookup {
    const values = new Map<string, string>();
    const lookup: Lookup = (name) => outer(name) ?? values.get(name);
    for (const file of files) {
      const text = this.read(file);
      if (text === undefined) {
        if (mustExist) this.fault({ file, line: 1 }, [], "is no file that can be read");
        continue;
      }
      const found = parseEnvFile(text, lookup);
      for (const { line, message } of found.faults) this.fault({ file, line }, [], message);
      for (const [name, value] of found.values) values.set(name, value);
    }
    return lookup;
  }

  /** A file's sections; what stands there can't be relied on where there are faults. */
  load(file: string, folder: string, lookup: Lookup, asked: Place, path: Path): Loaded {
    const key = `${file}\0${folder}`;
    const known = this.#loaded.get(key);
    if (known) return known;
    const nothing = { value: {}, lookup };
    this.#loaded.set(key, nothing);
    const text = this.read(file);
    if (text === undefined) {
      this.fault(
        asked,
        path,
        path.length > 0 ? `names the file ${file}, which can't be read` : "is no file that can be read",
      );
      return nothing;
    }
    const read = readDocument(file, text, this.places, (text, line, path) =>
      this.#replaced(text, { file, line }, path, lookup),
    );
    if ("faults" in read) {
      this.faults.push(...read.faults);
      return nothing;
    }
    const { value } = read;
    if (!isMap(value)) {
      this.fault(
        { file, line: 1 },
        [],
        `must be a map with services, got ${value === null ? "nothing" : "something else"}`,
      );
      return nothing;
    }
    if (value.services === undefined && value.include === undefined) {
      const isFirst = Object.values(value).some((one) => isMap(one) && ("image" in one || "build" in one));
      const hint = isFirst
        ? "; this is version 1 of the format, whose services have to go below a key services"
        : "";
      this.fault({ file, line: 1 }, [], `must have services${hint}`);
      if (isFirst) return nothing;
    }
    const faults = schemaFaults(value);
    for (const { path, message } of faults) this.fault(this.places.find(value, path, file), path, message);
    if (faults.length > 0) return nothing;
    const loaded = { value: withAbsolutePaths(value, folder, this.places), lookup };
    this.#loaded.set(key, loaded);
    return loaded;
  }

  /** Variables that a file has been read with. */
  lookupOf(file: string, folder: string): Lookup {
    return this.#loaded.get(`${file}\0${folder}`)?.lookup ?? (() => undefined);
  }

  #replaced(text: string, place: Place, path: Path, lookup: Lookup): string {
    const { text: whole, uses, faults } = interpolate(text, lookup);
    for (const message of faults) this.fault(place, path, message);
    for (const { name, value, isMissing } of uses) {
      if (isMissing) this.missing.add(name);
      if (value !== "" && isSecretName(name)) this.secrets.set(name, value);
    }
    return whole;
  }
}
