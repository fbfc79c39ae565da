import { chooseGround, type Ground } from "./ground.ts";
import { labelsOf, readLabels } from "./labels.ts";
import type { Passage } from "./service.ts";

/** Where services are reached: published ports, routes, the one by default, and at which ports others find them. */
export function placesOf(
  passages: readonly Passage[],
  published: ReadonlyMap<Passage, number | undefined>,
  others: readonly Ground[],
): Ground {
  const required = new Set(
    passages.flatMap(({ written }) => Object.keys((written.requires as object | undefined) ?? {})),
  );
  const publishes = outside(passages, published);
  for (const passage of passages) if (!isReached(passage, required)) asWorker(passage);
  byDefaultOrRoute(passages, required);
  const inside = new Set([
    ...publishes,
    ...passages.flatMap(({ port, key }) => (port !== undefined && required.has(key) ? [port] : [])),
  ]);
  const copies = passages.reduce((sum, { written }) => sum + Number(written.replicas ?? 1), 0);
  const ground = chooseGround(inside, copies, others);
  provided(
    passages.filter(({ key }) => required.has(key)),
    publishes,
  );
  return ground;
}

/** Each one's port, with what labels and the compose file open to those outside; answers which ports are published. */
function outside(
  passages: readonly Passage[],
  published: ReadonlyMap<Passage, number | undefined>,
): Set<number> {
  const publishes = new Set<number>();
  for (const passage of passages) {
    const { port, written, notes, protocol } = passage;
    if (port === undefined) continue;
    written.port = port;
    if (protocol === "tcp") written.protocol = "tcp";
    const wanted = published.get(passage);
    const labels = readLabels(labelsOf(passage));
    if (labels.route && protocol === "http") {
      written.route =
        labels.route.host?.length === 1 ? { ...labels.route, host: labels.route.host[0] } : labels.route;
      notes.changed(
        "labels",
        "its hosts and paths are a route; TLS is spoken by who stands in front of the balancers",
      );
    }
    if (wanted !== undefined && !publishes.has(wanted)) {
      written.publish = wanted;
      publishes.add(wanted);
    } else if (wanted !== undefined) notes.left("ports", `${wanted}: another service has that host port`);
  }
  return publishes;
}

/** Whether anybody comes to it, from outside or from another service; one without a port has nothing to come to. */
function isReached(passage: Passage, required: ReadonlySet<string>): boolean {
  const { port, written, protocol, service, key } = passage;
  const isOpen =
    protocol === "http" && (service.ports !== undefined || readLabels(labelsOf(passage)).port !== undefined);
  return port === undefined || required.has(key) || Boolean(written.publish || written.route) || isOpen;
}

/** What Compose has opened to nobody outside is not opened here. */
function asWorker(passage: Passage): void {
  const { port, written, notes, protocol } = passage;
  delete passage.port;
  delete written.port;
  delete written.protocol;
  notes.changed(
    "port",
    `none: no variable tells anybody where it is, so that it runs as a worker, which nobody reaches; with port: ${port}${protocol === "tcp" ? ", protocol: tcp" : ""} others can require it`,
  );
}

/** One service answers whatever no route claims; others that nothing leads to get a route. */
function byDefaultOrRoute(passages: readonly Passage[], required: ReadonlySet<string>): void {
  const web = passages.filter(({ port, protocol }) => port !== undefined && protocol === "http");
  const hidden = web.filter(({ written, key }) => !written.publish && !written.route && !required.has(key));
  const score = ({ written }: Passage) => [80, 8080, 3000, 8000].indexOf(Number(written.publish)) >>> 0;
  const [first] = web
    .filter(({ written }) => written.publish !== undefined)
    .toSorted((a, b) => score(a) - score(b));
  const byDefault = web.some(({ written }) => written.route) ? hidden[0] : (first ?? hidden[0]);
  for (const passage of web) {
    const { notes, written, key } = passage;
    if (passage === byDefault) {
      written.default = true;
      notes.changed("default", "true: it answers at the balancers' shared port what no route claims");
    } else if (hidden.includes(passage)) {
      written.route = { host: `${key}.localhost` };
      notes.changed(
        "route",
        `host ${key}.localhost: nothing else leads to it; give it a name that leads to your hosts`,
      );
    }
  }
}

/** Those that are required are found at ports of the balancers, of which each is one's alone. */
function provided(required: readonly Passage[], publishes: ReadonlySet<number>): void {
  const taken = new Set<number>();
  // Who is found at a port that nobody tells has to keep it.
  for (const passage of required.toSorted(
    (a, b) => Number(b.reliedOn ?? false) - Number(a.reliedOn ?? false),
  )) {
    const { written, notes, port = 0 } = passage;
    const isFree = (one: number) =>
      one <= 65_535 && !taken.has(one) && (one === written.publish || !publishes.has(one));
    const place =
      [port, ...Array.from({ length: 9999 }, (_, index) => 20_000 + (port % 10_000) + index)].find(isFree) ??
      port;
    taken.add(place);
    if (place === port) continue;
    written.provides = place;
    notes.changed(
      "provides",
      `${place}: another service has ${port} at the balancers${passage.reliedOn ? "; who requires it must be told that port, as {{port}} in requires" : ""}`,
    );
  }
}
