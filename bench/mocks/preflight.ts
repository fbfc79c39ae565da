import type { Settings } from "../../config/settings.ts";
import { namesOf } from "../../lib/data-centres.ts";
import type { Findings } from "../../preflight/preflight.ts";

export * from "../../preflight/preflight.ts";

export const preflight = async ({ hosts }: Settings): Promise<Findings> => ({
  stopped: [],
  fresh: namesOf(hosts),
  volumes: {},
  absent: [],
});
