/**
 * An address as the kernel writes it in /proc/net/tcp: hexadecimal in the machine's byte order, which is little-endian on
 * every Docker platform.
 */
export function tableAddress(ip: string, port: number): string {
  const address = ip
    .split(".")
    .reverse()
    .map((part) => Number(part).toString(16).padStart(2, "0"))
    .join("");
  return `${address}:${port.toString(16).padStart(4, "0")}`.toUpperCase();
}

/**
 * A command that prints how many established connections its network namespace has to the addresses. Counted in place: a
 * busy host has tens of thousands.
 */
export function countConnections(addresses: readonly { ip: string; port: number }[]): string[] {
  const wanted = addresses.map(({ ip, port }) => tableAddress(ip, port)).join(" ");
  // 01 is ESTABLISHED.
  const count = '$4 == "01" && index(" " wanted " ", " " $3 " ") { count++ } END { print count + 0 }';
  return ["awk", "-v", `wanted=${wanted}`, count, "/proc/net/tcp"];
}
