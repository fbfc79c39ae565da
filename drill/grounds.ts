import { type Config, Fleet } from "../harness/fleet.ts";
import { Hosts } from "../harness/hosts.ts";
import { Project } from "../harness/project.ts";
import { runInfo } from "../harness/run-info.ts";
import { step } from "../harness/say.ts";
import { within } from "../harness/wait.ts";
import type { Scenario } from "./scenario.ts";
import { WHOLE } from "./stage.ts";

/** A stack that scenarios are played on, brought up when the first of them comes. */
export abstract class Ground {
  /** Whether the scenario before left it as it should: after one that fell short nothing is taken for granted. */
  trusted = true;
  #isUp = false;

  abstract readonly fleet: Fleet;
  /** Where it is a stack over several. */
  get hosts(): Hosts | undefined {
    return undefined;
  }

  protected abstract bringUp(): Promise<void>;
  /** Mends what a scenario that fell short has left. */
  protected abstract mend(): Promise<void>;
  protected abstract takeAway(): Promise<void>;

  /** Brings the stack to its start, edited. */
  async startOver(edit: Scenario["start"], short: boolean): Promise<void> {
    if (!this.#isUp) await this.bringUp();
    this.#isUp = true;
    const { fleet } = this;
    const was = JSON.stringify(fleet.stack.config);
    fleet.startOver((config) => edit?.(config, short));
    if (!this.trusted) await this.mend();
    else if (JSON.stringify(fleet.stack.config) !== was) await fleet.stack.run("up");
    this.trusted = true;
  }

  /** Leaves the machine as it was. */
  async leave(): Promise<void> {
    if (this.#isUp) await this.takeAway();
    this.#isUp = false;
  }
}

/** A stack of the user's. */
export class UsersStack extends Ground {
  readonly fleet: Fleet;

  constructor(stack: string) {
    super();
    this.fleet = Fleet.ofUser(stack);
  }

  protected async bringUp(): Promise<void> {}

  protected async mend(): Promise<void> {
    await this.fleet.stack.run("up", "--refresh");
  }

  protected async takeAway(): Promise<void> {
    await step(`bringing ${this.fleet.name} back to its own config`, () => this.startOver(undefined, false));
  }
}

/** A stack of the drill's own. */
export class OwnStack extends Ground {
  readonly fleet = Fleet.ofDrill(new Project());

  protected async bringUp(): Promise<void> {
    await step("bringing up a stack for the drill", () => this.fleet.toStart());
  }

  protected async mend(): Promise<void> {
    this.fleet.application.restore();
    if ((await this.fleet.stack.attempt("up", "--refresh")).code !== 0) await this.fleet.remake();
  }

  protected async takeAway(): Promise<void> {
    // With an engine of its own goes all that is on it.
    if (!runInfo().namespace) await this.fleet.stack.attempt("destroy");
  }
}

/** A stack over three hosts, which can be cut off and die. There is one such stack at a time. */
export class ThreeHosts extends Ground {
  readonly #layOut: ((config: Config) => void) | undefined;
  #hosts: Hosts | undefined;

  /** In one data centre, unless its config is edited. */
  constructor(layOut?: (config: Config) => void) {
    super();
    this.#layOut = layOut;
  }

  /** Hosts a and b in one data centre, c in another, each with one Consul server. */
  static inTwoDataCentres(): ThreeHosts {
    return new ThreeHosts(({ hosts, consul }) => {
      Object.assign(hosts.c ?? {}, { datacenter: "dc2" });
      consul.servers = 1;
    });
  }

  override get hosts(): Hosts {
    if (this.#hosts === undefined) throw new Error("the hosts have not been started");
    return this.#hosts;
  }

  get fleet(): Fleet {
    return this.hosts.fleet;
  }

  protected async bringUp(): Promise<void> {
    this.#hosts = await step("starting three hosts", () => Hosts.start(["a", "b", "c"], this.#layOut));
    await step("bringing up a stack over them", () => this.fleet.stack.run("up"));
    await this.#whole();
  }

  protected async mend(): Promise<void> {
    const { lab, fleet } = this.hosts;
    await lab.healAll();
    fleet.application.restore();
    const { code } = await fleet.stack.attempt("up", "--refresh");
    if (code === 0) return this.#whole();
    await lab.stop();
    await this.bringUp();
  }

  protected async takeAway(): Promise<void> {
    await step("stopping the hosts", () => this.hosts.lab.stop());
  }

  async #whole(): Promise<void> {
    const { hosts } = this;
    await within(WHOLE, "all hosts reach their copies", () => hosts.reachTheirOwn());
  }
}
