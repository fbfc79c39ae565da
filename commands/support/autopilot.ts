/** What Consul's autopilot says of the servers, as far as it is of interest here. */
export interface AutopilotHealth {
  readonly Servers: readonly { Name: string; Healthy: boolean; Voter: boolean }[];
}

/** Of the servers, those that are not well or have no vote. */
export function unfitServers(health: AutopilotHealth | undefined, servers: readonly string[]): string[] {
  const fit = health?.Servers.filter(({ Healthy, Voter }) => Healthy && Voter).map(({ Name }) => Name);
  return servers.filter((name) => !fit?.includes(name));
}
