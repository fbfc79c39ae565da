import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { cpus, release, totalmem } from "node:os";
import { join } from "node:path";
import { runInfo } from "../../harness/run-info.ts";
import type { Result } from "../play.ts";
import { html } from "./html.ts";
import type { Report } from "./report.ts";

/** Keeps what a drill has seen, on disk at any time: drill.json for programs, drill.html for people. */
export class Book {
  readonly results: Result[] = [];
  readonly skipped: { name: string; why: string }[] = [];
  readonly #folder: string;
  readonly #about: Pick<Report, "date" | "commit" | "machine" | "form">;

  constructor(folder: string, short: boolean) {
    this.#folder = folder;
    const date = new Date().toISOString();
    this.#about = { date, commit: commit(), machine: machine(), form: short ? "short" : "full" };
    this.#write();
  }

  add(result: Result): void {
    this.results.push(result);
    this.#write();
  }

  skip(name: string, why: string): void {
    this.skipped.push({ name, why });
    this.#write();
  }

  #write(): void {
    const report: Report = { ...this.#about, results: this.results, skipped: this.skipped };
    const page = readFileSync(join(import.meta.dirname, "page.html.mustache"), "utf8");
    mkdirSync(this.#folder, { recursive: true });
    writeFileSync(join(this.#folder, "drill.json"), JSON.stringify(report, null, 2));
    writeFileSync(join(this.#folder, "drill.html"), html(report, page));
  }
}

function commit(): string {
  const { root } = runInfo();
  return execFileSync("git", ["describe", "--always", "--dirty"], { cwd: root, encoding: "utf8" }).trim();
}

function machine(): string {
  const memory = Math.round(totalmem() / 2 ** 30);
  return `${cpus().length} × ${cpus()[0]?.model}, ${memory} GiB, Linux ${release()}`;
}
