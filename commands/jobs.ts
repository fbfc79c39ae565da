/**
 * Asks the scheduler of a host, in whose container it is called: `list` prints what there is to tell of its jobs, as JSON;
 * `logs JOB [RUN]` what a run printed; `run JOB` has it run, prints what it prints, and ends with its exit code. With `--for-up`
 * it takes what is run from standard input, so that nothing is run twice for the same `pulumi up`.
 */

import http from "node:http";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import type { Run } from "../lib/jobs.ts";
import { type RunNews, SCHEDULER_SOCKET } from "./support/scheduler-socket.ts";

/** Seconds for a scheduler that has just been started to listen. */
const PATIENCE = 30;

const [, , what = "", job = "", detail] = process.argv;

if (what === "list") process.stdout.write(await text(await ask("GET", "/jobs")));
else if (what === "logs") {
  const query = detail === undefined ? "" : `?run=${encodeURIComponent(detail)}`;
  process.stdout.write(await text(await ask("GET", `/jobs/${job}/logs${query}`)));
} else if (what === "run") {
  const key = detail === "--for-up" ? `?key=${encodeURIComponent((await text(process.stdin)).trim())}` : "";
  const lines = createInterface(await ask("POST", `/jobs/${job}/run${key}`));
  for await (const line of lines) {
    const news: RunNews = JSON.parse(line);
    if ("output" in news) process.stdout.write(news.output);
    else if ("refusal" in news) fail(news.refusal, 1);
    else if ("before" in news) process.stderr.write(`run ${news.before.id} has done that already\n`);
    else conclude(news.ended);
  }
} else fail(`jobs.ts ${what}: no such command`, 2);

function conclude({ id, outcome, attempts, code }: Run): void {
  const tries = attempts > 1 ? ` after ${attempts} attempts` : "";
  const exit = code === undefined ? "" : `, exit code ${code}`;
  process.stderr.write(`run ${id} ${outcome}${tries}${exit}\n`);
  if (outcome !== "succeeded") process.exitCode = code || 1;
}

function fail(message: string, code: number): never {
  process.stderr.write(`${message}\n`);
  process.exit(code);
}

/** One that is not there yet is waited for. */
async function ask(method: "GET" | "POST", path: string): Promise<http.IncomingMessage> {
  for (let second = 0; ; second++) {
    try {
      const response = await new Promise<http.IncomingMessage>((resolve, reject) => {
        http.request({ socketPath: SCHEDULER_SOCKET, method, path }, resolve).on("error", reject).end();
      });
      if (response.statusCode === 200) return response;
      fail((await text(response)) || `the scheduler answered ${response.statusCode}`, 1);
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if ((code !== "ENOENT" && code !== "ECONNREFUSED") || second === PATIENCE)
        fail(`the scheduler does not answer: ${message}`, 1);
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
  }
}
