import { isMap } from "./merge.ts";
import type { Service } from "./project.ts";
import type { Passage } from "./service.ts";

/** When a service's process is to be started again, by its own word; undefined where it says nothing. */
export function restartOf({ restart, deploy }: Service): string | undefined {
  if (restart !== undefined) return String(restart);
  const policy = isMap(deploy) && isMap(deploy.restart_policy) ? deploy.restart_policy.condition : undefined;
  return policy === undefined ? undefined : ({ none: "no", any: "always" }[String(policy)] ?? String(policy));
}

/** How many copies there are, and how they follow each other. */
export function deployKeys({ service, notes, written, key }: Passage): void {
  const { scale } = service;
  const deploy = isMap(service.deploy) ? service.deploy : {};
  const count = deploy.replicas ?? scale;
  if (count !== undefined) {
    const replicas = Number(count);
    written.replicas = replicas;
    const from = deploy.replicas === undefined ? "scale" : "deploy.replicas";
    if (replicas > 1) notes.changed(from, `${replicas} on each host; with one host that is the same`);
    else notes.taken(from, String(replicas));
  }
  const restart = restartOf(service);
  if (service.restart !== undefined) {
    if (["always", "unless-stopped"].includes(restart ?? "")) notes.taken("restart", String(restart));
    else notes.changed("restart", `${restart}: a copy that ends is started again, always`);
  }
  const {
    mode,
    endpoint_mode,
    placement,
    restart_policy,
    rollback_config,
    update_config,
    labels,
    resources: _,
    replicas: __,
    ...rest
  } = deploy;
  if (mode === "global") notes.taken("deploy.mode", "global: replicas are those of each host");
  else if (mode !== undefined) notes.taken("deploy.mode", String(mode));
  if (endpoint_mode !== undefined)
    notes.left("deploy.endpoint_mode", "services are reached at the balancers");
  if (placement !== undefined)
    notes.left("deploy.placement", `services.${key}.hosts names the hosts that it runs on`);
  if (restart_policy !== undefined)
    notes.changed("deploy.restart_policy", "a copy that ends is started again, always");
  if (rollback_config !== undefined)
    notes.left(
      "deploy.rollback_config",
      "when new copies never get well, the old ones serve on by themselves",
    );
  if (labels !== undefined) notes.taken("deploy.labels", "as labels");
  for (const name of Object.keys(rest)) notes.left(`deploy.${name}`, "there is nothing of the kind");
  if (isMap(update_config)) updates(update_config, written, notes);
}

function updates(
  config: Record<string, unknown>,
  written: Record<string, unknown>,
  notes: Passage["notes"],
): void {
  const { order, parallelism, ...rest } = config;
  const surge = Number(parallelism ?? 0);
  const rollout = { ...(order !== undefined && { order }), ...(surge > 0 && { surge }) };
  if (Object.keys(rollout).length > 0) written.rollout = rollout;
  if (order !== undefined) notes.taken("deploy.update_config.order", String(order));
  if (parallelism !== undefined)
    notes.taken("deploy.update_config.parallelism", `rollout.surge ${surge || "of all"}`);
  if (Object.keys(rest).length > 0)
    notes.left(
      `deploy.update_config.${Object.keys(rest).join(", ")}`,
      "new copies are watched for rollout.settle seconds; what fails stops at its step",
    );
}
