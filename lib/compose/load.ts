import { dirname, join, resolve } from "node:path";
import { listed, type Path } from "../../config/faults.ts";
import type { ComposeFault, Place } from "./faults.ts";
import { ComposeFiles } from "./files.ts";
import { isMap, mergeServices } from "./merge.ts";
import { type Project, type Section, type Service, sections } from "./project.ts";
import type { Lookup } from "./variables.ts";

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

/** Loads a compose file, or tells all that is wrong with it. */
export function load(
  file: string,
  surroundings: Surroundings,
): { project: Project } | { faults: ComposeFault[] } {
  const loader = new Loader(file, surroundings);
  const project = loader.project();
  return loader.faults.length > 0 ? { faults: loader.faults } : { project };
}

/** Puts a project together: what files include, and what services extend. */
class Loader {
  readonly #files: ComposeFiles;
  readonly #file: string;
  readonly #around: Surroundings;

  constructor(file: string, around: Surroundings) {
    this.#file = file;
    this.#around = around;
    this.#files = new ComposeFiles(around.read);
  }

  get faults(): ComposeFault[] {
    return this.#files.faults;
  }

  project(): Project {
    const file = this.#file;
    const folder = dirname(file);
    const lookup = this.#files.lookup(
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
      missing: [...this.#files.missing],
      secrets: this.#files.secrets,
      placeOf: (path) => this.#files.places.find(merged, path, file),
    };
  }

  #isWanted(profiles: unknown): boolean {
    const own = profiles === undefined ? [] : [profiles].flat();
    const wanted = this.#around.profiles ?? [];
    return own.length === 0 || wanted.includes("*") || own.some((one) => wanted.includes(String(one)));
  }

  #withIncluded(
    file: string,
    folder: string,
    lookup: Lookup,
    chain: readonly string[],
  ): Record<string, unknown> {
    const { value } = this.#files.load(file, folder, lookup, { file, line: 1 }, []);
    if (!Array.isArray(value.include)) return value;
    const { include, ...own } = value;
    const all: Record<string, unknown> = { ...own };
    this.#files.places.inherit(all, value);
    include.forEach((entry: unknown, index) => {
      const path = ["include", index];
      const place = this.#files.places.find(value, path, file);
      const { path: paths, project_directory, env_file } = isMap(entry) ? entry : { path: entry };
      const [first = "", ...more] = [paths].flat().map((one) => resolve(folder, String(one)));
      if (more.length > 0)
        this.#files.fault(
          place,
          path,
          "must name one file; several that override each other have to be merged first",
        );
      if (chain.includes(first) || first === file) {
        this.#files.fault(place, path, `must not lead back to ${first}`);
        return;
      }
      const inner =
        project_directory === undefined ? dirname(first) : resolve(folder, String(project_directory));
      const files =
        env_file === undefined
          ? [join(inner, ".env")]
          : [env_file].flat().map((one) => resolve(folder, String(one)));
      const known = this.#files.lookup(files, env_file !== undefined, lookup);
      if (this.#files.read(first) === undefined) {
        this.#files.fault(place, path, `names the file ${first}, which can't be read`);
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
    if (twice.length > 0)
      this.#files.fault(place, path, `has services that are here as well: ${listed(twice)}`);
    const joined = { ...theirs, ...there };
    this.#files.places.inherit(joined, there);
    this.#files.places.inherit(joined, theirs);
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
    this.#files.places.inherit(own, service);
    const path = ["services", name, "extends"];
    const place = this.#files.places.find(root, path, file);
    const other = isMap(said)
      ? { service: String(said.service), file: said.file }
      : { service: String(said), file: undefined };
    const from = other.file === undefined ? file : resolve(folder, String(other.file));
    const step = `${from}#${other.service}`;
    if (chain.includes(step) || step === `${file}#${name}`) {
      this.#files.fault(place, path, `must not lead back to ${other.service}`);
      return own;
    }
    const inner = from === file ? folder : dirname(from);
    const lookup = this.#files.lookupOf(file, folder);
    const target = from === file ? root : this.#files.load(from, inner, lookup, place, path).value;
    if (!isMap(target.services) || !Object.hasOwn(target.services, other.service)) {
      if (from === file || Object.keys(target).length > 0)
        this.#files.fault(
          place,
          path,
          `must name a service of ${from === file ? "this file" : from}, got ${JSON.stringify(other.service)}`,
        );
      return own;
    }
    const base = this.#extended(target, from, inner, other.service, [...chain, `${file}#${name}`]);
    return mergeServices(base, own, this.#files.places);
  }
}
