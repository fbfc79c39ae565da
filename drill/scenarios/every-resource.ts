import type { Resource } from "../../harness/resources.ts";
import { exceptionForResource } from "../exceptions.ts";
import type { Scenario } from "../scenario.ts";
import type { Stage } from "../stage.ts";
import { type Step, walk } from "../walk.ts";
import { withSecondService } from "./every-key.ts";

/** Forces a resource to be replaced, as a change of any kind to it might. */
function replaced({ fleet }: Stage, resource: Resource): Step {
  const { urn, type, name } = resource;
  return {
    what: `${type.replace(/:[^:]*:/, ":")} ${name}`,
    exception: exceptionForResource(resource),
    async act() {
      await fleet.stack.run("up", "--replace", urn);
      const now = (await fleet.stack.resources()).find((other) => other.urn === urn);
      if (now?.created === resource.created) throw new Error("it was not replaced");
    },
  };
}

export const everyResource: Scenario = {
  name: "every-resource",
  isWalk: true,
  title: "Each resource of the stack replaced in turn",
  bar: "0 failed but for the exceptions; each up ends well and leaves the stack whole",
  needs: "own stack",
  start: withSecondService,
  async play(stage) {
    const resources = await stage.fleet.stack.resources();
    await walk(
      stage,
      resources.map((resource) => replaced(stage, resource)),
    );
  },
};
