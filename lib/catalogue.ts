import type { HealthSettings } from "../config/settings.ts";
import { exchangeOf } from "./exchange.ts";
import { time, word } from "./haproxy.ts";

/** What an agent is told of one instance, in the shape of Consul's `PUT /v1/agent/service/register`. */
export interface Registration {
  readonly ID: string;
  readonly Name: string;
  readonly Address: string;
  readonly Port: number;
  readonly Tags: readonly string[];
  readonly Meta: Readonly<Record<string, string>>;
  readonly Check?: Readonly<Record<string, unknown>>;
}

/** The service whose instances a registration run brings about. */
export type ServiceDefinition = AnsweringService | WorkerService;

/** One that answers requests. */
export interface AnsweringService {
  readonly name: string;
  readonly port: number;
  readonly health: Omit<HealthSettings, "timeout">;
  /** Whether clients keep to the instance that answered them first. */
  readonly sessions: boolean;
  /** @default "http" */
  readonly protocol?: "http" | "tcp";
  /** Port of the balancers at which the services that require it reach it; absent where none does. */
  readonly provides?: number;
}

/** One that answers none: balancers never hear of it. */
export interface WorkerService {
  readonly name: string;
  readonly port?: undefined;
  readonly sessions?: undefined;
  readonly provides?: undefined;
}

/** Where an instance is to be reached, in the network of its host: its container's name, which outlives its IP. */
export const targetOf = (service: Pick<AnsweringService, "port">, instance: string) =>
  `${instance}:${service.port}`;

/**
 * The registration of an instance, which lets it in: balancers send requests to all that are registered, whatever
 * Consul's check says of them. Its container's name is both its identity and its address. A worker's is there to be seen:
 * it has neither the tag that balancers go by, nor anything to check.
 */
export function registrationOf(service: ServiceDefinition, instance: string): Registration {
  const identity = { ID: instance, Name: service.name, Address: instance };
  if (service.port === undefined) return { ...identity, Port: NO_PORT, Tags: tagsOf(NO_PORT), Meta: {} };
  const { type, path, method, host, interval, checkTimeout } = service.health;
  const target = targetOf(service, instance);
  const http = type === "http";
  const exchange = exchangeOf(service.health);
  return {
    ...identity,
    Port: service.port,
    Tags: tagsOf(service.port),
    // How HAProxy is to check, in its words.
    Meta: {
      "haproxy-uri": http ? word(path) : "",
      "haproxy-host": http ? word(host) : "",
      // Twice as often as Consul's check: balancers are to notice a dead server soon.
      "haproxy-inter": time(interval / 2),
      "haproxy-timeout": time(checkTimeout),
      "haproxy-options": "",
      // Those that require the service must reach it before the routing table, which is written last, tells of it.
      ...(service.protocol === "tcp" && { [PROTOCOL]: service.protocol }),
      ...(service.provides !== undefined && { [PROVIDES]: String(service.provides) }),
      ...(http && method !== "GET" && { [METHOD]: method }),
      ...(exchange && { [SEND]: exchange.send, [EXPECT]: word(exchange.expect) }),
    },
    Check: {
      CheckID: `${instance}:health`,
      Name: http ? `${method} ${path}` : "TCP connection",
      Interval: `${interval}s`,
      Timeout: `${checkTimeout}s`,
      ...(http
        ? { HTTP: `http://${target}${path}`, Method: method, Header: { Host: [host] } }
        : { TCP: target }),
      // It has just passed; without this it would start out as critical.
      Status: "passing",
    },
  };
}

/** Meta data that not all instances have. */
const PROTOCOL = "haproxy-protocol";
const PROVIDES = "haproxy-provides";
const METHOD = "haproxy-method";
const SEND = "haproxy-send";
const EXPECT = "haproxy-expect";

/** What Consul has for a port where there is none. */
const NO_PORT = 0;

/** Balancers send requests to instances with this tag. */
const tagsOf = (port: number) => (port === NO_PORT ? [] : ["flotilla"]);

/** Whether requests may be on their way to an instance, by what an agent holds of it. */
export const getsRequests = ({ Port }: Pick<Held, "Port">) => Port !== NO_PORT;

/**
 * Which requests balancers still send to an instance, in HAProxy's words: those of clients that keep to it, or those that
 * nobody else is there for.
 */
const scopes = { sessions: "weight 0", "last resort": "backup" } as const;

export type Scope = keyof typeof scopes;

/**
 * The registration of an instance that is to leave, and is sent only such requests. How it is reached and checked stays as
 * the agent holds it.
 */
export function leavingOf(
  service: AnsweringService,
  instance: string,
  held: Held,
  scope: Scope,
): Registration {
  return onlyFor(scope, asHeld(service, instance, held));
}

/** The same registration, by which balancers send the instance only such requests. */
export function onlyFor(scope: Scope, registration: Registration): Registration {
  return { ...registration, Meta: { ...registration.Meta, "haproxy-options": scopes[scope] } };
}

/** Meta data by which it shows which token an instance was registered with. */
const TOKEN = "flotilla-token";

/**
 * The same registration, which tells by which token it is made. An agent keeps that token, and tells the servers of the
 * instance with it, of its end, too: one that is revoked leaves the instance in the catalogue for good.
 */
export function madeWith(registration: Registration, accessorId: string): Registration {
  return { ...registration, Meta: { ...registration.Meta, [TOKEN]: accessorId } };
}

/** Public name of the token that a registration was made with; undefined where it does not tell. */
export const tokenOf = (meta: Held["Meta"]): string | undefined => meta[TOKEN];

/** The registration of an instance as an agent holds it, to be made anew. */
export function asHeld(service: ServiceDefinition, instance: string, { Port, Meta }: Held): Registration {
  return { ...registrationOf(service, instance), Port, Tags: tagsOf(Port), Meta };
}

/** What an agent holds of one instance. */
export type Held = Pick<Registration, "Meta" | "Port">;

/** What has to be done so that an agent holds just the desired instances. Each list is sorted. */
export interface CatalogueDiff {
  /** To be checked and registered. */
  readonly add: readonly string[];
  /** Registered with another port or check. */
  readonly change: readonly string[];
  /** To be taken out. */
  readonly remove: readonly string[];
}

/** Compares the desired instances of a service with those that the agent holds, by identity. */
export function catalogueDiff(
  service: ServiceDefinition,
  desired: readonly string[],
  held: Readonly<Record<string, Held>>,
): CatalogueDiff {
  const changed = (instance: string) => {
    const { Port, Meta } = registrationOf(service, instance);
    const now = held[instance];
    const keys = [...Object.keys(Meta), PROTOCOL, PROVIDES, METHOD, SEND, EXPECT];
    return now && (now.Port !== Port || keys.some((key) => now.Meta[key] !== Meta[key]));
  };
  return {
    add: desired.filter((instance) => !(instance in held)).sort(),
    change: desired.filter(changed).sort(),
    remove: Object.keys(held)
      .filter((instance) => !desired.includes(instance))
      .sort(),
  };
}
