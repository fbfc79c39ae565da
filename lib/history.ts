/** A version of a service as Consul's KV store remembers it. */
export interface Version {
  /** Name of the image with its tag. */
  readonly image: string;
  /** ISO time at which it began to serve. */
  readonly since: string;
}

/** Versions that are remembered of a service on a host. */
const REMEMBERED = 20;

/** Where Consul keeps the versions of a service that have served on a host, newest first. */
export const historyKey = (service: string, host: string) => `flotilla/versions/${service}/${host}`;

/** The history once an image serves; the same one where it has been serving already. */
export function withVersion(history: readonly Version[], image: string, since: string): readonly Version[] {
  return history[0]?.image === image ? history : [{ image, since }, ...history].slice(0, REMEMBERED);
}
