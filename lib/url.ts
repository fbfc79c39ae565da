import { isIPv6 } from "node:net";

/** The root of what answers HTTP at an IP address or DNS name. */
export function httpUrl(address: string, port: number): string {
  return `http://${isIPv6(address) ? `[${address}]` : address}:${port}/`;
}
