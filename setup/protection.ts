import { stack as devStack } from "./dev-stack.ts";
import { SetupError } from "./say.ts";
import type { StateResource } from "./state.ts";

/** Flags of `pulumi destroy` with which it says itself what becomes of protected resources, or deletes nothing of them. */
const settling =
  /^(--exclude-protected|--ignore-protect|--preview-only|--target|--exclude|-t|-x|--help|-h)(=|$)/;

/**
 * Throws a {@link SetupError} where `pulumi destroy` would stop at protected resources, which without its preview it does
 * only after it has deleted others.
 *
 * Nothing in the stack can have it stop sooner. It deletes first what was made last, so a protected resource would have to
 * depend on all others; and `--exclude-protected` leaves what a protected resource depends on, which would be everything.
 */
export function refuseProtected(
  stack: string,
  resources: readonly StateResource[],
  flags: readonly string[],
): void {
  const names = resources.filter(({ protect }) => protect).map(({ urn }) => urn.split("::").at(-1));
  if (names.length === 0 || flags.some((flag) => settling.test(flag))) return;
  const which = stack === devStack ? "" : ` --stack ${stack}`;
  throw new SetupError(
    `The stack ${stack} has data that is protected (${names.join(", ")}), so nothing was changed. Either`,
    `npm run down --${which} --exclude-protected   keeps the data, and the secrets that open it, for the next up; or`,
    `npm run down --${which} --ignore-protect      deletes them with everything else, for good.`,
  );
}
