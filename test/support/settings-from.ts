import type { Path } from "../../config/faults.ts";
import { parseSettings } from "../../config/parse.ts";
import { isBackupSecret } from "../../config/places.ts";
import type { Settings } from "../../config/settings.ts";
import { asConfig, fileWith } from "./stack-file.ts";

/** Settings that follow from a config which must be without fault, its secrets encrypted; every folder in it counts as there. */
export function settingsFrom(config: Readonly<Record<string, unknown>> = {}): Settings {
  const parsed = parseSettings(asConfig(config), {
    stack: "test",
    // Of hosts that are reached by tcp:// no test of anything else says more.
    hasClientTls: true,
    secretKeys: new Set(["services", "jobs", "registry", "backups"]),
    file: fileWith(config, isSecretPlace),
    lookUp: (path) => (path.endsWith("Dockerfile") ? "file" : "folder"),
  });
  if ("faults" in parsed) throw new Error(JSON.stringify(parsed.faults));
  return parsed.settings;
}

function isSecretPlace(path: Path): boolean {
  const [section, key, third, , map] = path;
  if (section === "backups") return isBackupSecret(path);
  if (section === "registry") return key === "password";
  const isRun = section === "services" || section === "jobs";
  return isRun && (third === "secrets" || (third === "requires" && map === "secrets"));
}
