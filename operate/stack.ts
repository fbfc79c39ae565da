import { attempt, lastLines } from "../runtime/program.ts";
import { stack } from "../setup/dev-stack.ts";
import { SetupError } from "../setup/say.ts";

/** A stack that is up, as somebody sees it who works on it beside Pulumi. */
export interface OperatedStack {
  readonly name: string;
  /** Each host's Docker endpoint and the container of its Consul agent. */
  readonly hosts: readonly OperatedHost[];
  readonly services: readonly { readonly name: string }[];
  /** Consul's management token: a secret. */
  readonly consulToken: string;
}

export interface OperatedHost {
  readonly key: string;
  readonly docker: string;
  readonly agent: string;
}

/** What `pulumi stack output` prints, as far as it is asked for here. */
interface Outputs {
  readonly hosts?: Readonly<Record<string, Omit<OperatedHost, "key">>>;
  readonly services?: Readonly<Record<string, unknown>>;
  readonly consulToken?: string;
}

/** Reads a stack, the dev stack unless told otherwise. Throws a {@link SetupError} where it is not up. */
export async function readStack(name: string = stack): Promise<OperatedStack> {
  const args = ["stack", "output", "--json", "--show-secrets", "--stack", name, "--non-interactive"];
  // Its standard output has the token in it: kept here, shown to nobody.
  const { code, stdout, stderr } = await attempt("pulumi", args);
  if (code !== 0) {
    throw new SetupError(
      `The stack ${name} can't be read: ${lastLines(stderr, 3)}`,
      '`pulumi stack ls` shows which stacks there are; `eval "$(npm run --silent env)"` sets Pulumi up in a shell.',
    );
  }
  const { hosts = {}, services = {}, consulToken }: Outputs = JSON.parse(stdout);
  if (consulToken === undefined || Object.keys(hosts).length === 0) {
    throw new SetupError(
      `The stack ${name} is not up, or was brought up before it told of its hosts.`,
      `\`pulumi up --stack ${name}\` brings it up.`,
    );
  }
  return {
    name,
    hosts: Object.entries(hosts).map(([key, host]) => ({ key, ...host })),
    services: Object.keys(services).map((service) => ({ name: service })),
    consulToken,
  };
}
