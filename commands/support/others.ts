import { type HealthEntry, isStaying } from "../../lib/endpoints.ts";
import { agentName } from "../../lib/names.ts";
import { type Spread, shareOf } from "../../lib/shares.ts";
import type { Consul } from "../../runtime/consul.ts";

/** Whose copies are looked for: those of all hosts but one. */
export interface Others {
  readonly stack: string;
  readonly host: string;
  /** Whose hosts are all there. */
  readonly moving: Spread;
}

/** Whether each other host has as many well copies as are its share. */
export async function othersHaveTheirs(
  consul: Pick<Consul, "get">,
  { stack, host, moving }: Others,
): Promise<boolean> {
  const all = await consul.get<HealthEntry[]>(`/v1/health/service/${moving.service}?passing`);
  // Those that are about to leave are nobody's share.
  const staying = (all ?? []).filter(isStaying);
  return moving.hosts.every((key) => {
    const there = staying.filter(({ Node }) => Node.Node === agentName(stack, key));
    return key === host || there.length >= shareOf(moving, key, moving.hosts);
  });
}
