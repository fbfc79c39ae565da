/** A server that a balancer has found to be up or down. */
export interface StateChange {
  /** Backend and server. */
  readonly server: string;
  readonly state: "UP" | "DOWN";
}

/**
 * What HAProxy's checks have found, by its log. Left out are servers that follow others, and what a new process takes over
 * from the one before.
 */
export function stateChanges(log: string): StateChange[] {
  const lines = log.matchAll(/^(?:Backup )?Server (service\.\S+) is (UP|DOWN), reason: /gm);
  return [...lines].map(([, server = "", state]) => ({ server, state: state as StateChange["state"] }));
}

/** Servers that went down or came up more than once, with all that they did, in its order. */
export function flapping(changes: readonly StateChange[]): string[] {
  const servers = Map.groupBy(changes, ({ server }) => server);
  return [...servers].flatMap(([server, own]) => {
    const states = own.map(({ state }) => state);
    const most = Math.max(...["UP", "DOWN"].map((state) => states.filter((one) => one === state).length));
    return most > 1 ? [`${server}: ${states.join(", ")}`] : [];
  });
}

/** Servers that went down, but for those by some names. */
export function gone(changes: readonly StateChange[], but: readonly string[] = []): string[] {
  const nameOf = (server: string) => server.slice(server.indexOf("/") + 1);
  const servers = changes.flatMap(({ server, state }) => (state === "DOWN" ? server : []));
  return [...new Set(servers)].filter((server) => !but.includes(nameOf(server)));
}
