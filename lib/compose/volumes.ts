import { basename, dirname } from "node:path";
import { isMountPath } from "../../config/formats.ts";
import { takenMount } from "../../config/rules/services.ts";
import { sizeOf } from "./amounts.ts";
import { isMap } from "./merge.ts";
import type { Project } from "./project.ts";
import type { Passage } from "./service.ts";

/** A volume of a service as Compose has it. */
interface Mount {
  readonly type: string;
  /** Name of a volume, or path on the host; empty for one without a name. */
  readonly source: string;
  readonly target: string;
  readonly readOnly: boolean;
  /** Words that say more. */
  readonly options: readonly string[];
  readonly size?: unknown;
}

/** A mount that becomes a volume of flotilla's. */
interface Volume {
  readonly passage: Passage;
  readonly index: number;
  /** What tells it from others: the same in all services that have it. */
  readonly identity: string;
  readonly path: string;
  readonly readOnly: boolean;
  /** What its owner says of it. */
  readonly said: Readonly<Record<string, unknown>>;
}

/** The volumes of all services: who owns them, and who has them, too. */
export function volumeKeys(project: Project, passages: readonly Passage[], home: string): void {
  const all = passages.flatMap((passage) => volumesOf(project, passage, home));
  const names = namesOf(all);
  const by = Map.groupBy(all, ({ identity }) => identity);
  for (const [identity, sharing] of by) {
    const owner = sharing.find(({ readOnly }) => !readOnly) ?? sharing[0];
    const holders = new Set(sharing.map(({ passage }) => passage));
    for (const volume of sharing) {
      const { passage, path, readOnly, said, index } = volume;
      const { notes, written, key } = passage;
      const volumes = (written.volumes as Record<string, unknown>[]) ?? [];
      written.volumes = volumes;
      passage.from.set(`volumes[${volumes.length}]`, `volumes[${index}]`);
      const name = names.get(identity) ?? "data";
      if (passage === owner?.passage) volumes.push({ name, path, ...said, ...(readOnly && { readOnly }) });
      else {
        volumes.push({ name, path, owner: owner?.passage.key, ...(!readOnly && { readOnly: false }) });
        notes.taken(
          `volumes[${index}]`,
          `${name} of service ${owner?.passage.key} at ${path}${readOnly ? "" : ", to write to as well"}`,
        );
        continue;
      }
      const shared = holders.size > 1 ? ", which others have, too" : "";
      notes.taken(`volumes[${index}]`, `${name} at ${path}${readOnly ? ", read only" : ""}${shared}`);
      if (said.kind === "bind")
        notes.changed(
          `volumes[${index}]`,
          `${said.source} must be on each host that ${key} runs on; nothing makes it`,
        );
    }
  }
  for (const passage of passages) alone(passage, all);
}

/** Whoever writes to a volume that is his alone writes with Compose as the only one, at any time. */
function alone(passage: Passage, all: readonly Volume[]): void {
  const { notes, written, known } = passage;
  const own = all.filter(({ passage: other, readOnly }) => other === passage && !readOnly);
  if (own.length === 0 || Number(written.replicas ?? 1) > 1) return;
  written.rollout = { ...(written.rollout as object), order: "stop-first" };
  const isShared = ({ identity }: Volume) =>
    all.some((other) => other.identity === identity && other.passage !== passage);
  const volumes = written.volumes as Record<string, unknown>[];
  if (known?.isStore) {
    const mine = volumes.filter((volume) => volume.owner === undefined && !volume.readOnly);
    for (const volume of mine)
      if (own.some((one) => one.path === volume.path && !isShared(one))) volume.shared = false;
  }
  notes.changed(
    "rollout",
    known?.isStore
      ? "the old copy ends before a new one starts (stop-first), since two can't have its data at once"
      : "the old copy ends before a new one starts (stop-first), since it writes to a volume; start-first where two may do so at once",
  );
}

function volumesOf(project: Project, passage: Passage, home: string): Volume[] {
  const { service, notes, written } = passage;
  return [service.volumes ?? []].flat().flatMap((entry: unknown, index): Volume[] => {
    const mount = mountOf(entry, home);
    const { source, target, readOnly, options } = mount;
    const at = `volumes[${index}]`;
    if (/(^|\/)docker\.sock$/.test(source)) {
      notes.left(at, `${source}: who has the engine's socket owns the host, so that no copy has it`);
      return [];
    }
    if (mount.type === "tmpfs") {
      const size = mount.size === undefined ? undefined : sizeOf(mount.size);
      written.tmpfs = [...((written.tmpfs as unknown[]) ?? []), { path: target, ...(size && { size }) }];
      notes.taken(at, `tmpfs at ${target}`);
      return [];
    }
    if (!["volume", "bind"].includes(mount.type)) {
      notes.left(
        at,
        `type ${mount.type}: there are named volumes, folders of the host, NFS, volume drivers and tmpfs`,
      );
      return [];
    }
    if (source === "") {
      notes.left(
        at,
        `${target}: has no name, and so lasts no longer than its copy, which has a file system of its own; give it a name to keep it`,
      );
      return [];
    }
    if (!isMountPath(target) || takenMount([], target)) {
      notes.left(at, `${target}: is no place to mount a volume at`);
      return [];
    }
    const rest = options.filter(
      (option) =>
        !["cached", "delegated", "consistent", "consistency", "create_host_path", "bind", "volume"].includes(
          option,
        ),
    );
    const labels = rest.filter((option) => /^(z|selinux)$/i.test(option));
    const others = rest.filter((option) => !labels.includes(option));
    if (labels.length > 0) notes.left(at, `${labels.join(", ")}: no labels of SELinux are set`);
    if (others.length > 0)
      notes.left(
        at,
        `${others.join(", ")}: a volume is mounted to read or to write, and no more is said of that`,
      );
    if (mount.type === "bind") {
      if (!isMountPath(source)) {
        notes.left(at, `${source}: can't be mounted as a folder of the host's`);
        return [];
      }
      return [
        {
          passage,
          index,
          identity: `bind:${source}`,
          path: target,
          readOnly,
          said: { kind: "bind", source },
        },
      ];
    }
    const said = definitionOf(project, passage, source, at);
    const device = said?.kind === "bind" ? `bind:${said.source}` : `volume:${source}`;
    return said === undefined ? [] : [{ passage, index, identity: device, path: target, readOnly, said }];
  });
}

function mountOf(entry: unknown, home: string): Mount {
  const clean = (path: string) => path.replace(/(.)\/+$/, "$1");
  const atHome = (path: string) => clean(path.replace(/^~(?=\/|$)/, home));
  if (isMap(entry)) {
    const { type, source = "", target = "", read_only, tmpfs, ...rest } = entry;
    const options = Object.entries(rest).flatMap(([key, value]) =>
      isMap(value) ? Object.keys(value) : [key],
    );
    return {
      type: String(type),
      source: type === "bind" ? atHome(String(source)) : String(source),
      target: clean(String(target)),
      readOnly: read_only === true || read_only === "true",
      options,
      ...(isMap(tmpfs) && { size: tmpfs.size }),
    };
  }
  const parts = String(entry).split(":");
  const [source, target, mode = ""] =
    parts.length === 1 ? ["", parts[0] ?? ""] : [parts[0] ?? "", parts[1] ?? "", parts[2]];
  const options = mode.split(",").filter(Boolean);
  return {
    type: /^[/~.]/.test(source) ? "bind" : "volume",
    source: atHome(source),
    target: clean(target),
    readOnly: options.includes("ro"),
    options: options.filter((option) => option !== "ro" && option !== "rw"),
  };
}

/** What the file says of a named volume; undefined where that can't be had. */
function definitionOf(
  project: Project,
  { notes }: Passage,
  name: string,
  at: string,
): Readonly<Record<string, unknown>> | undefined {
  const definition = project.sections.volumes[name];
  const { external, driver, driver_opts, name: other } = isMap(definition) ? definition : {};
  if (external !== undefined && external !== false && external !== "false")
    notes.changed(
      at,
      `${isMap(external) ? (external.name ?? name) : (other ?? name)} is there already; this is a new one, into which its data has to be copied`,
    );
  else if (other !== undefined)
    notes.left(
      `${at}.name`,
      `${other}: it is called <stack>--<service>_${name}, since services of other stacks may have one, too`,
    );
  if (isMap(definition) && definition.labels !== undefined)
    notes.left(`${at}.labels`, "volumes have flotilla's own labels only");
  const options = isMap(driver_opts)
    ? Object.fromEntries(Object.entries(driver_opts).map(([key, value]) => [key, String(value)]))
    : {};
  const { type = "", o = "", device = "" } = options;
  if ((driver === undefined || driver === "local") && Object.keys(options).length > 0) {
    const words = o.split(",").filter(Boolean);
    if (/^nfs/.test(type)) {
      const server = words.find((word) => word.startsWith("addr="))?.slice("addr=".length);
      if (server !== undefined) {
        const others = words.filter((word) => !word.startsWith("addr="));
        const settings = others.map((word) => {
          const [key = "", value = "true"] = word.split("=");
          return [key, value];
        });
        const nfs =
          type === "nfs4" && !others.some((word) => word.startsWith("nfsvers")) ? [["nfsvers", "4"]] : [];
        const all = Object.fromEntries([...nfs, ...settings]);
        return {
          kind: "nfs",
          server,
          source: device.replace(/^[^/]*:/, ""),
          ...(Object.keys(all).length > 0 && { options: all }),
        };
      }
    }
    if (words.includes("bind") && type !== "tmpfs") return { kind: "bind", source: device };
    notes.left(
      at,
      `its driver_opts (${Object.keys(options).join(", ")}): the engine's own driver is told of NFS and folders only`,
    );
    return {};
  }
  if (driver !== undefined && driver !== "local")
    return { kind: "driver", driver: String(driver), ...(Object.keys(options).length > 0 && { options }) };
  return {};
}

/** Names of volumes: as the file has them, and for folders after the folder; no two the same. */
function namesOf(all: readonly Volume[]): Map<string, string> {
  const names = new Map<string, string>();
  const taken = new Set<string>();
  const plain = (text: string) =>
    text
      .replace(/[^\w.-]+/g, "-")
      .replace(/^[^A-Za-z0-9]+/, "")
      .slice(0, 60) || "data";
  for (const isNamed of [true, false])
    for (const { identity } of all) {
      const [, kind, text = ""] = /^(\w+):(.*)$/.exec(identity) ?? [];
      if ((kind === "volume") !== isNamed || names.has(identity)) continue;
      const parts = [basename(text), `${basename(dirname(text))}-${basename(text)}`];
      const wanted = kind === "volume" ? [text] : parts;
      const numbered = Array.from({ length: 100 }, (_, index) => `${basename(text)}-${index + 2}`);
      const name = [...wanted, ...numbered].map(plain).find((one) => !taken.has(one)) ?? plain(text);
      taken.add(name);
      names.set(identity, name);
    }
  return names;
}
