import { labelsOf, readLabels } from "./labels.ts";
import { leftOut } from "./left-out.ts";
import type { Passage } from "./service.ts";

/** Tells of what no other part has told of. */
export function theRest(passage: Passage): void {
  const { service, notes } = passage;
  const labels = labelsOf(passage);
  if (service.labels !== undefined || Object.keys(labels).length > 0) {
    const { rest } = readLabels(labels);
    if (rest.length > 0)
      notes.left(
        "labels",
        `${rest.length === 1 ? rest[0] : `${rest.length} of them`}: containers have flotilla's own labels only`,
      );
    else if (!notes.keys.has("labels")) notes.taken("labels", "its port");
  }
  if (service.networks !== undefined)
    notes.left(
      "networks",
      "all services of a stack are in one network, in which they find each other by requires only",
    );
  if (service.profiles !== undefined) notes.taken("profiles", "asked for");
  const told = notes.keys;
  const silent: Readonly<Record<string, string>> = {
    depends_on: "names nobody",
    links: "names nobody",
    ports: "none",
    environment: "",
    volumes: "none",
    secrets: "none",
    security_opt: "none",
    env_file: "none",
  };
  for (const [key, value] of Object.entries(service)) {
    if (told.has(key)) continue;
    if (key.startsWith("x-")) notes.left(key, "is your own");
    else if (leftOut[key] !== undefined) notes.left(key, leftOut[key]);
    else if (silent[key] !== undefined) notes.taken(key, silent[key]);
    else if (value === null || (typeof value === "object" && Object.keys(value).length === 0))
      notes.taken(key, "says nothing");
    else if (key === "environment" || key === "deploy") notes.taken(key);
    else notes.left(key, "flotilla has nothing of the kind");
  }
}
