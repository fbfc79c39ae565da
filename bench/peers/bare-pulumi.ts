import { join } from "node:path";
import { docker } from "../../harness/docker.ts";
import { Stack } from "../../harness/pulumi.ts";
import { runInfo } from "../../harness/run-info.ts";
import { takeAway } from "../deployment.ts";
import { answering } from "./answering.ts";
import type { Config } from "./bare-pulumi/index.ts";

/**
 * The floor of the tool itself: containers from the same image by `pulumi up`, with the same provider, SDK and settings
 * of the CLI, and nothing that binds them. What flotilla takes beyond that is its own doing.
 */
export class BarePulumi {
  readonly stack: Stack<Config>;
  readonly #image: string;

  constructor(name: string, image: string) {
    this.stack = new Stack(`${name}-bare`, join(runInfo().root, "bench/peers/bare-pulumi"));
    this.#image = image;
  }

  /** Its network, in which containers are to come and go as they do in a stack that runs. */
  async create(): Promise<void> {
    await this.stack.create();
    await this.scale(0);
  }

  /** So many containers in all, until each of them answers. */
  async scale(replicas: number): Promise<void> {
    const { dockerHost } = runInfo();
    this.stack.config = { docker: dockerHost, subnet: "10.217.0.0/22", image: this.#image, replicas };
    await this.stack.run("up");
    const ids = await docker("ps", "--quiet", "--filter", `network=${this.stack.name}`);
    await answering(ids.split("\n").filter(Boolean));
  }

  async remove(): Promise<void> {
    if (this.stack.exists) await takeAway(this.stack);
  }
}
