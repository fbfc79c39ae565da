/** Numbers of states in /proc/net/tcp. */
const ESTABLISHED = "01";
const LISTEN = "0A";

/**
 * A program for awk that counts, in /proc/net/tcp, the established connections to any of the addresses in its variable
 * `remotes`. A busy balancer's table is megabytes long: it is counted where it is.
 */
export const countConnections = `
  BEGIN { n = split(remotes, list, " "); for (i = 1; i <= n; i++) wanted[list[i]] = 1 }
  $4 == "${ESTABLISHED}" && $3 in wanted { count++ }
  END { print count + 0 }`;

/**
 * An IPv4 address as it stands in /proc/net/tcp: hexadecimal in the machine's byte order, which is little-endian on every
 * Docker platform.
 */
export function inTable(ip: string, port: number): string {
  const address = ip
    .split(".")
    .reverse()
    .map((part) => Number(part).toString(16).padStart(2, "0"))
    .join("");
  return `${address}:${port.toString(16).padStart(4, "0")}`.toUpperCase();
}

/** Where a network namespace takes connections. */
export interface Listening {
  readonly port: number;
  /** Whether nothing but the namespace itself gets there. */
  readonly loopback: boolean;
}

/** Where a network namespace takes connections, from the text of its /proc/net/tcp and /proc/net/tcp6. */
export function listening(table: string): Listening[] {
  return table
    .split("\n")
    .map((line) => line.trim().split(/\s+/))
    .flatMap(([, local = "", , state]) => {
      const [address = "", port = ""] = local.split(":");
      // Docker's own name server, which listens in every container.
      if (state !== LISTEN || address === "0B00007F") return [];
      return [{ port: Number.parseInt(port, 16), loopback: isLoopback(address) }];
    });
}

/** 127.0.0.0/8, alone or mapped into IPv6, or ::1. */
function isLoopback(address: string): boolean {
  if (address.length === 8) return address.endsWith("7F");
  return address === "00000000000000000000000001000000" || /^0{16}FFFF0000.{6}7F$/.test(address);
}
