import type { Ground } from "./ground.ts";
import type { Passage } from "./service.ts";

/** Sections of the config below `flotilla:`, of what services have become; what is as it is by default is not there. */
export function sectionsFor(passages: readonly Passage[], ground: Ground): Record<string, unknown> {
  return {
    ...(ground.subnet !== "172.30.0.0/16" && { network: { subnet: ground.subnet } }),
    ...(ground.consulPort !== 8500 && { consul: { port: ground.consulPort } }),
    ...loadBalancers(ground),
    services: Object.fromEntries(passages.map((passage) => [passage.key, ordered(passage)])),
  };
}

function loadBalancers({ balancerPort, statsPort }: Ground) {
  const own = {
    ...(balancerPort !== 8080 && { port: balancerPort }),
    ...(statsPort !== 9000 && { statsPort }),
  };
  return Object.keys(own).length > 0 && { loadBalancers: own };
}

const order = [
  "build",
  "image",
  "pin",
  "replicas",
  "port",
  "protocol",
  "publish",
  "provides",
  "default",
  "route",
  "health",
  "requires",
  "env",
  "secrets",
];

/** Keys in the order in which people look for them. */
function ordered({ written }: Passage): Record<string, unknown> {
  const place = (key: string) => (order.indexOf(key) < 0 ? order.length : order.indexOf(key));
  return Object.fromEntries(Object.entries(written).sort(([a], [b]) => place(a) - place(b)));
}
