import { isHealthPath } from "../../config/formats.ts";
import { secondsOf } from "./amounts.ts";
import { isMap } from "./merge.ts";
import type { Passage } from "./service.ts";

/** What a health check's command asks. */
export type Asked =
  | { readonly kind: "http"; readonly path: string; readonly port: number; readonly isTls: boolean }
  | { readonly kind: "redis" | "postgres" | "mysql" }
  | { readonly kind: "other" };

/** What a check's command asks: a page, or a server in its own words. */
export function askedBy(test: unknown): Asked {
  const text = [test].flat().map(String).join(" ");
  if (/\bpg_isready\b|\bpsql\b/.test(text)) return { kind: "postgres" };
  if (/\b(?:redis|valkey|keydb)-cli\b/.test(text)) return { kind: "redis" };
  if (/\b(?:mysqladmin|mariadb-admin|mysql|mariadb|healthcheck\.sh)\b/.test(text)) return { kind: "mysql" };
  const [, scheme, digits, rest = ""] =
    /(https?):\/\/(?:localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1?\]|\$\{?HOSTNAME\}?|[\w-]+)(?::(\d+))?(\/[^\s"'`|;>)\]]*)?/.exec(
      text,
    ) ??
    // Without a scheme, as curl takes it.
    /(?:curl|wget)\b[^|;&]*?\s(?<scheme>)(?:localhost|127\.0\.0\.1)(?::(\d+))?(\/[^\s"'`|;>)\]]*)?/.exec(
      text,
    ) ??
    [];
  if (scheme === undefined) return { kind: "other" };
  const isTls = scheme === "https";
  const port = digits === undefined ? (isTls ? 443 : 80) : Number(digits);
  return { kind: "http", path: rest.replace(/#.*$/, "") || "/", port, isTls };
}

/** The health check of a service that answers at its port; of a worker there is none. */
export function healthKeys(passage: Passage): void {
  const { service, notes, written, port, protocol } = passage;
  const check = isMap(service.healthcheck) ? service.healthcheck : undefined;
  const test = check?.test;
  const isOff = check?.disable === true || check?.disable === "true" || [test].flat()[0] === "NONE";
  if (port === undefined) {
    if (check)
      notes.left("healthcheck", isOff ? "there is none" : "a service without a port is well when it runs");
    return;
  }
  const health: Record<string, unknown> = {};
  const asked = test === undefined || isOff ? undefined : askedBy(test);
  if (protocol === "tcp") {
    const type = passage.check;
    if (type) health.type = type;
    if (asked === undefined) {
      if (check)
        notes.changed("healthcheck", type ? `asked in the words of ${type}` : "asked for a connection");
    } else if (type !== undefined && asked.kind === type)
      notes.taken("healthcheck", `type ${type}: asked from outside, in the same words`);
    else
      notes.changed(
        "healthcheck",
        `${type ? `asked in the words of ${type}` : "asked for a connection"}, from outside, and not by a command in the container`,
      );
  } else {
    const path = httpPath(passage, asked);
    health.path = path;
    if (path === "/" && asked?.kind !== "http")
      notes.changed(
        "healthcheck",
        `${check && !isOff ? "not its command, but" : "new:"} GET / must answer with 2xx or 3xx; health.path says otherwise`,
      );
  }
  const patience = patienceOf(check);
  if (patience !== undefined) health.timeout = patience;
  const paces = ["interval", "timeout", "retries", "start_period", "start_interval"].filter(
    (key) => check?.[key] !== undefined,
  );
  if (paces.length > 0)
    notes.changed(
      `healthcheck.${paces.join(", ")}`,
      `asked each second, answered within one (health.interval, health.checkTimeout); new copies get ${patience ?? 60} s`,
    );
  if (Object.keys(health).length > 0) written.health = health;
}

function httpPath({ notes, port, known }: Passage, asked: Asked | undefined): string {
  if (asked?.kind === "http") {
    if (asked.port === port && !asked.isTls && isHealthPath(asked.path)) {
      notes.taken("healthcheck", `GET ${asked.path}, from outside`);
      return asked.path;
    }
    const [path] = /^[^?]*/.exec(asked.path) ?? ["/"];
    if (asked.port !== port)
      notes.changed(
        "healthcheck",
        `asks port ${port}, at which it serves, and not ${asked.port}: GET ${isHealthPath(path) ? path : "/"}`,
      );
    else notes.changed("healthcheck", `GET ${isHealthPath(path) ? path : "/"}, without TLS`);
    return isHealthPath(path) ? path : "/";
  }
  if (known?.path !== undefined) {
    notes.changed("healthcheck", `GET ${known.path} from outside, as this image answers it`);
    return known.path;
  }
  return "/";
}

/** Seconds that new copies have to get well, where Compose gives them more than a minute. */
function patienceOf(check: Record<string, unknown> | undefined): number | undefined {
  if (!check) return undefined;
  const start = secondsOf(check.start_period ?? "0s") ?? 0;
  const tries = Number(check.retries ?? 3) * (secondsOf(check.interval ?? "30s") ?? 30);
  const seconds = Math.ceil(
    start + (check.retries === undefined && check.interval === undefined ? 0 : tries),
  );
  return seconds > 60 ? Math.min(3600, seconds) : undefined;
}
