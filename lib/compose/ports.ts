import { isMap } from "./merge.ts";

/** A port that a compose service opens. */
export interface OpenPort {
  /** As it is written. */
  readonly text: string;
  /** In the container; undefined for a range of several. */
  readonly target?: number;
  /** On the host; undefined where Docker chooses one, or for a range. */
  readonly published?: number;
  /** Address of the host, where it is not all of them. */
  readonly address?: string;
  readonly protocol: string;
  /** Words of the long form that say more. */
  readonly others: readonly string[];
}

/** Reads an entry of `ports`: `8080:80`, `127.0.0.1:8080:80/tcp`, or a map. */
export function openPort(entry: unknown): OpenPort {
  if (isMap(entry)) {
    const { target, published, host_ip, protocol = "tcp", ...rest } = entry;
    const all = {
      ...numbers(String(target), published === undefined ? "" : String(published)),
      ...addressOf(String(host_ip ?? "")),
      protocol: String(protocol),
    };
    const text = [host_ip, published, target].filter((part) => part !== undefined).join(":");
    // A name and what is spoken are for people; the mode is that of Swarm.
    return { text: `${text}${protocol === "tcp" ? "" : `/${protocol}`}`, ...all, others: Object.keys(rest) };
  }
  const text = String(entry);
  const [whole = "", protocol = "tcp"] = text.split("/");
  const [, address = "", published = "", target = ""] =
    /^(?:(?:(.*):)?([\d-]*):)?([\d-]+)$/.exec(whole) ?? [];
  return { text, ...numbers(target, published), ...addressOf(address), protocol, others: [] };
}

function numbers(target: string, published: string): Pick<OpenPort, "target" | "published"> {
  return {
    ...(/^\d+$/.test(target) && { target: Number(target) }),
    ...(/^\d+$/.test(published) && Number(published) > 0 && { published: Number(published) }),
  };
}

function addressOf(text: string): Pick<OpenPort, "address"> {
  const address = text.replace(/^\[(.*)\]$/, "$1");
  return ["", "0.0.0.0", "::"].includes(address) ? {} : { address };
}

/** Ports that are rather not what users come for. */
const secondary = [22, 443, 8443];

/** Which of the ports a service is reached at: the first one over TCP that has a number, rather one that speaks no TLS or SSH. */
export function mainPort(ports: readonly OpenPort[]): OpenPort | undefined {
  const all = ports.filter(({ protocol, target }) => protocol === "tcp" && target !== undefined);
  return all.find(({ target = 0 }) => !secondary.includes(target)) ?? all[0];
}
