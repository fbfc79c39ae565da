import type { Path } from "../../config/faults.ts";
import { deployKeys } from "./deploy.ts";
import { variables } from "./environment.ts";
import type { ComposeFault } from "./faults.ts";
import type { Ground } from "./ground.ts";
import { healthKeys } from "./health.ts";
import { portOf } from "./listening.ts";
import { type Note, Notes } from "./notes.ts";
import { originOf } from "./origins.ts";
import { passagesOf } from "./passages.ts";
import type { Project } from "./project.ts";
import { speech } from "./protocol.ts";
import { placesOf } from "./reach.ts";
import { dependedOn, learnFrom, mentionsIn, requirementKeys } from "./requirements.ts";
import { theRest } from "./rest.ts";
import { runningKeys } from "./running.ts";
import { sectionsFor } from "./sections.ts";
import { sourceKeys } from "./source.ts";
import { atTheTop } from "./top-level.ts";
import { volumeKeys } from "./volumes.ts";

/** What a compose file becomes. */
export interface Imported {
  /** Sections of the config below `flotilla:`; what is to be encrypted is a `Secret`. */
  readonly sections: Readonly<Record<string, unknown>>;
  readonly notes: readonly Note[];
  /** Services of the compose file by the names that they get. */
  readonly names: ReadonlyMap<string, string>;
  /** Where something in the config comes from, as a path of the compose file. */
  readonly origin: (path: Path) => Path;
}

/** What is asked of the world around. */
export interface Target {
  readonly stack: string;
  /** Folder that paths in the config are relative to. */
  readonly folder: string;
  readonly home: string;
  readonly read: (path: string) => string | undefined;
  /** What other stacks have. */
  readonly others: readonly Ground[];
}

/** Turns a compose project into the config of a stack, with a note for all that it says. */
export function importProject(
  project: Project,
  target: Target,
): { imported: Imported } | { faults: ComposeFault[] } {
  const top = new Notes();
  const { passages, gone, faults } = passagesOf(project, target, top);
  if (faults.length > 0) return { faults };

  const waitedFor = dependedOn(passages);
  const published = new Map(
    passages.map((passage) => [passage, portOf(passage, waitedFor.has(passage.name))]),
  );
  // By what others call it, too, so that all of them have their port by now.
  learnFrom(mentionsIn(passages));
  for (const passage of passages) speech(passage);

  for (const passage of passages) sourceKeys(passage, target.folder);
  for (const passage of passages) deployKeys(passage);
  volumeKeys(project, passages, target.home);
  for (const passage of passages) runningKeys(passage);
  // Only now, since the variables that commands get for their secrets may name a host as well.
  requirementKeys(passages, mentionsIn(passages), gone);
  const ground = placesOf(passages, published, target.others);
  for (const passage of passages) healthKeys(passage);
  for (const passage of passages) variables(passage);

  for (const passage of passages) theRest(passage);
  atTheTop(project, passages, ground, top);
  return {
    imported: {
      sections: sectionsFor(passages, ground),
      notes: [...top.all, ...passages.flatMap(({ notes }) => notes.all)],
      names: new Map(passages.map(({ name, key }) => [key, name])),
      origin: (path) => originOf(path, passages),
    },
  };
}
