import { dirname, isAbsolute, join, posix, relative, resolve } from "node:path";
import { listed, type Path } from "../../config/faults.ts";
import { readDocument } from "./document.ts";
import { parseEnvFile } from "./env-file.ts";
import type { ComposeFault, Place } from "./faults.ts";
import { isMap, mergeServices } from "./merge.ts";
import { Places } from "./places.ts";
import { schemaFaults } from "./schema.ts";
import { isSecretName } from "./secrecy.ts";
import { interpolate, type Lookup } from "./variables.ts";

export type Service = Readonly<Record<string, unknown>>;
type Section = "services" | "volumes" | "networks" | "secrets" | "configs" | "models" | "jobs";
const sections: readonly Section[] = [
  "services",
  "volumes",
  "networks",
  "secrets",
  "configs",
  "models",
  "jobs",
];

/** What is asked of the world around a compose file. */
export interface Surroundings {
  /** Text of a file; undefined where there is none. */
  readonly read: (path: string) => string | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Files of variables in the place of `.env`. */
  readonly envFiles?: readonly string[] | undefined;
  /** Profiles whose services are wanted, too; `*` for all. */
  readonly profiles?: readonly string[] | undefined;
}

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

/** Loads a compose file, or tells all that is wrong with it. */
export function load(
  file: string,
  surroundings: Surroundings,
): { project: Project } | { faults: ComposeFault[] } {
  const loader = new Loader(file, surroundings);
  const project = loader.project();
  return loader.faults.length > 0 ? { faults: loader.faults } : { project };
}

/** A file as it is read: sections with absolute paths, before anything is extended. */
interface Loaded {
  readonly value: Record<string, unknown>;
  readonly lookup: Lookup;
}

class Loader {
  readonly faults: ComposeFault[] = [];
  readonly #file: string;
  readonly #around: Surroundings;
  readonly #places = new Places();
  readonly #loaded = new Map<string, Loaded>();
  readonly #missing = new Set<string>();
  readonly #secrets = new Map<string, string>();

  constructor(file: string, around: Surroundings) {
    this.#file = file;
    this.#around = around;
  }

  project(): Project {
    const file = this.#file;
    const folder = dirname(file);
    const lookup = this.#lookup(
      this.#around.envFiles ?? [join(folder, ".env")],
      this.#around.envFiles !== undefined,
      (name) => this.#around.environment[name],
    );
    const root = this.#withIncluded(file, folder, lookup, []);
    const section = (name: Section) => (isMap(root[name]) ? root[name] : {});
    const all = Object.fromEntries(
      Object.keys(section("services")).map((name) => [name, this.#extended(root, file, folder, name, [])]),
    );
    const wanted = ([, { profiles }]: [string, Service]) => this.#isWanted(profiles);
    const services = Object.fromEntries(Object.entries(all).filter(wanted));
    const unwanted = Object.entries(all).filter((entry) => !wanted(entry));
    const merged = { ...root, services: all };
    return {
      file,
      folder,
      name: typeof root.name === "string" && root.name !== "" ? root.name : lookup("COMPOSE_PROJECT_NAME"),
      services,
      unwanted: Object.fromEntries(
        unwanted.map(([name, { profiles }]) => [name, [profiles].flat().map(String)]),
      ),
      sections: Object.fromEntries(
        sections.map((name) => [name, name === "services" ? services : section(name)]),
      ) as Project["sections"],
      top: Object.keys(root).filter((key) => !sections.includes(key as Section)),
      lookup,
      missing: [...this.#missing],
      secrets: this.#secrets,
      placeOf: (path) => this.#places.find(merged, path, file),
    };
  }

  #fault(place: Place, path: Path, message: string): void {
    this.faults.push({ ...place, path, message });
  }

  #isWanted(profiles: unknown): boolean {
    const own = profiles === undefined ? [] : [profiles].flat();
    const wanted = this.#around.profiles ?? [];
    return own.length === 0 || wanted.includes("*") || own.some((one) => wanted.includes(String(one)));
  }

  /** The environment goes before files of variables, and later files before earlier ones. */
  #lookup(files: readonly string[], mustExist: boolean, outer: Lookup): Lookup {
    const values = new Map<string, string>();
    const lookup: Lookup = (name) => outer(name) ?? values.get(name);
    for (const file of files) {
      const text = this.#around.read(file);
      if (text === undefined) {
        if (mustExist) this.#fault({ file, line: 1 }, [], "is no file that can be read");
        continue;
      }
      const found = parseEnvFile(text, lookup);
      for (const { line, message } of found.faults) this.#fault({ file, line }, [], message);
      for (const [name, value] of found.values) values.set(name, value);
    }
    return lookup;
  }

  /** A file's sections; what stands there can't be relied on where there are faults. */
  #load(file: string, folder: string, lookup: Lookup, asked: Place, path: Path): Loaded {
    const key = `${file}\0${folder}`;
    const known = this.#loaded.get(key);
    if (known) return known;
    const nothing = { value: {}, lookup };
    this.#loaded.set(key, nothing);
    const text = this.#around.read(file);
    if (text === undefined) {
      this.#fault(
        asked,
        path,
        path.length > 0 ? `names the file ${file}, which can't be read` : "is no file that can be read",
      );
      return nothing;
    }
    const read = readDocument(file, text, this.#places, (text, line, path) =>
      this.#replaced(text, { file, line }, path, lookup),
    );
    if ("faults" in read) {
      this.faults.push(...read.faults);
      return nothing;
    }
    const { value } = read;
    if (!isMap(value)) {
      this.#fault(
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
      this.#fault({ file, line: 1 }, [], `must have services${hint}`);
      if (isFirst) return nothing;
    }
    const faults = schemaFaults(value);
    for (const { path, message } of faults) this.#fault(this.#places.find(value, path, file), path, message);
    if (faults.length > 0) return nothing;
    const loaded = { value: this.#absolute(value, folder), lookup };
    this.#loaded.set(key, loaded);
    return loaded;
  }

  #replaced(text: string, place: Place, path: Path, lookup: Lookup): string {
    const { text: whole, uses, faults } = interpolate(text, lookup);
    for (const message of faults) this.#fault(place, path, message);
    for (const { name, value, isMissing } of uses) {
      if (isMissing) this.#missing.add(name);
      if (value !== "" && isSecretName(name)) this.#secrets.set(name, value);
    }
    return whole;
  }

  #withIncluded(
    file: string,
    folder: string,
    lookup: Lookup,
    chain: readonly string[],
  ): Record<string, unknown> {
    const { value } = this.#load(file, folder, lookup, { file, line: 1 }, []);
    if (!Array.isArray(value.include)) return value;
    const { include, ...own } = value;
    const all: Record<string, unknown> = { ...own };
    this.#places.inherit(all, value);
    include.forEach((entry: unknown, index) => {
      const path = ["include", index];
      const place = this.#places.find(value, path, file);
      const { path: paths, project_directory, env_file } = isMap(entry) ? entry : { path: entry };
      const [first = "", ...more] = [paths].flat().map((one) => resolve(folder, String(one)));
      if (more.length > 0)
        this.#fault(
          place,
          path,
          "must name one file; several that override each other have to be merged first",
        );
      if (chain.includes(first) || first === file) {
        this.#fault(place, path, `must not lead back to ${first}`);
        return;
      }
      const inner =
        project_directory === undefined ? dirname(first) : resolve(folder, String(project_directory));
      const files =
        env_file === undefined
          ? [join(inner, ".env")]
          : [env_file].flat().map((one) => resolve(folder, String(one)));
      const known = this.#lookup(files, env_file !== undefined, lookup);
      if (this.#around.read(first) === undefined) {
        this.#fault(place, path, `names the file ${first}, which can't be read`);
        return;
      }
      const included = this.#withIncluded(first, inner, known, [...chain, file]);
      const services = isMap(included.services) ? included.services : {};
      const extended = Object.fromEntries(
        Object.keys(services).map((name) => [name, this.#extended(included, first, inner, name, [])]),
      );
      for (const section of sections)
        this.#join(all, section, { ...included, services: extended }, place, path);
    });
    return all;
  }

  #join(
    all: Record<string, unknown>,
    section: Section,
    included: Record<string, unknown>,
    place: Place,
    path: Path,
  ): void {
    const [own, theirs] = [all[section], included[section]];
    if (!isMap(theirs)) return;
    const there = isMap(own) ? own : {};
    const twice = Object.keys(theirs).filter((name) => Object.hasOwn(there, name) && section === "services");
    if (twice.length > 0) this.#fault(place, path, `has services that are here as well: ${listed(twice)}`);
    const joined = { ...theirs, ...there };
    this.#places.inherit(joined, there);
    this.#places.inherit(joined, theirs);
    all[section] = joined;
  }

  /** A service with what it extends. */
  #extended(
    root: Record<string, unknown>,
    file: string,
    folder: string,
    name: string,
    chain: readonly string[],
  ): Service {
    const services = isMap(root.services) ? root.services : {};
    const service = isMap(services[name]) ? services[name] : {};
    if (service.extends === undefined) return service;
    const { extends: said, ...own } = service;
    this.#places.inherit(own, service);
    const path = ["services", name, "extends"];
    const place = this.#places.find(root, path, file);
    const other = isMap(said)
      ? { service: String(said.service), file: said.file }
      : { service: String(said), file: undefined };
    const from = other.file === undefined ? file : resolve(folder, String(other.file));
    const step = `${from}#${other.service}`;
    if (chain.includes(step) || step === `${file}#${name}`) {
      this.#fault(place, path, `must not lead back to ${other.service}`);
      return own;
    }
    const inner = from === file ? folder : dirname(from);
    const { lookup } = this.#loaded.get(`${file}\0${folder}`) ?? { lookup: () => undefined };
    const target = from === file ? root : this.#load(from, inner, lookup, place, path).value;
    if (!isMap(target.services) || !Object.hasOwn(target.services, other.service)) {
      if (from === file || Object.keys(target).length > 0)
        this.#fault(
          place,
          path,
          `must name a service of ${from === file ? "this file" : from}, got ${JSON.stringify(other.service)}`,
        );
      return own;
    }
    const base = this.#extended(target, from, inner, other.service, [...chain, `${file}#${name}`]);
    return mergeServices(base, own, this.#places);
  }

  /** The same with absolute paths: what extends and includes it may be elsewhere. */
  #absolute(value: Record<string, unknown>, folder: string): Record<string, unknown> {
    const from = (path: unknown) => absolute(String(path), folder);
    const changed = (map: Record<string, unknown>, changes: Record<string, unknown>) => {
      const copy = { ...map, ...changes };
      this.#places.inherit(copy, map);
      return copy;
    };
    const services = isMap(value.services) ? value.services : {};
    const all = Object.entries(services).map(([name, service]): [string, unknown] => {
      if (!isMap(service)) return [name, service];
      const changes: Record<string, unknown> = {};
      const { build, env_file, volumes } = service;
      if (typeof build === "string") changes.build = from(build);
      else if (isMap(build)) changes.build = changed(build, { context: from(build.context ?? ".") });
      if (env_file !== undefined)
        changes.env_file = [env_file]
          .flat()
          .map((one) => (isMap(one) ? changed(one, { path: from(one.path) }) : from(one)));
      if (Array.isArray(volumes)) {
        const list = volumes.map((one) => {
          if (isMap(one))
            return one.type === "bind" && one.source !== undefined
              ? changed(one, { source: from(one.source) })
              : one;
          const [, source, rest] = /^((?:\.|~|\/)[^:]*)(:.*)$/.exec(String(one)) ?? [];
          return source === undefined ? one : `${from(source)}${rest}`;
        });
        this.#places.inherit(list, volumes);
        changes.volumes = list;
      }
      return [name, changed(service, changes)];
    });
    const files = (section: unknown) =>
      isMap(section)
        ? changed(
            section,
            Object.fromEntries(
              Object.entries(section).flatMap(([name, one]) =>
                isMap(one) && typeof one.file === "string"
                  ? [[name, changed(one, { file: from(one.file) })]]
                  : [],
              ),
            ),
          )
        : section;
    return changed(value, {
      ...(isMap(value.services) && { services: changed(services, Object.fromEntries(all)) }),
      ...(value.secrets !== undefined && { secrets: files(value.secrets) }),
      ...(value.configs !== undefined && { configs: files(value.configs) }),
    });
  }
}

/** What is no path, such as a repository's URL, stays as it is. */
function absolute(path: string, folder: string): string {
  if (/^[a-z][a-z0-9+.-]*:\/\/|^git@|^github\.com\//.test(path) || path.startsWith("~")) return path;
  return isAbsolute(path) ? posix.normalize(path) : resolve(folder, path);
}

/** A path as it is seen from a folder: `./web`, `../shop`. */
export function seenFrom(folder: string, path: string): string {
  const seen = relative(folder, path);
  return seen.startsWith("..") ? seen : `./${seen}`;
}
