import type { SettingsContext } from "./context.ts";
import { decode } from "./decode.ts";
import { settingsOf } from "./defaults.ts";
import { draftOf, locate } from "./draft.ts";
import { type Fault, overlaps, type Path, type Problem, pathText, shortened } from "./faults.ts";
import { backupRules } from "./rules/backups.ts";
import { confinementRules } from "./rules/confinement.ts";
import { hostRules } from "./rules/hosts.ts";
import { jobRules } from "./rules/jobs.ts";
import { layoutRules } from "./rules/layout.ts";
import { registryRules } from "./rules/registry.ts";
import { providedPortRules, requirementRules } from "./rules/requirements.ts";
import { routeRules } from "./rules/routes.ts";
import { secrecyRules } from "./rules/secrecy.ts";
import { serviceRules } from "./rules/services.ts";
import { tcpRules } from "./rules/tcp.ts";
import { volumeRules } from "./rules/volumes.ts";
import { workerRules } from "./rules/workers.ts";
import { secrecyOf } from "./secrecy.ts";
import type { Settings } from "./settings.ts";

export type Parsed =
  | {
      readonly settings: Settings;
      /** Sections in which nothing tells secrets from what stands in plain text beside them. */
      readonly unclear: readonly string[];
    }
  | { readonly faults: readonly Fault[] };

/** Turns config, as Pulumi hands it over (top-level keys to texts), into settings or all of its faults. */
export function parseSettings(config: Readonly<Record<string, string>>, context: SettingsContext): Parsed {
  const raw = decode(config);
  const secrecy = secrecyOf(raw, context);
  const { draft, problems } = draftOf(raw, secrecy.isEncrypted, secrecyRules(raw, secrecy));
  const settings = settingsOf(draft, context.stack, secrecy.isEncrypted);

  const broken = problems.map(({ path }) => path);
  const follows = ({ path, about = [path] }: Problem) =>
    about.some((place) => broken.some((other) => overlaps(locate(raw, place).path, other)));
  const rules = [
    ...hostRules(draft, context),
    ...registryRules(draft, secrecy),
    ...serviceRules(draft, context, secrecy),
    ...volumeRules(draft),
    ...backupRules(draft, secrecy),
    ...confinementRules(draft),
    ...workerRules(draft, raw),
    ...tcpRules(draft, raw),
    ...requirementRules(draft, secrecy),
    ...jobRules(draft, raw, context, secrecy),
    ...providedPortRules(settings),
    ...routeRules(draft),
    ...layoutRules(settings),
  ].filter((problem) => !follows(problem));

  const faults = [...problems, ...rules].map(({ path, message, fix = "set" }) => ({
    path: show(raw, path),
    message: legible(message),
    fix,
  }));
  return faults.length > 0 ? { faults } : { settings: freeze(settings), unclear: secrecy.unclear };
}

/** A problem without a path is one of the stack's name, which is no config. */
function show(raw: unknown, path: Path): string {
  return path.length === 0 ? "stack name" : pathText(locate(raw, path).path);
}

/** Names are the user's, and may be of any length. */
function legible(message: string): string {
  return message.replace(/\S{100,}/g, (word) => shortened(word, 80));
}

function freeze<T extends object>(value: T): T {
  for (const part of Object.values(value)) if (typeof part === "object" && part !== null) freeze(part);
  return Object.freeze(value);
}
