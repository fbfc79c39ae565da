/** What became of something in a compose file. */
export interface Note {
  readonly group: "taken" | "changed" | "left";
  /** As the compose file has it; undefined for what is said at the top. */
  readonly service?: string;
  /** Key of the service, or what else it is about. */
  readonly key: string;
  readonly text: string;
}

/** Collects what became of a service's keys. */
export class Notes {
  readonly all: Note[] = [];
  readonly service: string | undefined;

  constructor(service?: string) {
    this.service = service;
  }

  /** Means there what it meant here. */
  taken(key: string, text = ""): void {
    this.#add("taken", key, text);
  }

  /** Is there, but means something else. */
  changed(key: string, text: string): void {
    this.#add("changed", key, text);
  }

  /** Is not there: why, and what to do. */
  left(key: string, text: string): void {
    this.#add("left", key, text);
  }

  /** Keys, as far as they have one name, of which something is told. */
  get keys(): Set<string> {
    return new Set(this.all.map(({ key }) => key.split(/[.[ ]/)[0] ?? key));
  }

  #add(group: Note["group"], key: string, text: string): void {
    const note = { group, ...(this.service !== undefined && { service: this.service }), key, text };
    if (!this.all.some((other) => JSON.stringify(other) === JSON.stringify(note))) this.all.push(note);
  }
}
