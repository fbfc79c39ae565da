import { stack as devStack } from "./dev-stack.ts";

/** What the program exports, as far as it is shown. */
export interface Outputs {
  readonly url?: string;
  readonly loadBalancers?: readonly {
    readonly name: string;
    readonly url: string;
    readonly statsUrl: string;
  }[];
  readonly consul?: readonly { readonly name: string; readonly url: string }[];
}

/** Where to look after a successful `up` of a stack, one line a thing. */
export function addresses(stack: string, { url, loadBalancers = [], consul = [] }: Outputs): string {
  const rows: [string, string][] = [];
  if (url) rows.push(["open", url]);
  for (const balancer of loadBalancers) {
    rows.push([balancer.name, `${balancer.url}  statistics: ${balancer.statsUrl}`]);
  }
  for (const server of consul) rows.push([server.name, server.url]);
  if (rows.length === 0) return "";
  const width = Math.max(...rows.map(([name]) => name.length));
  const which = stack === devStack ? "" : ` --stack ${stack}`;
  return [
    ...rows.map(([name, text]) => `${name.padEnd(width)}  ${text}\n`),
    "\n",
    'Secrets, after eval "$(npm run --silent env)":\n',
    `  pulumi stack output${which} --show-secrets statsPassword   for the statistics pages\n`,
    `  pulumi stack output${which} --show-secrets consulToken     for Consul\n`,
  ].join("");
}
