import { imageBringerName } from "../lib/names.ts";
import type { StateResource } from "../setup/state.ts";

/** The pool of a service on one host, as Pulumi's state has it. */
export interface Pool {
  readonly service: string;
  readonly host: string;
  /** Whether its copies answer no requests. */
  readonly isWorker: boolean;
  /** Name of the image that it was last told to run, whether it came to serve or not. */
  readonly image: string | undefined;
  /** Everything that it consists of, itself first. */
  readonly members: readonly StateResource[];
}

/** All pools of a stack; undefined where one was made by a program that did not yet say whose it is. */
export function poolsOf(resources: readonly StateResource[]): Pool[] | undefined {
  const pools: StateResource[][] = [];
  const memberships = new Map<string, StateResource[]>();
  // Parents stand before their children.
  for (const resource of resources) {
    const { urn, type, parent = "" } = resource;
    const pool = type === "flotilla:index:ServerPool" ? [] : memberships.get(parent);
    if (pool === undefined) continue;
    if (pool.length === 0) pools.push(pool);
    pool.push(resource);
    memberships.set(urn, pool);
  }
  if (pools.some(([component]) => component?.inputs?.service === undefined)) return undefined;
  return pools.map((members) => {
    const image = members.find(({ type, delete: gone }) => type.endsWith(":RemoteImage") && !gone);
    return {
      service: String(members[0]?.inputs?.service),
      host: String(members[0]?.inputs?.host),
      isWorker: members[0]?.inputs?.isWorker === true,
      image: image && String(image.inputs?.name),
      members,
    };
  });
}

/**
 * What `pulumi up --target` is told so that it changes these pools and nothing else, with what brings their images to hosts
 * that lack them. With a pattern in the place of their numbers, so that copies which only the config knows of come along.
 */
export function targetsOf(pools: readonly Pool[], resources: readonly StateResource[]): string[] {
  const bringing = new Set(pools.map(({ service }) => imageBringerName(service)));
  const members = new Set(pools.flatMap((pool) => pool.members.map(({ urn }) => urn)));
  const others = resources.map(({ urn }) => urn).filter((urn) => !members.has(urn));
  const targets = [...members].map((urn) => {
    const [, start] = /^(.*:(?:Container|Command)::.*-)\d+$/.exec(urn) ?? [];
    return start && !others.some((other) => other.startsWith(start)) ? `${start}*` : urn;
  });
  const bringers = resources.filter(
    ({ urn, type }) => type === "command:local:Command" && bringing.has(urn.split("::").at(-1) ?? ""),
  );
  return [...new Set([...bringers.map(({ urn }) => urn), ...targets])];
}
