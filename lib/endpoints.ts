import { agentPrefix } from "./names.ts";

/** One instance as `GET /v1/health/service` tells of it. */
export interface HealthEntry {
  readonly Node: { readonly Node: string };
  readonly Service: {
    readonly ID: string;
    readonly Port: number;
    readonly Meta?: Readonly<Record<string, string>> | null;
  };
}

/** A copy that takes requests. */
export interface Endpoint {
  /** Its container's name, by which it is reached on its own host. */
  readonly name: string;
  readonly port: number;
  /** Key of its host. */
  readonly host: string;
}

/** Whether an instance takes part like any other, and is not about to leave. */
export const isStaying = ({ Service }: Pick<HealthEntry, "Service">) => !Service.Meta?.["haproxy-options"];

/** Those of a stack's healthy instances that are not about to leave, sorted by name. */
export function healthyEndpoints(entries: readonly HealthEntry[], stack: string): Endpoint[] {
  return entries
    .filter(isStaying)
    .map(({ Node, Service }) => ({
      name: Service.ID,
      port: Service.Port,
      host: Node.Node.slice(agentPrefix(stack).length),
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}
