import { isIPv4 } from "node:net";
import { shortened } from "../../config/faults.ts";
import { isDnsName } from "../../config/formats.ts";
import { ulimits as limitNames } from "../kernel-names.ts";
import { secondsOf, sizeOf } from "./amounts.ts";
import { isMap } from "./merge.ts";
import { isSecretName } from "./secrecy.ts";
import type { Passage } from "./service.ts";
import { splitWords, type Words, withoutSecrets } from "./words.ts";

const isTrue = (value: unknown) => value === true || value === "true";
const counted = (words: readonly string[]) => (words.length === 1 ? "1 word" : `${words.length} words`);
const listOf = (value: unknown) => [value].flat().map(String);

/** How a copy is run: user, folder, limits, what it is kept from. */
export function runningKeys(passage: Passage): void {
  const { service, notes, written } = passage;
  const take = (key: string, target: string, value: unknown) => {
    written[target] = value;
    notes.taken(key, shortened(typeof value === "object" ? JSON.stringify(value) : String(value)));
  };
  const { user, working_dir, init, read_only, privileged, stop_grace_period, cap_add, cap_drop, shm_size } =
    service;
  if (user !== undefined) take("user", "user", String(user));
  if (working_dir !== undefined) take("working_dir", "workingDir", String(working_dir));
  if (init !== undefined)
    isTrue(init) ? take("init", "init", true) : notes.taken("init", "false, as it is without it");
  if (read_only !== undefined)
    isTrue(read_only)
      ? take("read_only", "readOnly", true)
      : notes.taken("read_only", "false, as it is without it");
  if (privileged !== undefined)
    isTrue(privileged)
      ? notes.left("privileged", "no copy owns the host; name what it needs in capabilities.add")
      : notes.taken("privileged", "false");
  if (stop_grace_period !== undefined) {
    const seconds = secondsOf(stop_grace_period);
    if (seconds === undefined) notes.left("stop_grace_period", "is no duration");
    else take("stop_grace_period", "stopGrace", Math.min(3600, Math.ceil(seconds)));
  }
  const capabilities = {
    ...(cap_add !== undefined && listOf(cap_add).length > 0 && { add: listOf(cap_add) }),
    ...(cap_drop !== undefined && listOf(cap_drop).length > 0 && { drop: listOf(cap_drop) }),
  };
  if (Object.keys(capabilities).length > 0) written.capabilities = capabilities;
  if (cap_add !== undefined) notes.taken("cap_add", listOf(cap_add).join(", "));
  if (cap_drop !== undefined) notes.taken("cap_drop", listOf(cap_drop).join(", "));
  if (shm_size !== undefined) {
    const size = sizeOf(shm_size);
    if (size === undefined) notes.left("shm_size", "is no size");
    else take("shm_size", "shmSize", size);
  }
  confinement(passage);
  ulimits(passage);
  extraHosts(passage);
  limits(passage);
  if (service.tmpfs !== undefined) tmpfs(passage);
  commands(passage);
}

function confinement({ service, notes, written }: Passage): void {
  for (const [index, option] of listOf(service.security_opt ?? []).entries()) {
    const [, value] = /^no-new-privileges(?:[:=](true|false))?$/.exec(option) ?? [];
    if (option.startsWith("no-new-privileges")) {
      if (value === "false") written.noNewPrivileges = false;
      notes.taken("security_opt", option);
    } else notes.left(`security_opt[${index}]`, `${option}: copies have the engine's own profile`);
  }
}

function ulimits({ service, notes, written }: Passage): void {
  if (!isMap(service.ulimits)) return;
  const taken: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(service.ulimits)) {
    if (!limitNames.includes(name)) {
      notes.left(`ulimits.${name}`, "is no limit that Linux has");
      continue;
    }
    taken[name] = isMap(value) ? { soft: Number(value.soft), hard: Number(value.hard) } : Number(value);
  }
  if (Object.keys(taken).length > 0) {
    written.ulimits = taken;
    notes.taken("ulimits", Object.keys(taken).join(", "));
  }
}

function extraHosts({ service, notes, written }: Passage): void {
  const { extra_hosts } = service;
  if (extra_hosts === undefined) return;
  const entries = isMap(extra_hosts)
    ? Object.entries(extra_hosts).flatMap(([host, ips]) =>
        [ips].flat().map((ip) => [host, String(ip)] as const),
      )
    : listOf(extra_hosts).map((text) => {
        const [, host = "", ip = ""] = /^([^:=]*)[:=](.*)$/.exec(text) ?? [];
        return [host, ip] as const;
      });
  const isGood = ([host, ip]: readonly [string, string]) =>
    isDnsName(host) && (isIPv4(ip) || ip === "host-gateway");
  const good = entries.filter(isGood).map((entry) => entry.join(":"));
  if (good.length > 0) {
    written.extraHosts = good;
    notes.taken("extra_hosts", good.join(", "));
  }
  for (const [host, ip] of entries.filter((entry) => !isGood(entry)))
    notes.left(`extra_hosts.${host}`, `${ip}: only IPv4 addresses and host-gateway are taken`);
}

function limits({ service, notes, written }: Passage): void {
  const { deploy, cpus, mem_limit } = service;
  const { resources } = isMap(deploy) ? deploy : {};
  const { limits = {}, reservations } = isMap(resources) ? resources : {};
  const { cpus: ofDeploy, memory: memoryOfDeploy, pids } = limits as Record<string, unknown>;
  const count = ofDeploy ?? cpus;
  const size = memoryOfDeploy ?? mem_limit;
  if (count !== undefined && Number(count) > 0) {
    written.cpus = Number(count);
    notes.taken(ofDeploy === undefined ? "cpus" : "deploy.resources.limits.cpus", String(count));
  } else if (count !== undefined) notes.taken("cpus", "no limit");
  if (size !== undefined) {
    const key = memoryOfDeploy === undefined ? "mem_limit" : "deploy.resources.limits.memory";
    const memory = sizeOf(size);
    if (memory === undefined) notes.left(key, "is no size");
    else {
      written.memory = memory;
      notes.taken(key, memory);
    }
  }
  if (pids !== undefined)
    notes.left("deploy.resources.limits.pids", "ulimits.nproc bounds a user's processes");
  if (reservations !== undefined)
    notes.left(
      "deploy.resources.reservations",
      "nothing is reserved, no device either; cpus and memory are limits",
    );
}

function tmpfs({ service, notes, written }: Passage): void {
  const mounts = listOf(service.tmpfs).map((text) => {
    const [path = "", options = ""] = text.split(":");
    const words = options.split(",").filter(Boolean);
    const size = words.find((word) => word.startsWith("size="))?.slice("size=".length);
    const rest = words.filter((word) => !word.startsWith("size="));
    if (rest.length > 0)
      notes.left(
        `tmpfs ${path}`,
        `its options ${rest.join(", ")}: only a size is taken, and everybody may write there`,
      );
    const mebibytes = size === undefined ? undefined : sizeOf(size);
    return { path: path.replace(/(.)\/+$/, "$1"), ...(mebibytes !== undefined && { size: mebibytes }) };
  });
  written.tmpfs = [...((written.tmpfs as unknown[]) ?? []), ...mounts];
  notes.taken("tmpfs", mounts.map(({ path }) => path).join(", "));
}

function commands(passage: Passage): void {
  const { service, notes, written } = passage;
  const entrypoint = wordsOf(passage, "entrypoint");
  const command = wordsOf(passage, "command");
  if (service.entrypoint !== undefined && service.entrypoint !== null) {
    if (entrypoint !== undefined && entrypoint.length > 0) {
      written.entrypoint = entrypoint;
      notes.taken("entrypoint", counted(entrypoint));
    } else if (command !== undefined && command.length > 0) {
      // Nothing in front of the command: its first word is what is run.
      written.entrypoint = command.slice(0, 1);
      if (command.length > 1) written.command = command.slice(1);
      notes.taken("entrypoint", "none: the command's first word is the program");
      notes.taken("command", counted(command));
      hideSecrets(passage);
      return;
    } else notes.left("entrypoint", "an empty one without a command runs nothing: the image's own stays");
  } else if ("entrypoint" in service) notes.taken("entrypoint", "the image's");
  if (command !== undefined && command.length > 0) {
    written.command = command;
    notes.taken("command", counted(command));
  } else if (service.command !== undefined && service.command !== null)
    notes.left("command", "an empty one: the image's own stays");
  else if ("command" in service) notes.taken("command", "the image's");
  hideSecrets(passage);
}

function wordsOf({ service, notes }: Passage, key: "command" | "entrypoint"): readonly string[] | undefined {
  const value = service[key];
  if (value === undefined || value === null) return undefined;
  const { words, cutAt }: Words = Array.isArray(value)
    ? { words: value.map(String) }
    : splitWords(String(value));
  if (cutAt !== undefined)
    notes.changed(
      key,
      `ends before ${cutAt}, as it does with Compose, which asks no shell: write [sh, -c, "…"] if one was meant`,
    );
  return words;
}

/** Secrets are variables, since a command stands in the open. */
function hideSecrets(passage: Passage): void {
  const { written, env, notes } = passage;
  for (const key of ["entrypoint", "command"] as const) {
    const words = written[key] as string[] | undefined;
    if (words === undefined) continue;
    const known = new Map([
      ...passage.secrets,
      ...[...env].filter(([name, value]) => isSecretName(name) && value.length >= 4),
    ]);
    const exposed = withoutSecrets(words, known);
    if (exposed === undefined) continue;
    const isShell = /(?:^|\/)(?:sh|bash|ash)$/.test(words[0] ?? "") && words[1] === "-c";
    const names = exposed.names.join(", ");
    if (isShell) {
      // The shell that is there has the variable as well.
      const script = [...known].reduce(
        (text, [name, value]) =>
          exposed.names.includes(name) ? text.replaceAll(value, `\${${name}}`) : text,
        words[2] ?? "",
      );
      written[key] = [...words.slice(0, 2), script, ...words.slice(3)];
    } else written[key] = ["sh", "-c", `exec ${exposed.line}`];
    for (const [name, value] of Object.entries(exposed.secrets)) {
      env.set(name, value);
      passage.hidden.add(name);
    }
    notes.changed(
      key,
      `is told ${names} as a variable, by a shell, so that it does not stand in the open; the image must have a sh`,
    );
  }
}
