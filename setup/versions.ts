/** Whether a CLI of this version can stand in for the wanted one: same major, not older. */
export function serves(version: string, wanted: string): boolean {
  const [have, want] = [parse(version), parse(wanted)];
  if (!have || !want || have[0] !== want[0]) return false;
  for (const i of [1, 2] as const) if (have[i] !== want[i]) return have[i] > want[i];
  return true;
}

function parse(version: string): [number, number, number] | undefined {
  const found = /^v?(\d+)\.(\d+)\.(\d+)/.exec(version.trim());
  return found ? [Number(found[1]), Number(found[2]), Number(found[3])] : undefined;
}
