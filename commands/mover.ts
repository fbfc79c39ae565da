/**
 * Keeps a host's share of copies running of each service whose copies move between hosts. `pulumi up` has made a container on
 * each host for all that may ever run there, and written down which these are. Who is there, gossip tells the host's Consul
 * agent: while a host is lost, each of the others has a greater share, and starts more; once it is back, they end those again.
 *
 * There is nobody who decides for all: each host comes to its own share by the same rule (lib/shares.ts). One that reaches no
 * more than half of Consul's servers takes it that it is cut off, and leaves everything as it is. Runs for good, in a
 * container on each host, with the engine's socket and the agent's. Is called with the path of a file that has its arguments.
 */

import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { movingFolder, movingKey } from "../lib/consul-keys.ts";
import { isMajority } from "../lib/consul-placement.ts";
import { moveOf, type Present } from "../lib/moves.ts";
import { agentName } from "../lib/names.ts";
import { type Spread, shareOf } from "../lib/shares.ts";
import { say } from "../runtime/command.ts";
import { Consul } from "../runtime/consul.ts";
import { withDeadline } from "../runtime/deadline.ts";
import { DockerEngine } from "../runtime/docker.ts";
import { othersHaveTheirs } from "./support/others.ts";
import { withPoolLock } from "./support/pool-lock.ts";
import { longestTime, type RegisterArgs, Registrar } from "./support/registrar.ts";
import { Registrations } from "./support/registrations.ts";
import type { Told } from "./support/told.ts";

/** What a mover is told. */
export interface MoverArgs extends Told {
  /** Public name of the token. */
  readonly tokenId: string;
}

/** Who takes part in gossip, as `GET /v1/agent/members` tells of it, and what that means. */
interface Member {
  readonly Name: string;
  readonly Status: number;
  readonly Tags: Readonly<Record<string, string>>;
}
const ALIVE = 1;
const LEFT = 3;

/** What was written down of a service on a host. */
type MovingRecord = RegisterArgs & { readonly moving: Spread };

/** Milliseconds between two looks at who is there, and at most between two at what runs here. */
const LOOK = 500;
const FULL_LOOK = 5000;

/** Milliseconds that a host must have been there again before what was started in its place ends: it may be gone again soon. */
const LASTING = 30_000;

/** Milliseconds after which what has failed is tried again. */
const AGAIN = 15_000;

/**
 * Seconds that Consul gets for an answer. One that waits for a server which has just died would have waited for long; one
 * that is asked again once gossip has found that out is asked elsewhere.
 */
const ANSWER = 2;

/** Seconds for a look at all that is here, by a busy engine. */
const WHOLE_LOOK = 20;

class Mover {
  readonly #args: MoverArgs;
  readonly #engine = new DockerEngine("unix:///var/run/docker.sock");
  readonly #consul: Consul;
  readonly #registrations: Registrations;
  /** Since when there is more of a service than its share. */
  readonly #surplus = new Map<string, number>();
  /** Services that are being worked on, or are to be left alone for a while. */
  readonly #busy = new Set<string>();

  constructor(args: MoverArgs) {
    const { socket, agent, token, tokenId } = args;
    this.#args = args;
    this.#consul = new Consul({ connect: () => connect(socket) }, agent, token);
    this.#registrations = new Registrations(this.#consul, agent, tokenId);
  }

  /** Never ends. */
  async run(): Promise<never> {
    let last = { hosts: "", at: Number.NEGATIVE_INFINITY };
    let fault = "";
    for (; ; await sleep(LOOK)) {
      try {
        const there = await this.#hostsThere();
        const hosts = there.join(" ");
        if (hosts === last.hosts && performance.now() < last.at + FULL_LOOK) continue;
        if (hosts !== last.hosts) say(`hosts: ${hosts}`);
        last = { hosts, at: Number.NEGATIVE_INFINITY };
        const due = await withDeadline(WHOLE_LOOK, () => this.#due(there));
        // Not within the time of the look.
        for (const record of due) void this.#work(record);
        last.at = performance.now();
        fault = "";
      } catch (error) {
        const { message } = error as Error;
        if (message !== fault) say(`everything stays as it is: ${message}`);
        fault = message;
      }
    }
  }

  /** Hosts whose agents are there, as gossip has it; throws where it is this host that has lost the others. */
  async #hostsThere(): Promise<string[]> {
    const { host, stack } = this.#args;
    const members = await withDeadline(ANSWER, () => this.#consul.get<Member[]>("/v1/agent/members"));
    const known = (members ?? []).filter(({ Status }) => Status !== LEFT);
    const servers = known.filter(({ Tags }) => Tags.role === "consul");
    const serversThere = servers.filter(({ Status }) => Status === ALIVE).length;
    if (!isMajority(serversThere, servers.length))
      throw new Error(`${host} reaches ${serversThere} of ${servers.length} Consul servers`);
    const prefix = agentName(stack, "");
    const agents = known.filter(({ Name, Status }) => Status === ALIVE && Name.startsWith(prefix));
    return agents.map(({ Name }) => Name.slice(prefix.length)).sort();
  }

  /** What something is to be done about. */
  async #due(there: readonly string[]): Promise<MovingRecord[]> {
    const records = await this.#records();
    const isIdle = ({ host, service }: MovingRecord) =>
      host === this.#args.host && !this.#busy.has(service.name);
    const own = [...records.values()].filter(isIdle);
    const states = await this.#statesOf(own);
    const due = await Promise.all(own.map((one) => this.#isDue(one, spreadOf(one, records, there), states)));
    return own.filter((_, index) => due[index]);
  }

  /** By their keys; of each service the one that was written last comes last. */
  async #records(): Promise<Map<string, MovingRecord>> {
    type Entry = { Key: string; Value: string; ModifyIndex: number };
    const path = `/v1/kv/${movingFolder}?recurse`;
    const entries = await withDeadline(ANSWER, () => this.#consul.get<Entry[]>(path));
    const inOrder = (entries ?? []).sort((a, b) => a.ModifyIndex - b.ModifyIndex);
    return new Map(
      inOrder.map(({ Key, Value }) => [Key, JSON.parse(Buffer.from(Value, "base64").toString())]),
    );
  }

  async #isDue(record: MovingRecord, spread: Spread, states: ReadonlyMap<string, string>): Promise<boolean> {
    const { name } = record.service;
    const move = moveOf(this.#share(spread), await this.#present(record, states));
    if (move?.kind === "fewer") return this.#isLasting(name, spread);
    this.#surplus.delete(name);
    return move !== undefined;
  }

  #share(spread: Spread): number {
    return shareOf(spread, this.#args.host, spread.hosts);
  }

  /** By name, of all that there are of some services; asked for at once, since each question is a program that is started. */
  #statesOf(records: readonly MovingRecord[]): Promise<Map<string, string>> {
    const all = records.flatMap(({ instances }) => instances);
    return this.#engine.inspect(all, "{{.State.Status}}");
  }

  async #present(
    { service, instances }: MovingRecord,
    states: ReadonlyMap<string, string>,
  ): Promise<Present> {
    return {
      instances: new Map(instances.flatMap((one) => (states.has(one) ? [[one, states.get(one) ?? ""]] : []))),
      held: Object.keys(await this.#registrations.of(service.name)),
    };
  }

  /** Whether there has been more than the share for a while, and the others have theirs. */
  async #isLasting(service: string, moving: Spread): Promise<boolean> {
    const since = this.#surplus.get(service) ?? performance.now();
    this.#surplus.set(service, since);
    if (performance.now() < since + LASTING) return false;
    return othersHaveTheirs(this.#consul, { ...this.#args, moving });
  }

  async #work(record: MovingRecord): Promise<void> {
    const { name } = record.service;
    this.#busy.add(name);
    try {
      await withDeadline(longestTime(record), () =>
        withPoolLock(this.#engine, this.#args.agent, name, () => this.#move(name)),
      );
    } catch (error) {
      say((error as Error).message);
      await sleep(AGAIN);
    } finally {
      this.#busy.delete(name);
    }
  }

  /** What was seen may be over: `pulumi up` may have had the lock. */
  async #move(name: string): Promise<void> {
    const { host, agent, token, tokenId } = this.#args;
    const records = await this.#records();
    const record = records.get(movingKey(name, host));
    if (record === undefined) return;
    const spread = spreadOf(record, records, await this.#hostsThere());
    const share = this.#share(spread);
    const move = moveOf(share, await this.#present(record, await this.#statesOf([record])));
    if (move === undefined) return;
    say(
      `${name}: ${share} of ${spread.replicas} are to run here, since there are ${spread.hosts.join(", ")}`,
    );
    const args = { ...record, docker: this.#engine.endpoint, agent, token, tokenId, moving: spread };
    await new Registrar(args, move.serving).bringAbout();
  }
}

/** How a service is spread over the hosts that are there, by what was written last of it: on a host that was lost it is old. */
function spreadOf(
  { service }: MovingRecord,
  records: ReadonlyMap<string, MovingRecord>,
  there: readonly string[],
): Spread {
  const [last] = [...records.values()].filter((one) => one.service.name === service.name).slice(-1);
  const { moving } = last as MovingRecord;
  return { ...moving, hosts: moving.hosts.filter((host) => there.includes(host)) };
}

// The first process of a container has to end itself.
process.once("SIGTERM", () => process.exit(0));
const [, , file = ""] = process.argv;
await new Mover(JSON.parse(readFileSync(file, "utf8"))).run();
