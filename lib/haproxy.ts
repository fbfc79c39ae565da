import { createHash } from "node:crypto";

/**
 * HAProxy's words. What balancers are told of services is written with these, so that no value can be read as anything but
 * itself; the template of haproxy.cfg prints it as it is.
 */

/** One word of HAProxy's configuration, whatever is in the text. Throws on control characters, which none can hold. */
export function word(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (text === "" || /[\0-\x1f\x7f]/.test(text))
    throw new Error(`no word for HAProxy: ${JSON.stringify(text)}`);
  return text.replaceAll(/[\\"'# ]/g, "\\$&");
}

/** A span of time, whole milliseconds. */
export const time = (seconds: number) => `${Math.round(seconds * 1000)}ms`;

/*
 * Names of proxies. The dot, which no service's name has, keeps those of services apart from each other's and from our
 * own ("own.all", "own.nobody" …).
 */

/** The backend that holds a service's servers. */
export const serviceBackend = (service: string) => `service.${service}`;

/** The backend that answers for a service in maintenance; there only while it is. */
export const maintenanceBackend = (service: string) => `maintenance.${service}`;

/** The backend by which a balancer shows that it uses a routing table: named after the table's text in Consul. */
export const routesBackend = (text: string) =>
  `routes.${createHash("sha256").update(text).digest("hex").slice(0, 12)}`;

/** A backend that every balancer has. */
export const nobodyBackend = "own.nobody";

/** The frontend of the shared port. */
export const sharedFrontend = "own.all";
