import type { Config } from "../../harness/fleet.ts";
import { baseImages } from "../../lib/base-images.ts";
import { exceptionForKey } from "../exceptions.ts";
import { type KeyChange, keyChanges, secondService } from "../key-changes.ts";
import type { Scenario } from "../scenario.ts";
import { setAt } from "../set-at.ts";
import type { Stage } from "../stage.ts";
import { type Step, walk, wholeAgain } from "../walk.ts";

/** Changes a key and changes it back. */
function changed(stage: Stage, { key, service = "web", value, along = {}, secret }: KeyChange): Step {
  const { fleet } = stage;
  const path = key.replace("<key>", "local").replace("<name>", service).split(".");
  return {
    what: path.join("."),
    exception: exceptionForKey(key),
    async act() {
      const before = fleet.stack.config;
      const made = async (given: unknown) => (typeof given === "function" ? await given(fleet) : given);
      const next = await made(value);
      const beside = await Promise.all(
        Object.entries(along).map(async ([other, its]) => [other, await made(its)] as const),
      );
      fleet.configure((config) => {
        for (const [other, its] of beside) setAt(config, [...path.slice(0, -1), other], its);
        if (!secret) setAt(config, path, next);
      });
      for (const [name, text] of Object.entries(secret ? next : {}))
        await fleet.stack.setSecret([...path, name].join("."), String(text));
      await fleet.stack.run("up");
      await wholeAgain(stage);
      fleet.stack.config = before;
      await fleet.stack.run("up");
    },
  };
}

/** Changes a text of the program's that comes to the containers, as a new release would. */
function renewed({ fleet }: Stage, file: string): Step {
  return {
    what: file,
    async act() {
      fleet.project.renew(file);
      await fleet.stack.run("up");
    },
  };
}

/** Has another base image, as a security update would. */
function rebased({ fleet }: Stage, image: keyof typeof baseImages): Step {
  return {
    what: `base image ${baseImages[image]}`,
    async act() {
      await fleet.project.renewBase(image);
      await fleet.stack.run("up");
    },
  };
}

/** One of each kind of resource is there: also a second service, with a route and a volume. */
export function withSecondService({ services }: Config, short: boolean): void {
  if (short) services.web.replicas = 2;
  services[secondService] = {
    ...structuredClone(services.web),
    replicas: 1,
    route: { path: "/store" },
    volumes: [{ name: "data", path: "/data" }],
  };
}

export const everyKey: Scenario = {
  name: "every-key",
  isWalk: true,
  title: "Each config key changed and changed back; each template and base image changed",
  bar: "0 failed but for the exceptions; each up ends well and leaves the stack whole",
  needs: "own stack",
  start: withSecondService,
  async play(stage) {
    const { project } = stage.fleet;
    await walk(stage, [
      ...keyChanges.map((change) => changed(stage, change)),
      ...project.templates().map((file) => renewed(stage, file)),
      ...(Object.keys(baseImages) as (keyof typeof baseImages)[]).map((image) => rebased(stage, image)),
    ]);
  },
};
