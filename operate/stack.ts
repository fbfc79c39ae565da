import { type Endpoint, endpointOf } from "../lib/docker-endpoint.ts";
import { attempt, lastLines } from "../runtime/program.ts";
import { stack } from "../setup/dev-stack.ts";
import { SetupError } from "../setup/say.ts";
import type { Deployment, StateResource } from "../setup/state.ts";
import { type Pool, poolsOf } from "./pools.ts";

/** A stack that is up, as somebody sees it who works on it beside Pulumi. */
export interface OperatedStack {
  readonly name: string;
  /** Each host's Docker endpoint and the container of its Consul agent. */
  readonly hosts: readonly OperatedHost[];
  /** Workers, which answer no requests, are among them. */
  readonly services: readonly { readonly name: string; readonly isWorker: boolean }[];
  readonly pools: readonly Pool[];
  /** Consul's token for what is done here: a secret. */
  readonly token: string;
  /** All that Pulumi's state holds, secrets in the clear. */
  readonly resources: readonly StateResource[];
}

export interface OperatedHost {
  readonly key: string;
  readonly datacenter: string;
  readonly docker: Endpoint;
  readonly agent: string;
}

interface HostOutput {
  readonly docker: string;
  readonly tls?: string;
  readonly agent: string;
  /** Only of late. */
  readonly datacenter?: string;
}

/** The stack's outputs, as far as they are asked for here. */
interface Outputs {
  readonly hosts?: Readonly<Record<string, HostOutput>>;
  readonly operatorToken?: string;
  readonly consulToken?: string;
}

/** Reads a stack, the dev stack unless told otherwise. Throws a {@link SetupError} where it is not up. */
export async function readStack(name: string = stack): Promise<OperatedStack> {
  // The whole state, since starting Pulumi for the outputs and again for the rest takes twice as long.
  const { resources = [] } = await exportStack(name, "--show-secrets");
  const root = resources.find(({ type }) => type === "pulumi:pulumi:Stack");
  const { hosts = {}, operatorToken, consulToken }: Outputs = root?.outputs ?? {};
  // A stack that an earlier version has brought up has only the one for everything. Going back must work there, too, all the
  // more where `pulumi up` of this version does not go through.
  const token = operatorToken ?? consulToken;
  const pools = poolsOf(resources);
  if (token === undefined || Object.keys(hosts).length === 0 || pools === undefined) {
    throw new SetupError(
      `The stack ${name} is not up, or was brought up before it told of its hosts and pools.`,
      `\`pulumi up --stack ${name}\` brings it up.`,
    );
  }
  return {
    name,
    hosts: Object.entries(hosts).map(([key, { docker, tls, agent, datacenter = "" }]) => ({
      key,
      datacenter,
      docker: endpointOf(docker, tls),
      agent,
    })),
    services: [...new Map(pools.map((pool) => [pool.service, pool])).values()].map((pool) => ({
      name: pool.service,
      isWorker: pool.isWorker,
    })),
    pools,
    token,
    resources,
  };
}

/** All that Pulumi's state has of a stack. Throws a {@link SetupError} where there is none. */
export async function exportStack(name: string, ...flags: "--show-secrets"[]): Promise<Deployment> {
  const args = ["stack", "export", ...flags, "--stack", name, "--non-interactive"];
  // Its standard output may have tokens in it: kept here, shown to nobody.
  const { code, stdout, stderr } = await attempt("pulumi", args);
  if (code !== 0) {
    throw new SetupError(
      `The stack ${name} can't be read: ${lastLines(stderr, 3)}`,
      '`pulumi stack ls` shows which stacks there are; `eval "$(npm run --silent env)"` sets Pulumi up in a shell.',
    );
  }
  const { deployment = {} }: { deployment?: Deployment } = JSON.parse(stdout, revealed);
  return deployment;
}

/** A secret as Pulumi exports it is an object that holds its JSON. */
function revealed(_: string, value: unknown): unknown {
  const isSecret = typeof value === "object" && value !== null && SECRET in value && "plaintext" in value;
  return isSecret ? JSON.parse(String(value.plaintext)) : value;
}

/** The key by which Pulumi marks them. */
const SECRET = "4dabf18193072939515e22adb298388d";
