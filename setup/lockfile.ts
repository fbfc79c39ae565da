interface Package {
  version?: string;
  dev?: boolean;
  optional?: boolean;
  os?: string[];
  cpu?: string[];
  libc?: string[];
  optionalDependencies?: Record<string, string>;
}

export interface Lockfile {
  packages: Record<string, Package>;
}

const systems = [
  "aix",
  "android",
  "darwin",
  "freebsd",
  "linux",
  "netbsd",
  "openbsd",
  "openharmony",
  "sunos",
  "win32",
];
const processors = ["arm", "arm64", "ia32", "loong64", "mips64el", "ppc64", "riscv64", "s390x", "x64"];

/**
 * The packages for other platforms that a lockfile names but does not list. npm leaves them out where its registry
 * has not got them, and `npm ci` then refuses the lockfile on every machine.
 */
export function missingPlatforms({ packages }: Lockfile): Record<string, Package> {
  const missing: Record<string, Package> = {};
  for (const [path, { optionalDependencies = {}, dev }] of Object.entries(packages)) {
    for (const [name, version] of Object.entries(optionalDependencies)) {
      if (places(path, name).some((place) => packages[place])) continue;
      const words = name.split(/[-/]/);
      const os = systems.filter((system) => words.includes(system));
      const cpu = processors.filter((processor) => words.includes(processor));
      const libc = /musl/.test(name) ? ["musl"] : /linux.*gnu/.test(name) ? ["glibc"] : undefined;
      missing[`node_modules/${name}`] = {
        version,
        cpu,
        ...(dev && { dev }),
        ...(libc && { libc }),
        optional: true,
        os,
      };
    }
  }
  return missing;
}

/** Where a package that `path` depends on may lie, the nearest first. */
function places(path: string, name: string): string[] {
  const folders = path === "" ? [] : path.split(/\/?node_modules\//).slice(1);
  return folders
    .map((_, depth) => folders.slice(0, folders.length - depth).map((folder) => `node_modules/${folder}`))
    .concat([[]])
    .map((parents) => [...parents, `node_modules/${name}`].join("/"));
}
