import { listed } from "../../config/faults.ts";
import { askedBy } from "./health.ts";
import { labelsOf, readLabels } from "./labels.ts";
import { isMap } from "./merge.ts";
import { mainPort, openPort } from "./ports.ts";
import type { Passage } from "./service.ts";

/** Which of its ports it is reached at; answers what is published of it. */
export function portOf(passage: Passage, isWaitedFor: boolean): number | undefined {
  const { service, notes, known, env } = passage;
  const ports = [service.ports ?? []].flat().map(openPort);
  const labels = readLabels(labelsOf(passage));
  const main =
    labels.port === undefined
      ? mainPort(ports)
      : (ports.find(({ target }) => target === labels.port) ?? undefined);
  const exposed = [service.expose ?? []].flat().map((one) => openPort(one));
  const ofExpose = mainPort(exposed)?.target;
  const ofEnv =
    /^\d{2,5}$/.test(env.get("PORT") ?? "") && service.build !== undefined
      ? Number(env.get("PORT"))
      : undefined;
  const isWorker = ports.length > 0 && main === undefined;
  // Where its own check asks it, it listens.
  const asked = isMap(service.healthcheck) && isWaitedFor ? askedBy(service.healthcheck.test) : undefined;
  const ofCheck = asked?.kind === "http" ? asked.port : undefined;
  const port =
    labels.port ?? main?.target ?? (isWorker ? undefined : (ofExpose ?? known?.port ?? ofEnv ?? ofCheck));
  if (port !== undefined) passage.port = port;
  if (service.expose !== undefined) {
    const rest = exposed.filter(({ target }) => target !== port).map(({ text }) => text);
    if (exposed.some(({ target }) => target === port)) notes.taken("expose", String(port));
    if (rest.length > 0)
      notes.left(
        "expose",
        `${listed(rest)}: a service is reached at one port${port === undefined ? "" : `, ${port}`}`,
      );
  }
  for (const open of ports) {
    const at = `ports[${ports.indexOf(open)}]`;
    if (open !== main) notes.left(at, whyNot(open, port));
    else if (open.address !== undefined)
      notes.changed(
        at,
        `${open.text}: not published, since flotilla publishes on all addresses of a host; publish: ${open.published ?? open.target} does so`,
      );
    else if (open.published === undefined)
      notes.changed(at, `${open.text}: the port in the container; none is published`);
    else notes.taken(at, open.text);
    if (open.others.length > 0)
      notes.left(`${at}.${open.others.join(", ")}`, "balancers publish a port on every host, under no name");
  }
  if (service.network_mode !== undefined) networkMode(passage, String(service.network_mode));
  return main?.address === undefined ? main?.published : undefined;
}

function whyNot({ text, target, protocol }: ReturnType<typeof openPort>, port: number | undefined): string {
  if (protocol !== "tcp") return `${text}: balancers speak TCP`;
  if (target === undefined) return `${text}: is a range; a service is reached at one port`;
  return `${text}: a service is reached at one port${port === undefined ? "" : `, ${port}`}; what is behind another one can be a service of its own`;
}

function networkMode({ notes, port }: Passage, mode: string): void {
  if (mode === "bridge" || mode === "default") notes.taken("network_mode", mode);
  else if (mode === "host")
    notes.left(
      "network_mode",
      `host: copies are in the stack's network, and reached at the balancers${port === undefined ? "; name the port that it listens on, or it counts as a worker" : ""}`,
    );
  else if (mode === "none") notes.left("network_mode", "none: copies are in the stack's network");
  else
    notes.left(
      "network_mode",
      `${mode}: each copy has a network of its own, so that what shared one reaches the other by requires`,
    );
}
