import { listed } from "../../config/faults.ts";
import type { Ground } from "./ground.ts";
import { isMap } from "./merge.ts";
import type { Notes } from "./notes.ts";
import type { Project } from "./project.ts";
import type { Passage } from "./service.ts";

/** Tells of what the file has beside its services. */
export function atTheTop(project: Project, passages: readonly Passage[], ground: Ground, top: Notes): void {
  const { sections, missing } = project;
  if (missing.length > 0)
    top.changed("variables", `${listed(missing)}: not set, and so empty, as with Compose`);
  for (const key of project.top) {
    if (key === "version") top.left(key, "Compose itself does not heed it any more");
    else if (key === "name") top.taken(key, String(project.name));
    else if (key.startsWith("x-")) top.taken(key, "as far as others refer to it");
    else top.left(key, "flotilla has nothing of the kind");
  }
  const names = (section: keyof Project["sections"]) => Object.keys(sections[section]);
  if (names("networks").length > 0)
    top.left("networks", `${listed(names("networks"))}: a stack has one network, ${ground.subnet}`);
  if (names("configs").length > 0)
    top.left(
      "configs",
      `${listed(names("configs"))}: files belong into the image, or into a folder that is a volume of kind bind`,
    );
  if (names("models").length > 0) top.left("models", `${listed(names("models"))}: flotilla runs containers`);
  if (names("jobs").length > 0)
    top.left("jobs", `${listed(names("jobs"))}: write them as flotilla:jobs (README, Jobs)`);
  const mounted = passages.flatMap(({ service }) =>
    [service.volumes ?? []]
      .flat()
      .map((one) => (isMap(one) ? String(one.source) : String(one).split(":")[0])),
  );
  const idle = names("volumes").filter((name) => !mounted.includes(name));
  if (idle.length > 0)
    top.left("volumes", `${listed(idle)}: no service that is taken has ${idle.length === 1 ? "it" : "them"}`);
  const used = passages.flatMap(({ service }) =>
    [service.secrets ?? []].flat().map((one) => (isMap(one) ? String(one.source) : String(one))),
  );
  const unused = names("secrets").filter((name) => !used.includes(name));
  if (unused.length > 0)
    top.left(
      "secrets",
      `${listed(unused)}: no service that is taken has ${unused.length === 1 ? "it" : "them"}`,
    );
}
