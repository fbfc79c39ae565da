import { isAbsolute, posix, relative, resolve } from "node:path";
import { isMap } from "./merge.ts";
import type { Places } from "./places.ts";

/** A compose file with absolute paths: what extends and includes it may be elsewhere. */
export function withAbsolutePaths(
  value: Record<string, unknown>,
  folder: string,
  places: Places,
): Record<string, unknown> {
  const from = (path: unknown) => absolute(String(path), folder);
  const changed = (map: Record<string, unknown>, changes: Record<string, unknown>) => {
    const copy = { ...map, ...changes };
    places.inherit(copy, map);
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
      places.inherit(list, volumes);
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
