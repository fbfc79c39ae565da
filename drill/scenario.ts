import type { Config } from "../harness/fleet.ts";
import type { Hosts } from "../harness/hosts.ts";
import type { Plan } from "../harness/load/plan.ts";
import type { Stage } from "./stage.ts";

/** What is done to a running stack under load, and what may come of it. */
export interface Scenario {
  /** By which it is called on the command line. */
  readonly name: string;
  /** By which it is called together with others. */
  readonly group?: string;
  /** Whether it goes through many steps, of which it takes the part that is asked for. */
  readonly isWalk?: true;
  readonly title: string;
  /** What must hold, in words. */
  readonly bar: string;
  /**
   * What it can't do without: the drill's own stack, whose code and images it changes; an engine of its own, which it
   * stops; a stack over several hosts, of one data centre or of two. Without it the scenario is skipped, and said to be.
   */
  readonly needs: "any stack" | "own stack" | "own engine" | "hosts" | "data centres";
  /** Where there are several hosts: those at whose balancers the clients stand. @default all but the last */
  readonly at?: (hosts: Hosts) => readonly string[] | Promise<readonly string[]>;
  /** How the config differs from the drill's usual one: 4 servers, 2 balancers, 3 Consul servers. */
  readonly start?: (config: Config, short: boolean) => void;
  /** What the clients do, where that is not every kind of request. */
  readonly plan?: (url: string, short: boolean) => Plan;
  /** Does it, and tells the stage what it sees. What it throws is a shortfall, too. */
  play(stage: Stage): Promise<void>;
}
