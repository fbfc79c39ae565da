import type { Path } from "../../config/faults.ts";
import { isMap } from "./merge.ts";
import type { Passage } from "./service.ts";

/** Which key of the compose file a key of the config comes from. */
const origins: Readonly<Record<string, string>> = {
  pin: "pull_policy",
  replicas: "deploy",
  port: "ports",
  protocol: "ports",
  publish: "ports",
  provides: "ports",
  route: "labels",
  default: "ports",
  health: "healthcheck",
  requires: "depends_on",
  env: "environment",
  secrets: "environment",
  workingDir: "working_dir",
  capabilities: "cap_add",
  noNewPrivileges: "security_opt",
  readOnly: "read_only",
  shmSize: "shm_size",
  extraHosts: "extra_hosts",
  memory: "mem_limit",
  stopGrace: "stop_grace_period",
  rollout: "volumes",
};

/** Where something in the config comes from, as a path of the compose file; empty where that is nowhere. */
export function originOf([section, key, name, index, ...rest]: Path, passages: readonly Passage[]): Path {
  const passage = passages.find((one) => one.key === key);
  if (section !== "services" || passage === undefined) return [];
  const at: Path = ["services", passage.name];
  if (name === undefined) return at;
  const from = passage.from.get(`${name}[${index}]`);
  if (from !== undefined) {
    const [, list = "", number = "0"] = /^(\w+)\[(\d+)\]$/.exec(from) ?? [];
    return [...at, list, Number(number)];
  }
  const own = origins[String(name)] ?? String(name);
  const known = own in passage.service ? [own] : [];
  const isVariable = (name === "env" || name === "secrets") && isMap(passage.service.environment);
  return [
    ...at,
    ...known,
    ...(isVariable && index !== undefined && known.length > 0 ? [index] : []),
    ...(known.length > 0 ? rest.slice(0, 0) : []),
  ];
}
