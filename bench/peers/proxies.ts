import type { Session } from "../session.ts";
import { Caddy } from "./caddy.ts";
import type { PeerProxy } from "./proxy.ts";
import { Traefik } from "./traefik.ts";

/** The other balancers, as far as they are there. */
export function proxies(session: Session, network: string): PeerProxy[] {
  const { name, folder } = session;
  const surroundings = { name, folder, network };
  const caddy = session.peer("caddy");
  const traefik = session.peer("traefik");
  return [
    ...(caddy ? [new Caddy(caddy, surroundings)] : []),
    ...(traefik ? [new Traefik(traefik, surroundings)] : []),
  ];
}
