/** A version of a service as Consul's KV store remembers it. */
export interface Version {
  /** Name of the image with its tag. */
  readonly image: string;
  /** ISO time at which it began to serve. */
  readonly since: string;
}

/** Versions that are remembered of a service on a host. */
const REMEMBERED = 20;

/** Below it Consul keeps which versions have served. */
export const versionsFolder = "flotilla/versions/";

/** Where Consul keeps the versions of a service that have served on a host, newest first. */
export const historyKey = (service: string, host: string) => `${versionsFolder}${service}/${host}`;

/** The history once an image serves; the same one where it has been serving already. */
export function withVersion(history: readonly Version[], image: string, since: string): readonly Version[] {
  return history[0]?.image === image ? history : [{ image, since }, ...history].slice(0, REMEMBERED);
}

/** A version with the time that it served; the present one still does. */
export interface Span extends Version {
  readonly until?: string;
}

/** The histories of a service on its hosts as one, newest first: hosts take a new version one after another. */
export function timeline(histories: readonly (readonly Version[])[]): Span[] {
  const spans: Span[] = [];
  const oldestFirst = histories.flat().sort((a, b) => Date.parse(a.since) - Date.parse(b.since));
  for (const { image, since } of oldestFirst) {
    const [latest] = spans;
    if (latest?.image === image) continue;
    if (latest) spans[0] = { ...latest, until: since };
    spans.unshift({ image, since });
  }
  return spans;
}

/** The tag of an image that was built for the service, undefined for any other image: the version, in short. */
export function versionOf(image: string, built: string): string | undefined {
  const end = image.lastIndexOf(":");
  return image.slice(0, end).split("/").at(-1) === built ? image.slice(end + 1) : undefined;
}
