/**
 * Tells a host's copies of services when the healthy copies of a service that they require are others than before: by a
 * command that is run in them, with the endpoints as JSON on its standard input, or by a signal. A copy is told once after its
 * start, too. What fails is tried again, and never takes a copy down. Runs for good, in a container on each host where
 * somebody is to be told, with the engine's socket and the agent's. Is called with the path of a file that has its arguments.
 */

import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { type HealthEntry, healthyEndpoints } from "../lib/endpoints.ts";
import { labels } from "../lib/names.ts";
import type { Reaction } from "../lib/requirements.ts";
import { say } from "../runtime/command.ts";
import { Consul } from "../runtime/consul.ts";
import { withDeadline } from "../runtime/deadline.ts";
import { DockerEngine } from "../runtime/docker.ts";
import type { Told } from "./support/told.ts";

/** What a herald is told. */
export interface HeraldArgs extends Told {
  readonly listeners: readonly Listener[];
}

/** Whose copies are told of what. */
export interface Listener {
  readonly service: string;
  /** By which it calls what it requires. */
  readonly requirement: string;
  /** The service that it requires. */
  readonly provider: string;
  /** Where balancers answer for that. */
  readonly address: { readonly host: string; readonly port: number };
  readonly onChange: Reaction;
}

/** Milliseconds between two looks at who is healthy, and at most between two at what runs here. */
const LOOK = 300;
const FULL_LOOK = 2000;

/** Milliseconds that a copy has been running before it is told anything: it may not be able to listen yet. */
const SETTLED = 5000;

/** Milliseconds after which a copy that could not be told is told again. */
const AGAIN = 5000;

/** Seconds that Consul gets for an answer, the engine for a look, and a copy for its command. */
const ANSWER = 2;
const WHOLE_LOOK = 20;
const COMMAND = 10;

/** A copy that runs here. */
interface Copy {
  readonly name: string;
  /** Which of its runs it is. */
  readonly startedAt: string;
}

class Herald {
  readonly #args: HeraldArgs;
  readonly #engine = new DockerEngine("unix:///var/run/docker.sock");
  readonly #consul: Consul;
  /** By service. */
  #copies = new Map<string, readonly Copy[]>();
  /** What each run of a copy has been told, by requirement. */
  readonly #told = new Map<string, string>();
  readonly #busy = new Set<string>();

  constructor(args: HeraldArgs) {
    this.#args = args;
    this.#consul = new Consul({ connect: () => connect(args.socket) }, args.agent, args.token);
  }

  /** Never ends. */
  async run(): Promise<never> {
    let [looked, last, fault] = [Number.NEGATIVE_INFINITY, "", ""];
    for (; ; await sleep(LOOK)) {
      try {
        const news = await this.#news();
        const all = JSON.stringify([...news.values()]);
        if (all !== last || performance.now() > looked + FULL_LOOK) {
          this.#copies = await withDeadline(WHOLE_LOOK, () => this.#look());
          [looked, last] = [performance.now(), all];
        }
        for (const [listener, text] of news) this.#tellAll(listener, text);
        fault = "";
      } catch (error) {
        const { message } = error as Error;
        if (message !== fault) say(`nobody is told anything: ${message}`);
        fault = message;
      }
    }
  }

  /** What there is to tell. */
  async #news(): Promise<Map<Listener, string>> {
    const { stack, listeners } = this.#args;
    const providers = [...new Set(listeners.map(({ provider }) => provider))];
    const endpoints = new Map(
      await Promise.all(
        providers.map(async (provider) => {
          const path = `/v1/health/service/${provider}?passing`;
          const all = await withDeadline(ANSWER, () => this.#consul.get<HealthEntry[]>(path));
          return [provider, healthyEndpoints(all ?? [], stack)] as const;
        }),
      ),
    );
    return new Map(
      listeners.map((listener) => {
        const { requirement, provider, address } = listener;
        const told = { requirement, service: provider, ...address, endpoints: endpoints.get(provider) };
        return [listener, `${JSON.stringify(told)}\n`];
      }),
    );
  }

  async #look(): Promise<Map<string, Copy[]>> {
    const { stack, host, listeners } = this.#args;
    const services = [...new Set(listeners.map(({ service }) => service))];
    const found = await Promise.all(
      services.map(async (service) => {
        const names = await this.#engine.containers(labels({ stack, host, role: "server", service }));
        const started = await this.#engine.inspect(names, "{{.State.StartedAt}}");
        return [service, [...started].map(([name, startedAt]) => ({ name, startedAt }))] as const;
      }),
    );
    const runs = new Set(found.flatMap(([, copies]) => copies.map(runOf)));
    for (const key of this.#told.keys()) if (!runs.has(key.split(" ", 2).join(" "))) this.#told.delete(key);
    return new Map(found);
  }

  #tellAll(listener: Listener, text: string): void {
    for (const copy of this.#copies.get(listener.service) ?? []) {
      const key = `${runOf(copy)} ${listener.requirement}`;
      const isSettled = Date.now() > Date.parse(copy.startedAt) + SETTLED;
      if (!isSettled || this.#told.get(key) === text || this.#busy.has(key)) continue;
      this.#busy.add(key);
      void this.#tell(copy, listener, text)
        .then(() => this.#told.set(key, text))
        .catch(async (error) => {
          say(`${copy.name} could not be told of ${listener.provider}: ${error.message}`);
          await sleep(AGAIN);
        })
        .finally(() => this.#busy.delete(key));
    }
  }

  async #tell({ name }: Copy, { provider, onChange }: Listener, text: string): Promise<void> {
    const { signal, command = [] } = onChange;
    await withDeadline(COMMAND, async () => {
      if (signal !== undefined) await this.#engine.docker("kill", "--signal", signal, name);
      else await this.#engine.feed(name, text, ...command);
    });
    say(`${name} was told of ${provider}: ${text.trim()}`);
  }
}

const runOf = ({ name, startedAt }: Copy) => `${name} ${startedAt}`;

// The first process of a container has to end itself.
process.once("SIGTERM", () => process.exit(0));
const [, , file = ""] = process.argv;
await new Herald(JSON.parse(readFileSync(file, "utf8"))).run();
