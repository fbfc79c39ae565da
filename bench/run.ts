/**
 * How flotilla does beside others, on one machine and in one run: bringing up and changing a deployment, requests
 * through its balancers, deaths and births of servers, reloads, growth, several hosts and the death of one. On an engine of its own as root, so
 * that nothing else on the engine has a say and nothing is left; otherwise on the user's, on stacks of its own that it takes away again.
 */
import { resolve } from "node:path";
import { Argument, Command, InvalidArgumentError } from "commander";
import { runBeside } from "../harness/child.ts";
import { withEngine } from "../harness/with-engine.ts";
import { defaultSizes } from "./growth.ts";
import { findPeers, type PeerName } from "./peers.ts";
import { type Plan, roundsOf, type Title, titles } from "./plan.ts";

interface Options {
  rounds: number;
  replicas: number[];
  markdown?: string;
  userEngine?: boolean;
}

const needed: Record<Title, readonly PeerName[]> = {
  deploy: ["compose", "traefik"],
  traffic: ["caddy", "traefik"],
  data: [],
  backup: [],
  failure: ["caddy", "traefik"],
  reload: [],
  growth: [],
  hosts: [],
  reschedule: ["traefik"],
  mocks: [],
};

let collected: number[] = [];

await new Command("npm run bench --")
  .description("Measures flotilla beside docker run, docker compose, Docker Swarm, Caddy and Traefik.")
  .addArgument(new Argument("[what...]", "what is measured").choices([...titles, "all"]).default(["all"]))
  .option(
    "--rounds <n>",
    "how often; growth, hosts and others go half as many, rounded up",
    wholeNumber(1, 20),
    5,
  )
  .option("--replicas <n...>", "numbers of copies that growth goes through", collect, [...defaultSizes])
  .option("--markdown <file>", "write the results there, and as JSON beside it")
  .option("--user-engine", "on your Docker engine, also as root")
  .action(async (what: (Title | "all")[], { rounds, replicas, markdown, userEngine = false }: Options) => {
    const benchmarks = titles.filter((title) => what.includes("all") || what.includes(title));
    const peers = await findPeers([...new Set(benchmarks.flatMap((title) => needed[title]))]);
    process.exitCode = await withEngine({ usersEngine: userEngine }, (info, signal) => {
      const plan: Plan = {
        benchmarks,
        rounds: roundsOf(rounds),
        sizes: replicas,
        peers,
        engine: info.namespace ? "a daemon of the benchmark's own" : "the user's engine",
        ...(markdown && { markdown: resolve(markdown) }),
      };
      return runBeside(info, ["bench/measure.ts", JSON.stringify(plan)], signal);
    });
  })
  .parseAsync();

function wholeNumber(from: number, to: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (Number.isInteger(value) && value >= from && value <= to) return value;
    throw new InvalidArgumentError(`a whole number from ${from} to ${to} is wanted`);
  };
}

/** The first value takes the place of the default. */
function collect(text: string): number[] {
  collected = [...collected, wholeNumber(1, 500)(text)];
  return collected;
}
