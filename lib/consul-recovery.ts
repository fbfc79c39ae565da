import { isMajority } from "./consul-placement.ts";

/** One of Consul's servers that run, as it sees its cluster. */
export interface ServerView {
  /** Its container. */
  readonly name: string;
  /** What servers have in common that can speak to each other. */
  readonly realm: string;
  /** Where it is reached by RPC, as Consul lists it. */
  readonly address: string;
  /** Addresses of all that vote, as it last knew; none where it has yet to join. */
  readonly peers: readonly string[];
  /** Address of the leader; empty where it knows of none. */
  readonly leader: string;
}

/** A cluster as its servers that run see it. */
export interface ClusterView<T extends ServerView> {
  /** Those that vote. */
  readonly members: readonly T[];
  /** Addresses of those that vote, and don't run. */
  readonly lost: readonly string[];
  /** Whether it can decide, or will be able to once its members have found each other. */
  readonly hasQuorum: boolean;
}

/** The clusters that some servers belong to, in the order in which they come. Whoever has yet to join is none of its members. */
export function clustersOf<T extends ServerView>(servers: readonly T[]): ClusterView<T>[] {
  const realms = [...new Set(servers.map(({ realm }) => realm))];
  return realms.map((realm) => {
    const members = servers.filter(
      (server) => server.realm === realm && server.peers.includes(server.address),
    );
    const voters = [...new Set(members.flatMap(({ peers }) => peers))].sort();
    const running = members.map(({ address }) => address);
    return {
      members,
      lost: voters.filter((address) => !running.includes(address)),
      hasQuorum: members.some(({ leader }) => leader !== "") || isMajority(running.length, voters.length),
    };
  });
}

/** A server as Consul reads of it in `raft/peers.json`: its id, and where it is reached by RPC. */
export interface RaftPeer {
  readonly id: string;
  readonly address: string;
}

/**
 * What `raft/peers.json` says of who votes. A server that finds it when it starts takes that for its cluster, whatever its log
 * says, and takes the file away (https://developer.hashicorp.com/consul/docs/manage/disaster-recovery).
 */
export function peersFile(peers: readonly RaftPeer[]): string {
  return `${JSON.stringify(
    peers.map(({ id, address }) => ({ id, address, non_voter: false })),
    undefined,
    2,
  )}\n`;
}
