import { withCredentials } from "../../lib/images/registry-credentials.ts";
import { CommandFailure, say } from "../../runtime/command.ts";
import type { BringImageArgs } from "../bring-image.ts";
import type { ImageHost } from "./image-host.ts";
import { removeOldImages } from "./old-images.ts";

/** Brings one image to hosts that have not got it. */
export class ImageBringer {
  readonly #args: BringImageArgs;

  constructor(args: BringImageArgs) {
    this.#args = args;
  }

  async bring(hosts: readonly ImageHost[]): Promise<void> {
    const platforms = await Promise.all(hosts.map((host) => host.platform()));
    const groups = Object.groupBy(hosts, (_, index) => platforms[index] ?? "");
    const { registry, reference } = this.#args;
    if (registry && Object.keys(groups).length > 1) {
      const told = hosts.map(({ key }, index) => `${key}: ${platforms[index]}`).join(", ");
      throw new CommandFailure(
        `${reference} can't be for several platforms under one tag of a registry (${told}). ` +
          "Take flotilla:registry out, and the image is built once for each platform.",
      );
    }
    await withCredentials(registry, async (credentials) => {
      await Promise.all(Object.values(groups).map((group) => group && this.#bringTo(group, credentials)));
    });
    if (this.#args.replacesOthers) await Promise.all(hosts.map((host) => this.#removeOthers(host)));
  }

  /** Has it on hosts of one platform. */
  async #bringTo(hosts: readonly ImageHost[], credentials: string | undefined): Promise<void> {
    const { reference, registry, build } = this.#args;
    const there = await Promise.all(hosts.map((host) => host.has(reference)));
    const lacking = hosts.filter((_, index) => !there[index]);
    const source = hosts.find((_, index) => there[index]) ?? (await this.#obtain(hosts[0], credentials));
    // One that can't be built was pushed when it was.
    if (registry && build) await this.#push(source, credentials);
    const others = lacking.filter((host) => host !== source);
    await Promise.all(
      others.map(async (host) => {
        if (registry) await this.#pull(host, credentials);
        else await host.takeFrom(source, reference);
        say(`${reference}: brought to host ${host.key}`);
      }),
    );
  }

  /** Has it on the first host: from the registry, where somebody may have pushed the same content, or by building it. */
  async #obtain(host: ImageHost | undefined, credentials: string | undefined): Promise<ImageHost> {
    const { reference, registry, build, labels } = this.#args;
    if (host === undefined) throw new CommandFailure(`${reference}: there is no host to have it`);
    let reason = "no host has it, and it is not what its folder makes now";
    if (registry) {
      try {
        await host.transfer("pull", reference, credentials);
        say(`${reference}: taken from the registry`);
        return host;
      } catch (error) {
        reason = `it is not to be had from the registry: ${(error as Error).message}`;
      }
    }
    if (!build) throw new CommandFailure(`${reference}: ${reason}`);
    const started = Date.now();
    await host.build(reference, build, labels);
    say(`${reference}: built on host ${host.key} in ${((Date.now() - started) / 1000).toFixed(1)} s`);
    return host;
  }

  async #push(host: ImageHost, credentials: string | undefined): Promise<void> {
    const { reference } = this.#args;
    try {
      await host.transfer("push", reference, credentials);
    } catch (error) {
      // What is there already is not looked at again: so that the next update pushes it, it is not to be there.
      await host.engine.docker("image", "rm", "--no-prune", reference).catch(() => {});
      throw new CommandFailure(`${reference} can't be pushed: ${(error as Error).message}`);
    }
  }

  async #pull(host: ImageHost, credentials: string | undefined): Promise<void> {
    const { reference } = this.#args;
    try {
      await host.transfer("pull", reference, credentials);
    } catch (error) {
      throw new CommandFailure(`host ${host.key}: ${reference} can't be pulled: ${(error as Error).message}`);
    }
  }

  async #removeOthers(host: ImageHost): Promise<void> {
    const { reference, labels } = this.#args;
    await removeOldImages(host.engine, reference, labels, new Set([reference]));
  }
}
