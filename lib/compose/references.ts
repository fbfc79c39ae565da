/** Another service's name in a value, where it stands for a host. */
export interface Reference {
  /** The name, as it is written. */
  readonly host: string;
  readonly port?: number;
  /** Of the URL around it. */
  readonly scheme?: string;
  /** Where host, and port where there is one, begin and end. */
  readonly start: number;
  readonly end: number;
  /** In a URL, whose host may have a port at any time; elsewhere none may be added. */
  readonly inUrl: boolean;
}

/** Names of variables that have a host, and nothing else. */
const hostNames =
  /(?:^|_)(?:HOSTS?|HOSTNAME|SERVERS?|ADDR|ADDRESS|ENDPOINT|URL|URI|UPSTREAM|BROKERS?|NODES?|PEERS?)(?:_|\d|$)|HOST$/i;

/** Finds the hosts of a list in the value of a variable: in URLs, as `host:port`, after `host=`, or alone where the name says so. */
export function referencesIn(variable: string, value: string, hosts: readonly string[]): Reference[] {
  const found: Reference[] = [];
  for (const host of hosts) {
    const pattern = new RegExp(`(?<![\\w.-])${host.replace(/[.]/g, "\\.")}(?![\\w-]|\\.\\w)`, "g");
    for (const match of value.matchAll(pattern)) {
      const reference = referenceAt(variable, value, host, match.index);
      if (reference) found.push(reference);
    }
  }
  return found.sort((a, b) => a.start - b.start);
}

function referenceAt(variable: string, value: string, host: string, start: number): Reference | undefined {
  const before = value.slice(0, start);
  const after = value.slice(start + host.length);
  const [, scheme] = /([A-Za-z][\w+.-]*):\/\/(?:[^\s/@]*@)?(?:[^\s/@]*,)?$/.exec(before) ?? [];
  // Elsewhere a single digit is rather a version.
  const [, digits] = (scheme === undefined ? /^:(\d{2,5})(?![\w.])/ : /^:(\d{1,5})(?!\w)/).exec(after) ?? [];
  const port = digits === undefined ? undefined : Number(digits);
  const end = start + host.length + (digits === undefined ? 0 : digits.length + 1);
  const base = { host, start, end, ...(port !== undefined && { port }) };
  if (scheme !== undefined) {
    // What stands before an @ is a user, or his password.
    return /^(?::[^\s/@]*)?@/.test(after) ? undefined : { ...base, scheme, inUrl: true };
  }
  if (port !== undefined && /(?:^|[,;\s=(|'"[{]|@)$/.test(before)) return { ...base, inUrl: false };
  if (/(?:host|hostname|server|addr|address|data source)\s*=\s*$/i.test(before))
    return { ...base, inUrl: false };
  if (value === host && hostNames.test(variable)) return { ...base, inUrl: false };
  return undefined;
}

/** The value in which `{{host}}` and `{{port}}` stand in the place of references, all of which are to one service. */
export function withPlaceholders(value: string, references: readonly Reference[]): string {
  let out = value;
  for (const { start, end, port, inUrl } of references.toReversed()) {
    const place = port !== undefined || inUrl ? "{{host}}:{{port}}" : "{{host}}";
    out = out.slice(0, start) + place + out.slice(end);
  }
  // `host=db port=5432`
  return references.some(({ inUrl, port }) => !inUrl && port === undefined)
    ? out.replace(/(\bport\s*=\s*)\d+/i, "$1{{port}}")
    : out;
}

/** Names that a variable with the port may have which goes with one that has the host. */
export function portNames(variable: string): string[] {
  const names = [/HOSTNAME/i, /HOST/i, /SERVER/i, /ADDRESS/i, /ADDR/i].map((word) =>
    variable.replace(word, (found) => (found === found.toLowerCase() ? "port" : "PORT")),
  );
  return [...new Set([...names, `${variable}_PORT`])].filter((name) => name !== variable);
}
