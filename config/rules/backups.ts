import { posix } from "node:path";
import { given, type Path, type Problem } from "../faults.ts";
import { isKey, keyRule } from "../formats.ts";
import type { Secrecy } from "../secrecy.ts";
import type { BackupsDraft, Draft, ServiceDraft } from "../shapes.ts";
import { inPlainText } from "./secrecy.ts";
import { ownVolume } from "./volumes.ts";

type ItemDraft = BackupsDraft["of"][string];

/** The name of a service's volume where it has one alone of its own, at whatever paths. */
export function onlyVolume(service: ServiceDraft | undefined): string | undefined {
  const names = new Set(ownVolumes(service));
  return names.size === 1 ? [...names][0] : undefined;
}

const ownVolumes = (service: ServiceDraft | undefined) => [
  ...new Set(service?.volumes.flatMap(({ name, owner }) => (owner === undefined ? [name] : []))),
];

/** Rules on what is backed up, where to, and how much of it is kept. */
export function backupRules(draft: Draft, secrecy: Pick<Secrecy, "isEncrypted">): Problem[] {
  const { backups, services } = draft;
  if (backups === undefined) return [];
  const all = Object.entries(backups.of);
  return [
    ...(all.length === 0
      ? [{ path: ["backups", "of"], message: "must have something, got an empty map" }]
      : []),
    ...target(backups),
    ...secrets(backups, secrecy),
    ...keeping(backups.keep, ["backups", "keep"]),
    ...all.flatMap(([name, item], index) => {
      const at = (...steps: Path): Path => ["backups", "of", name, ...steps];
      return [
        ...named(name, at()),
        ...subject(item, services, at),
        ...commands(item, at),
        ...(item.keep ? keeping(item.keep, at("keep")) : []),
        ...twice(item, all.slice(0, index), services, at),
        ...within(item, backups, draft, at),
      ];
    }),
  ];
}

type At = (...steps: Path) => Path;

function named(name: string, path: Path): Problem[] {
  if (isKey(name)) return [];
  return [{ path, message: `must have a name of ${keyRule}, got ${given(name)}`, about: [], fix: "rm" }];
}

function target({ target }: BackupsDraft): Problem[] {
  const kinds = Object.entries(target).flatMap(([kind, value]) => (value === undefined ? [] : [kind]));
  if (kinds.length === 1) return [];
  const got = kinds.length === 0 ? "none" : kinds.join(" and ");
  const path = ["backups", "target"];
  return [{ path, message: `must have exactly one of folder, nfs, s3 and sftp, got ${got}` }];
}

/** What opens the backups stands in no file in the clear. */
function secrets({ target }: BackupsDraft, { isEncrypted }: Pick<Secrecy, "isEncrypted">): Problem[] {
  const at = (...steps: Path): Path => ["backups", ...steps];
  const { s3, sftp } = target;
  const places = [
    at("password"),
    ...(s3 ? [at("target", "s3", "accessKey"), at("target", "s3", "secretKey")] : []),
    ...(sftp ? [at("target", "sftp", "key")] : []),
  ];
  return places.filter((path) => !isEncrypted(path)).map(inPlainText);
}

function keeping(keep: BackupsDraft["keep"], path: Path): Problem[] {
  if (Object.values(keep).some((count) => count > 0)) return [];
  const names = Object.keys(keep);
  const message = `must keep something: one of ${names.slice(0, -1).join(", ")} and ${names.at(-1)} above 0, got none`;
  return [{ path, message }];
}

/** Whose data it is. */
function subject(item: ItemDraft, services: Draft["services"], at: At): Problem[] {
  const { service, consul, volume } = item;
  if ((service !== undefined) === consul) {
    const got = consul ? "both" : "neither";
    const message = `must have exactly one of service and consul: true, got ${got}`;
    return [{ path: at(), message, about: [at("service"), at("consul")] }];
  }
  if (service === undefined) return consulAlone(item, at);
  const path = at("service");
  const owner = services[service];
  if (owner === undefined) {
    const known = Object.keys(services).join(", ") || "there is none";
    const message = `must be a service (${known}), got ${given(service)}`;
    return [{ path, message, about: [path, ["services", service]] }];
  }
  const own = ownVolumes(owner);
  const theirs: Path = ["services", service, "volumes"];
  if (own.length === 0) {
    const message = `must be a service with a volume of its own, which ${service} has not, got ${given(service)}`;
    return [{ path, message, about: [path, theirs] }];
  }
  if (volume === undefined && own.length > 1) {
    const message = `must say which of the volumes of ${service} it is (${own.join(", ")}), got nothing`;
    return [{ path: at("volume"), message, about: [at("volume"), theirs] }];
  }
  if (volume === undefined || own.includes(volume)) return perReplica(item, owner, service, at);
  const borrowed = owner.volumes.find(({ name }) => name === volume)?.owner;
  const instead = borrowed ? `, since ${volume} belongs to ${borrowed}` : "";
  const message = `must be a volume of ${service}'s own (${own.join(", ")})${instead}, got ${given(volume)}`;
  return [{ path: at("volume"), message, about: [at("volume"), theirs] }];
}

function perReplica({ dump, volume }: ItemDraft, owner: ServiceDraft, service: string, at: At): Problem[] {
  const own = ownVolume(owner, volume ?? onlyVolume(owner) ?? "");
  if (!own?.perReplica || dump === undefined) return [];
  const message = `must be left out, since each copy of ${service} has a volume of its own: files are taken of all of them`;
  return [{ path: at("dump"), message, about: [at("dump"), ["services", service, "volumes"]], fix: "rm" }];
}

function consulAlone(item: ItemDraft, at: At): Problem[] {
  const keys = ["volume", "dump", "load", "verify", "quiesce"] as const;
  return keys
    .filter((key) => item[key] !== undefined)
    .map((key) => {
      const message = "must be left out beside consul, whose data Consul itself hands over and looks at";
      return { path: at(key), message, about: [at(key), at("consul")], fix: "rm" };
    });
}

function commands({ consul, dump, load, quiesce }: ItemDraft, at: At): Problem[] {
  if (consul) return [];
  const problems: Problem[] = [];
  const about = [at("dump"), at("load")];
  if (dump && !load) {
    const message = "must say by what command that which dump has written is read again, got nothing";
    problems.push({ path: at("load"), message, about });
  }
  if (load && !dump)
    problems.push({ path: at("load"), message: "must stand beside dump, got a list", about, fix: "rm" });
  if (dump && quiesce) {
    const message = "must be left out beside dump, which sees to that itself";
    problems.push({ path: at("quiesce"), message, about: [at("dump"), at("quiesce")], fix: "rm" });
  }
  if (quiesce && !quiesce.before && !quiesce.after)
    problems.push({ path: at("quiesce"), message: "must have before or after, got neither" });
  return problems;
}

/** One volume twice would be restored from either, and put aside by the one what the other restored. */
function twice(
  item: ItemDraft,
  before: readonly [string, ItemDraft][],
  services: Draft["services"],
  at: At,
): Problem[] {
  const same = before.find(([, other]) => key(other, services) === key(item, services));
  if (same === undefined) return [];
  const message = `must be something else than ${same[0]}, which is the same`;
  return [{ path: at(), message, about: [at(), ["backups", "of", same[0]]], fix: "rm" }];
}

const key = ({ service, volume }: ItemDraft, services: Draft["services"]) =>
  service === undefined ? "" : `${service} ${volume ?? onlyVolume(services[service])}`;

/** A backup that is in what it is a backup of is lost with it, and grows by itself each time. */
function within(
  { service, volume, dump }: ItemDraft,
  { target }: BackupsDraft,
  { services }: Draft,
  at: At,
): Problem[] {
  const own = service && ownVolume(services[service], volume ?? onlyVolume(services[service]) ?? "");
  if (!own || own.source === undefined) return [];
  const { source } = own;
  const kept =
    own.kind === "bind" ? target.folder : target.nfs?.server === own.server ? target.nfs?.path : undefined;
  if (kept === undefined || !(holds(source, kept) || (holds(kept, source) && !dump))) return [];
  const path: Path = ["backups", "target", own.kind === "bind" ? "folder" : "nfs"];
  const message = `must be apart from what is backed up, which is ${source} for ${at()[2]}, got ${given(kept)}`;
  return [{ path, message, about: [path, at(), ["services", service, "volumes"]] }];
}

const holds = (outer: string, inner: string) => !posix.relative(outer, inner).startsWith("..");
