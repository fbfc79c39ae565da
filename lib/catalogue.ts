/** What an agent is told of one instance, in the shape of Consul's `PUT /v1/agent/service/register`. */
export interface Registration {
  readonly ID: string;
  readonly Name: string;
  readonly Address: string;
  readonly Port: number;
  readonly Tags: readonly string[];
  readonly Meta: Readonly<Record<string, string>>;
  readonly Check: Readonly<Record<string, string>>;
}

/** The service whose instances a registration run brings about. */
export interface ServiceDefinition {
  readonly name: string;
  readonly port: number;
  readonly health: { readonly type: "http" | "tcp"; readonly path: string; readonly interval: number };
}

/** Where an instance is to be reached, in the network of its host: its container's name, which outlives its IP. */
export const targetOf = (service: Pick<ServiceDefinition, "port">, instance: string) =>
  `${instance}:${service.port}`;

/**
 * The registration of an instance, which lets it in: balancers send requests to all that are registered, whatever
 * Consul's check says of them. Its container's name is both its identity and its address.
 */
export function registrationOf(service: ServiceDefinition, instance: string): Registration {
  const { type, path, interval } = service.health;
  const target = targetOf(service, instance);
  return {
    ID: instance,
    Name: service.name,
    Address: instance,
    Port: service.port,
    Tags: ["flotilla"],
    Meta: {
      "health-type": type,
      "health-path": type === "http" ? path : "",
      // Twice as often as Consul's check: balancers are to notice a dead server within 2 s.
      "balancer-interval": `${Math.round(interval * 500)}ms`,
    },
    Check: {
      CheckID: `${instance}:health`,
      Name: type === "http" ? `GET ${path}` : "TCP connection",
      Interval: `${interval}s`,
      Timeout: "5s",
      ...(type === "http" ? { HTTP: `http://${target}${path}` } : { TCP: target }),
      // It has just passed; without this it would start out as critical.
      Status: "passing",
    },
  };
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
    return now && (now.Port !== Port || Object.entries(Meta).some(([key, value]) => now.Meta[key] !== value));
  };
  return {
    add: desired.filter((instance) => !(instance in held)).sort(),
    change: desired.filter(changed).sort(),
    remove: Object.keys(held)
      .filter((instance) => !desired.includes(instance))
      .sort(),
  };
}
