import { root } from "./places.ts";
import { run } from "./run-program.ts";

export const saltFilter = "setup/salt-filter.awk";

/** Defines the filter that .gitattributes names, so that this clone's salt never shows in git. */
export async function hideSalt(salt: string): Promise<void> {
  const wanted = {
    "filter.flotilla-salt.clean": `awk -f ${saltFilter}`,
    "filter.flotilla-salt.smudge": `awk -v salt=${salt} -f ${saltFilter}`,
  };
  const known = (await git("config", "--local", "--list")).stdout.split("\n");
  for (const [key, value] of Object.entries(wanted)) {
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
  return run("git", args, { cwd: root });
}
