/** Number of the state ESTABLISHED in /proc/net/tcp. */
const ESTABLISHED = "01";

/**
 * How many established connections a network namespace has to an address, from the text of its /proc/net/tcp.
 * Addresses stand there as hexadecimal in the machine's byte order, which is little-endian on every Docker platform.
 */
export function connectionsTo(table: string, ip: string, port: number): number {
  const address = ip
    .split(".")
    .reverse()
    .map((part) => Number(part).toString(16).padStart(2, "0"))
    .join("");
  const remote = `${address}:${port.toString(16).padStart(4, "0")}`.toUpperCase();
  return table
    .split("\n")
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , to, state]) => to === remote && state === ESTABLISHED).length;
}
