import fs from "node:fs";
import path from "node:path";
import type { JobRecord } from "../../lib/jobs.ts";
import { replaceFile } from "../../runtime/replace-file.ts";
import { say } from "../../runtime/say.ts";

/** What is written down of jobs and of what they printed: a folder for each, in one that outlives the program. */
export class JobStore {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** An empty one where nothing is written down, or nothing that can be read. */
  read(job: string): JobRecord {
    const file = this.#file(job, "record.json");
    if (!fs.existsSync(file)) return { runs: [] };
    try {
      return JSON.parse(fs.readFileSync(file, "utf8"));
    } catch (error) {
      say(`${job}: what was written down can't be read, and is begun anew: ${(error as Error).message}`);
      return { runs: [] };
    }
  }

  write(job: string, record: JobRecord): void {
    replaceFile(this.#file(job, "record.json"), JSON.stringify(record));
  }

  /** What a run printed; undefined where nothing is kept of it. */
  output(job: string, run: number): string | undefined {
    const file = this.#file(job, `${run}.log`);
    return fs.existsSync(file) ? fs.readFileSync(file, "utf8") : undefined;
  }

  writeOutput(job: string, run: number, text: string): void {
    replaceFile(this.#file(job, `${run}.log`), text);
  }

  removeOutput(job: string, run: number): void {
    fs.rmSync(this.#file(job, `${run}.log`), { force: true });
  }

  /** Takes away what is kept of all jobs but these. */
  keepOnly(jobs: readonly string[]): void {
    fs.mkdirSync(this.#folder, { recursive: true });
    for (const name of fs.readdirSync(this.#folder).filter((name) => !jobs.includes(name)))
      fs.rmSync(path.join(this.#folder, name), { recursive: true, force: true });
  }

  #file(job: string, name: string): string {
    return path.join(this.#folder, job, name);
  }
}
