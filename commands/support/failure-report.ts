import type { AnsweringService, ServiceDefinition } from "../../lib/catalogue.ts";
import { exchangeOf } from "../../lib/exchange.ts";
import type { DockerEngine } from "../../runtime/docker.ts";
import { listenersIn, unreachable } from "./listeners.ts";

/** Instances that are shown in full; of a hundred that fail alike, three tell the story. */
const SHOWN = 3;
const LOG_LINES = 10;

/** Those that did it, with the answers to their check. */
export interface Failing {
  readonly failing: readonly string[];
  readonly answers: ReadonlyMap<string, string>;
}

/** What new instances did that they should not, and what can be done about it. */
export interface Failure {
  readonly what: string;
  readonly advice: string;
}

/**
 * What an operator needs to see of instances that are of no use: state, last answer where it was a bad one, last words; and
 * what became of those that served before.
 */
export async function failureReport(
  engine: DockerEngine,
  service: ServiceDefinition,
  { what, failing, answers, advice }: Failure & Failing,
  fate: string,
): Promise<string> {
  const parts = failing.slice(0, SHOWN).map(async (instance) => {
    const format = "{{.State.Status}}, {{.RestartCount}} restarts, exit code {{.State.ExitCode}}";
    const state = await engine
      .docker("inspect", "--format", format, instance)
      .catch((error: Error) => error.message);
    const told = await answerLines(engine, service, instance, answers.get(instance));
    const logs = await engine.logs(instance, LOG_LINES).catch((error: Error) => error.message);
    return [
      `  instance ${instance}`,
      `    container: ${state.trim()}`,
      ...told.map((line) => `    ${line}`),
      "    last lines of its log:",
      ...(logs.trim() || "(empty)").split("\n").map((line) => `      ${line}`),
    ].join("\n");
  });
  return [
    `service ${service.name}: ${failing.length} of its new instances ${what}; ${fate}.`,
    ...(await Promise.all(parts)),
    ...(failing.length > SHOWN ? [`  and ${failing.length - SHOWN} more`] : []),
    advice,
  ].join("\n");
}

/** What became of an instance's check; nothing where it passed, or where there is none. */
async function answerLines(
  engine: DockerEngine,
  service: ServiceDefinition,
  instance: string,
  answer: string | undefined,
): Promise<string[]> {
  if (answer === undefined || service.port === undefined) return [];
  const fault = await connectionFault(engine, service, instance, answer);
  return [`last answer to ${checkName(service)}: ${answer.trim() || "none"}`, ...(fault ? [fault] : [])];
}

/** Why an instance that gave no answer can't be reached at all, where it tells. */
async function connectionFault(
  engine: DockerEngine,
  { port }: AnsweringService,
  instance: string,
  answer: string,
): Promise<string | undefined> {
  const answered = /^\d{3}:/.test(answer);
  const listeners = answered ? undefined : await listenersIn(engine, instance);
  return listeners && unreachable(port, listeners);
}

/** A service's check in words. */
export function checkName({ health, port }: AnsweringService): string {
  if (health.type === "http") return `${health.method} ${health.path} on port ${port}`;
  if (exchangeOf(health) === undefined) return `a connection to port ${port}`;
  return `${health.type === "tcp" ? "health.expect" : `the check by ${health.type}`} on port ${port}`;
}

/** A number of instances in words. */
export const count = (instances: readonly string[]) =>
  `${instances.length} instance${instances.length === 1 ? "" : "s"}`;
