import { readFileSync } from "node:fs";
import { join } from "node:path";
import { say } from "../harness/say.ts";
import { attempt } from "../runtime/program.ts";
import { cache, onPath, root } from "../setup/places.ts";
import { build } from "../setup/toolchain.ts";

/** Whom flotilla is measured beside, apart from plain Docker. */
export const peerNames = ["caddy", "compose", "traefik"] as const;
export type PeerName = (typeof peerNames)[number];

/** A peer's program. */
export interface Peer {
  readonly program: string;
  readonly version: string;
}

/** Those that there are; a peer that is missing here is not measured. */
export type Peers = Readonly<Partial<Record<PeerName, Peer>>>;

const modules: Record<PeerName, string> = {
  caddy: "github.com/caddyserver/caddy/v2",
  compose: "github.com/docker/compose/v2",
  traefik: "github.com/traefik/traefik/v3",
};

/** From PATH where that has the very version, otherwise built from its Go module into the cache, once. */
export async function findPeers(names: readonly PeerName[]): Promise<Peers> {
  const found: Partial<Record<PeerName, Peer>> = {};
  for (const name of names) {
    const version = pinnedVersion(name);
    const program = (await installed(name, version)) ?? (await built(name));
    if (program) found[name] = { program, version };
    else say(`${name} ${version} is neither there nor can be built: it is not measured`);
  }
  return found;
}

/** What the peer's go.mod below toolchain/ demands, without the v. */
function pinnedVersion(name: PeerName): string {
  const file = readFileSync(join(root, "toolchain", `peer-${name}`, "go.mod"), "utf8");
  const [, version] = new RegExp(`^\\s*(?:require )?${modules[name]} v(\\S+)`, "m").exec(file) ?? [];
  if (version === undefined) throw new Error(`toolchain/peer-${name}/go.mod does not say the version`);
  return version;
}

async function installed(name: PeerName, version: string): Promise<string | undefined> {
  const program = onPath(name === "compose" ? "docker-compose" : name);
  if (program === undefined) return undefined;
  const { output } = await attempt(program, ["version"]);
  return output.includes(version) ? program : undefined;
}

async function built(name: PeerName): Promise<string | undefined> {
  try {
    await build(`peer-${name}`);
    return join(cache, "bin", `peer-${name}`);
  } catch (error) {
    say((error as Error).message);
    return undefined;
  }
}
