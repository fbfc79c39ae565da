import type { KnownImage } from "./images.ts";
import type { Notes } from "./notes.ts";
import type { Service } from "./project.ts";

/** A value that is to stand encrypted in the stack's file. */
export class Secret {
  readonly value: string;

  constructor(value: string) {
    this.value = value;
  }
}

/** A service on its way from Compose to flotilla. */
export interface Passage {
  /** What the compose file calls it. */
  readonly name: string;
  /** What flotilla calls it. */
  readonly key: string;
  readonly service: Service;
  readonly notes: Notes;
  readonly known: KnownImage | undefined;
  /** Variables with their values, those of files too. */
  readonly env: Map<string, string>;
  /** Names of variables that are secret whatever they are called. */
  readonly hidden: Set<string>;
  /** Secret values of the project's variables, by name. */
  readonly secrets: ReadonlyMap<string, string>;
  /** Names by which others reach it. */
  readonly hosts: readonly string[];
  port?: number;
  protocol: "http" | "tcp";
  /** Whether somebody reaches it at a port that no variable tells. */
  reliedOn?: boolean;
  /** Type of its health check, where that is known to be one in its own words. */
  check?: KnownImage["check"];
  /** What it becomes: keys of `services.<name>`. */
  readonly written: Record<string, unknown>;
  /** Keys of the compose file that become a list's entries, by the list and their number there. */
  readonly from: Map<string, string>;
}
