import { attempt } from "../runtime/program.ts";
import { stack as devStack } from "./dev-stack.ts";
import { root } from "./places.ts";

export const saltFilter = "setup/salt-filter.awk";

/** A stack's filter, as git's config has it; .gitattributes names those that there are. */
export function filterConfig(stack: string, salt: string): Readonly<Record<string, string>> {
  const filter = `filter.flotilla-salt${stack === devStack ? "" : `-${stack}`}`;
  return {
    [`${filter}.clean`]: unlessMissing(`awk -f ${saltFilter}`),
    [`${filter}.smudge`]: unlessMissing(`awk -v salt=${salt} -f ${saltFilter}`),
  };
}

/** `git worktree add` writes the stacks' files before the filter's own program is there. */
const unlessMissing = (command: string) => `if test -f ${saltFilter}; then ${command}; else cat; fi`;

/** Defines the filter, so that this clone's salt never shows in git. */
export async function hideSalt(stack: string, salt: string): Promise<void> {
  const known = (await git("config", "--local", "--list")).stdout.split("\n");
  for (const [key, value] of Object.entries(filterConfig(stack, salt))) {
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
