import { given, listed, type Path, type Problem } from "../faults.ts";
import type { Draft, ServiceDraft } from "../shapes.ts";
import { requiredServices } from "./requirements.ts";

type Requirers = Pick<Draft, "services" | "jobs">;
type Services = [name: string, service: ServiceDraft][];

/**
 * The service that answers what no route matches: the one that is marked; else the only service there is; else
 * the only one that could not be reached in another way. There may be none. Workers, which answer nothing, do not count.
 */
export function defaultService(draft: Requirers): string | undefined {
  const all = answering(draft);
  const marked = all.find(([, service]) => service.default);
  if (marked) return marked[0];
  const candidates =
    all.length === 1 ? all.filter(([, service]) => service.default === undefined) : hidden(all);
  return candidates.length === 1 ? candidates[0]?.[0] : undefined;
}

/** Every service that answers requests must be reachable, and no two in the same way. */
export function routeRules(draft: Requirers): Problem[] {
  const all = answering(draft);
  return [...oneDefault(all), ...reachable(all, defaultService(draft)), ...distinct(all)];
}

/**
 * One whose port is at fault may still be told by its other ways. Of TCP there is nothing to tell services by but ports; and
 * what other services require may be there for them alone.
 */
function answering(draft: Requirers): Services {
  const required = requiredServices(draft);
  return Object.entries(draft.services).filter(([name, { port, protocol, route, publish, ...rest }]) => {
    const isTold = route !== undefined || publish !== undefined || rest.default === true;
    return protocol === "http" && (isTold || (port !== undefined && !required.has(name)));
  });
}

function oneDefault(services: Services): Problem[] {
  const [first, ...others] = services.filter(([, service]) => service.default);
  return others.map(([name]) => ({
    path: ["services", name, "default"],
    message: `must not be true, since service ${first?.[0]} is the default already`,
    about: [
      ["services", name, "default"],
      ["services", first?.[0] ?? "", "default"],
    ],
  }));
}

function reachable(services: Services, byDefault: string | undefined): Problem[] {
  const unreachable = services.filter(
    ([name, { route, publish }]) => name !== byDefault && !route && !publish,
  );
  const someDefault =
    byDefault !== undefined || services.some(([, service]) => service.default !== undefined);
  const names = unreachable.map(([name]) => name);
  if (names.length > 1 && !someDefault) {
    const message = `must be told apart: ${listed(names)} have neither a route nor a publish port; mark one with default: true and give the others a route`;
    return [{ path: ["services"], message, about: names.flatMap(waysTo) }];
  }
  return names.map((name) => ({
    path: ["services", name],
    message: "must have a route or a publish port, since it is not the default service, got neither",
    about: [...waysTo(name), ...(byDefault ? [["services", byDefault, "default"]] : [])],
  }));
}

function waysTo(name: string): Path[] {
  return ["route", "publish", "default"].map((key) => ["services", name, key]);
}

function distinct(services: Services): Problem[] {
  const owners = new Map<string, string>();
  return services.flatMap(([name, { route }]) => {
    if (!route || !(route.host || route.path)) return [];
    const { host = [""], path = "/" } = route;
    return host.flatMap((host) => {
      const owner = owners.get(host + path);
      if (owner === undefined) {
        owners.set(host + path, name);
        return [];
      }
      const places = [
        ["services", name, "route"],
        ["services", owner, "route"],
      ];
      const message = `must differ from the route of service ${owner}, got ${given(host + path)} as well`;
      return [{ path: ["services", name, "route"], message, about: places }];
    });
  });
}

/** Services that nothing leads to unless they are the default. */
function hidden(services: Services): Services {
  return services.filter(
    ([, { route, publish, ...rest }]) => !route && !publish && rest.default === undefined,
  );
}
