import { attempt } from "../runtime/program.ts";
import { root } from "./places.ts";

export const saltFilter = "setup/salt-filter.awk";

/** The filter that .gitattributes names, as git's config has it. */
export function filterConfig(salt: string): Readonly<Record<string, string>> {
  return {
    "filter.flotilla-salt.clean": unlessMissing(`awk -f ${saltFilter}`),
    "filter.flotilla-salt.smudge": unlessMissing(`awk -v salt=${salt} -f ${saltFilter}`),
  };
}

/** `git worktree add` writes Pulumi.dev.yaml before the filter's own program is there. */
const unlessMissing = (command: string) => `if test -f ${saltFilter}; then ${command}; else cat; fi`;

/** Defines the filter, so that this clone's salt never shows in git. */
export async function hideSalt(salt: string): Promise<void> {
  const known = (await git("config", "--local", "--list")).stdout.split("\n");
  for (const [key, value] of Object.entries(filterConfig(salt))) {
    if (!known.includes(`${key}=${value}`)) await git("config", "--local", key, value);
  }
}

/** Makes git look into a file again: one that grew counts as changed, whatever its filter would make of it. */
export async function lookAgain(file: string): Promise<void> {
  const [mode, id] = (await git("ls-files", "--stage", file)).stdout.split(/\s/);
  // The entry stays what it is, staged changes too; only the remembered size and time go.
  if (mode && id) await git("update-index", "--cacheinfo", `${mode},${id},${file}`);
}

/** Fails quietly where this is no clone: then there is nothing to keep clean. */
function git(...args: string[]) {
  return attempt("git", args, { cwd: root });
}
