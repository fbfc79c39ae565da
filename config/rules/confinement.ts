import { given, type Path, type Problem } from "../faults.ts";
import type { Draft, ServiceDraft } from "../shapes.ts";
import { type At, takenMount } from "./services.ts";

/** Rules on what the containers of services are kept from, and what they are given. */
export function confinementRules({ services }: Pick<Draft, "services">): Problem[] {
  return Object.entries(services).flatMap(([name, service]) => {
    const at = (...steps: Path): Path => ["services", name, ...steps];
    return [
      ...capabilities(service, at),
      ...tmpfs(service, at),
      ...ulimits(service, at),
      ...extraHosts(service, at),
    ];
  });
}

/** Docker itself would take "ALL" in both for all of them. */
function capabilities({ capabilities: { add, drop } }: ServiceDraft, at: At): Problem[] {
  return add.flatMap((capability, index) => {
    if (!drop.includes(capability)) return [];
    const path = at("capabilities", "add", index);
    const message = `must not be in capabilities.drop as well, got ${given(capability)}`;
    return [{ path, message, about: [path, at("capabilities", "drop")] }];
  });
}

/** What is wrong with file systems in memory. */
export function tmpfs(
  {
    tmpfs,
    volumes,
  }: { readonly tmpfs: ServiceDraft["tmpfs"]; readonly volumes: readonly { readonly path: string }[] },
  at: At,
): Problem[] {
  return tmpfs.flatMap(({ path: place }, index) => {
    const path = at("tmpfs", index, "path");
    const taken = takenMount(path, place);
    if (taken) return [taken];
    if (volumes.some((volume) => volume.path === place)) {
      const message = `must not be the path of a volume of the service, got ${given(place)}`;
      return [{ path, message, about: [path, at("volumes")] }];
    }
    const first = tmpfs.findIndex((other) => other.path === place);
    if (first === index) return [];
    return [{ path, message: `must not be listed twice, got ${given(place)} again`, about: [at("tmpfs")] }];
  });
}

function ulimits({ ulimits: { nofile } }: ServiceDraft, at: At): Problem[] {
  if (nofile?.hard !== -1) return [];
  return [
    { path: at("ulimits", "nofile"), message: "must be a number of files, since Linux takes no -1 here" },
  ];
}

function extraHosts({ extraHosts }: ServiceDraft, at: At): Problem[] {
  const lines = extraHosts.map(({ host, ip }) => `${host}:${ip}`);
  return lines.flatMap((line, index) => {
    if (lines.indexOf(line) === index) return [];
    const path = at("extraHosts", index);
    return [
      { path, message: `must not be listed twice, got ${given(line)} again`, about: [at("extraHosts")] },
    ];
  });
}
