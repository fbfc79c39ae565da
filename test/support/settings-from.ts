import { parseSettings } from "../../config/parse.ts";
import type { Settings } from "../../config/settings.ts";
import { asConfig } from "./stack-file.ts";

/** Settings that follow from a config which must be without fault; every folder in it counts as there. */
export function settingsFrom(config: Readonly<Record<string, unknown>> = {}): Settings {
  const parsed = parseSettings(asConfig(config), {
    stack: "test",
    secretKeys: new Set(["services", "registry"]),
    lookUp: (path) => (path.endsWith("Dockerfile") ? "file" : "folder"),
  });
  if ("faults" in parsed) throw new Error(JSON.stringify(parsed.faults));
  return parsed.settings;
}
