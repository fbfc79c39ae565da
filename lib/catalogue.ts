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

/** Balancers send requests to instances that carry this tag, and to no others, whatever Consul's check says of them. */
export const ADMITTED = "admitted";

/** The registration of an instance: its container's name is both its identity and its address. */
export function registrationOf(
  service: ServiceDefinition,
  instance: string,
  admitted: boolean,
): Registration {
  const { type, path, interval } = service.health;
  const target = `${instance}:${service.port}`;
  return {
    ID: instance,
    Name: service.name,
    // A name, not an IP: a restarted container may come back with another IP.
    Address: instance,
    Port: service.port,
    Tags: admitted ? ["flotilla", ADMITTED] : ["flotilla"],
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
      // It has just passed; without this it would start out as critical again.
      ...(admitted ? { Status: "passing" } : {}),
    },
  };
}

/** Name of a service's probes in the catalogue; no service is called so, since their names have no underscore. */
export const probeName = ({ name }: ServiceDefinition) => `${name}_probe`;

/** Stands in for an instance's registration while a changed check is tried on it, out of the balancers' sight. */
export function probeOf(service: ServiceDefinition, instance: string): Registration {
  const registration = registrationOf(service, instance, false);
  return {
    ...registration,
    ID: `${instance}-probe`,
    Name: probeName(service),
    Tags: ["probe"],
    Check: { ...registration.Check, CheckID: `${instance}:probe` },
  };
}

/** What an agent holds of one instance. */
export type Held = Pick<Registration, "Tags" | "Meta" | "Port">;

/** What has to be done so that an agent holds just the desired instances. Each list is sorted. */
export interface CatalogueDiff {
  /** Not admitted yet: to be registered and checked. */
  readonly add: readonly string[];
  /** Admitted, but registered with another port or check. */
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
  const admitted = (instance: string) => held[instance]?.Tags.includes(ADMITTED) ?? false;
  const changed = (instance: string) => {
    const { Port, Meta } = registrationOf(service, instance, true);
    const now = held[instance];
    return now?.Port !== Port || Object.entries(Meta).some(([key, value]) => now.Meta[key] !== value);
  };
  return {
    add: desired.filter((instance) => !admitted(instance)).sort(),
    change: desired.filter((instance) => admitted(instance) && changed(instance)).sort(),
    remove: Object.keys(held)
      .filter((instance) => !desired.includes(instance))
      .sort(),
  };
}
