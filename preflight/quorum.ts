import type { Settings } from "../config/settings.ts";
import { isMajority } from "../lib/consul-placement.ts";
import { dataCentresOf } from "../lib/data-centres.ts";
import { consulServerName } from "../lib/names.ts";
import { ask } from "./engine.ts";
import type { HostOutput } from "./state.ts";

/**
 * Where most of a data centre's Consul servers are on hosts that are not reached, whether the others can decide all the same,
 * as they can once `npm run recover` has told them that those are lost. Where they can't, nothing can be changed.
 * @param absent keys of the hosts that are not reached
 */
export async function quorumFaults(
  { stack, hosts }: Pick<Settings, "stack" | "hosts">,
  known: Readonly<Record<string, HostOutput>>,
  absent: readonly string[],
): Promise<string[]> {
  const faults = dataCentresOf(hosts).map(async (centre) => {
    const servers = centre.hosts.flatMap((host) =>
      (known[host.key]?.consulServers ?? []).map((number) => ({ number, host })),
    );
    const left = servers.filter(({ host }) => !absent.includes(host.key));
    const lost = servers.filter((server) => !left.includes(server));
    // With none left there is nothing to wait for either: new ones are made.
    if (isMajority(left.length, servers.length) || left.length === 0) return [];
    const leaders = left.map(({ number, host }) =>
      ask(host.docker, "exec", consulServerName(stack, number), ...askForLeader).catch(() => ""),
    );
    if ((await Promise.all(leaders)).some((answer) => JSON.parse(answer || '""') !== "")) return [];
    const keys = [...new Set(lost.map(({ host }) => host.key))];
    return [
      `Consul of data centre ${centre.name} can decide nothing: only ${left.length} of its ${servers.length} servers can be ` +
        `reached, not those on host ${keys.join(" and ")}. What serves serves on, but nothing can be changed until most are ` +
        `back. Where they are lost for good, \`npm run recover -- --stack ${stack}\` has what is left go on without them.`,
    ];
  });
  return (await Promise.all(faults)).flat();
}

const askForLeader = ["curl", "--silent", "--max-time", "5", "http://127.0.0.1:8500/v1/status/leader"];
