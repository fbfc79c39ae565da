import type { SettingsContext } from "../../config/context.ts";
import { parseSettings } from "../../config/parse.ts";
import { asConfig } from "./stack-file.ts";

/** A project with a buildable folder `app` and a file `a.txt`. */
export const context: SettingsContext = {
  stack: "dev",
  secretKeys: new Set(),
  hasClientTls: false,
  lookUp: (path) => (({ app: "folder", "app/Dockerfile": "file", "a.txt": "file" }) as const)[path],
};

/** Each fault as one line, as the user sees it. */
export function faultsOf(config: Record<string, unknown>, given: Partial<SettingsContext> = {}): string[] {
  const parsed = parseSettings(asConfig(config), { ...context, ...given });
  return "faults" in parsed ? parsed.faults.map(({ path, message }) => `${path}: ${message}`) : [];
}
