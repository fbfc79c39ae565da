const saltLine = /^encryptionsalt:.*\n?/m;

/** Whether a stack's config holds secrets, which only their own salt can open. */
export function hasSecrets(stackConfig: string): boolean {
  return /^\s*(- )?secure:/m.test(stackConfig);
}

/** A stack's config with this salt and no other, the rest untouched; without one where none is given. */
export function withSalt(stackConfig: string, salt?: string): string {
  const bare = stackConfig.replace(saltLine, "");
  if (salt === undefined) return bare;
  const gap = bare === "" || bare.endsWith("\n") ? "" : "\n";
  return `${bare}${gap}encryptionsalt: ${salt}\n`;
}
