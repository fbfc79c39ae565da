import * as pulumi from "@pulumi/pulumi";
import type { Settings } from "../config/settings.ts";
import { ContextFault } from "../lib/images/context.ts";
import { lookAtHosts } from "../lib/images/hosts-view.ts";
import { type ImagePlans, planImages } from "../lib/images/plan.ts";

/** Plans the stack's images by what hosts and registries have. A folder that can't be built throws a `RunError`. */
export async function imagePlans(settings: Settings): Promise<ImagePlans> {
  const view = await lookAtHosts(settings);
  try {
    const plans = planImages(settings, view);
    for (const warning of plans.warnings) void pulumi.log.warn(warning);
    return plans;
  } catch (error) {
    if (!(error instanceof ContextFault)) throw error;
    throw new pulumi.RunError(`An image can't be built: ${error.message}`);
  }
}
