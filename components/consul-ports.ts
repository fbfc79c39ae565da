/** A published port as the provider takes it. */
interface PublishedPort {
  readonly internal: number;
  readonly external: number;
  readonly ip: string;
  readonly protocol: string;
}

/** Ports at which servers and agents on other hosts are spoken to. */
export function peerPorts(rpc: readonly number[], gossip: number): PublishedPort[] {
  const open = (port: number, protocol = "tcp") => ({
    internal: port,
    external: port,
    ip: "0.0.0.0",
    protocol,
  });
  return [...rpc.map((port) => open(port)), open(gossip), open(gossip, "udp")];
}
