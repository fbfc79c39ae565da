import * as pulumi from "@pulumi/pulumi";
import { deploy as deployment } from "../../components/index.ts";
import type { Settings } from "../../config/settings.ts";
import flotilla from "../../index.ts";
import { namesOf as mockNamesOf } from "../../lib/data-centres.ts";
import type { HostsView } from "../../lib/images/hosts-view.ts";
import type { AbsentHostState } from "../../preflight/preflight.ts";
import type { HostOutput } from "../../preflight/state.ts";
import { deploy, find, type Registered } from "./deploy.ts";
import { hostsWithAll } from "./hosts.ts";
import { remember } from "./remember.ts";
import { asConfig, readStackFile } from "./stack-file.ts";

// It asks real engines and binds real ports; it has tests of its own.
jest.mock("../../preflight/preflight.ts", () => ({
  ...jest.requireActual("../../preflight/preflight.ts"),
  preflight: async ({ hosts }: Settings) => ({
    stopped: [],
    fresh: mockIsFresh ? mockNamesOf(hosts) : [],
    volumes: {},
    absent: hosts.flatMap((host) => (host.key in mockAbsent ? { host, ...mockAbsent[host.key] } : [])),
  }),
}));
jest.mock("../../preflight/state.ts", () => ({ readState: () => ({ hosts: async () => mockKnown }) }));
jest.mock("../../lib/images/hosts-view.ts", () => ({ lookAtHosts: async () => mockView }));

let mockIsFresh = false;
let mockAbsent: Readonly<Record<string, Omit<AbsentHostState, "host">>> = {};
/** Where a stack's hosts are as the state tells of them. */
let mockKnown: Readonly<Record<string, HostOutput>> = {};
const mockView: HostsView = hostsWithAll;

// That the config of these stacks is no file's.
jest.spyOn(pulumi.log, "warn").mockResolvedValue();
// That a host carries Consul.
jest.spyOn(pulumi.log, "info").mockResolvedValue();

/** What the whole program made. */
export interface Run {
  readonly resources: readonly Registered[];
  readonly outputs: Readonly<Record<string, unknown>>;
  readonly secretOutputs: readonly string[];
}

/** Runs the whole program, or one that makes what it makes, with config as Pulumi hands it over. */
async function run(stack: string, config: Record<string, string>, program: Program = flotilla): Promise<Run> {
  const result = { outputs: {} as Record<string, unknown>, secretOutputs: [] as string[] };
  const resources = await deploy(async () => {
    pulumi.runtime.setAllConfig(config, ["flotilla:services", "flotilla:registry", "flotilla:backups"]);
    for (const [key, value] of Object.entries(await program())) {
      const output = pulumi.output({ value });
      result.outputs[key] = (await promiseOf(output)).value;
      if (await pulumi.isSecret(output)) result.secretOutputs.push(key);
    }
  }, stack);
  return { resources, ...result };
}

type Program = () => Promise<pulumi.Inputs>;

/** Somebody else's program, in a stack without config; it is handed what it would import, with all the mocks above. */
export const ofProgram = (program: (deployStack: typeof deployment) => ReturnType<Program>) =>
  run("test", {}, () => program(deployment));

function promiseOf<T>(output: pulumi.Output<T>): Promise<T> {
  return new Promise((resolve) => output.apply(resolve));
}

/** The config of a committed stack file, with the password that its user has put in. */
function configOf(stack: string): Record<string, string> {
  const { "flotilla:backups": backups, ...config } = readStackFile(stack);
  if (backups === undefined) return config;
  return {
    ...config,
    "flotilla:backups": JSON.stringify({ ...JSON.parse(backups), password: "hush-backups" }),
  };
}

/** The whole program with a committed stack file. */
export const ofStackFile = remember((stack: string) => run(stack, configOf(stack)));

/** The same where nothing of the stack runs. */
export const ofFreshStack = remember(async (stack: string) => {
  mockIsFresh = true;
  try {
    return await run(stack, configOf(stack));
  } finally {
    mockIsFresh = false;
  }
});

/** The whole program with config, its keys without their namespace. */
export const ofConfig = remember((config: Record<string, unknown>) => runConfig("test", config));

/** The same in a stack of that name. */
export const runConfig = (stack: string, config: Record<string, unknown>) => {
  const entries = Object.entries(config).map(([key, value]) => [`flotilla:${key}`, value]);
  return run(stack, asConfig(Object.fromEntries(entries)));
};

/** The same where some hosts are absent, and the state tells of Consul servers. */
export async function ofConfigWithout(
  config: Record<string, unknown>,
  absent: typeof mockAbsent,
  known: typeof mockKnown = {},
): Promise<Run> {
  [mockAbsent, mockKnown] = [absent, known];
  try {
    return await runConfig("test", config);
  } finally {
    [mockAbsent, mockKnown] = [{}, {}];
  }
}

/** URNs of what a program made, as Pulumi has them in its state. */
export function urnsOf(resources: readonly Registered[], stack = "test"): string[] {
  const typesOf = ({ type, parent }: Registered): string =>
    parent === "" ? type : `${typesOf(find(resources, parent))}$${type}`;
  return resources.map((one) => `urn:pulumi:${stack}::flotilla::${typesOf(one)}::${one.name}`);
}

/** A host as config has it, its address by its name, of one letter. */
export const host = (name: string, consulServers: number[]) => ({
  docker: `tcp://${name}:2376`,
  insecure: true,
  address: `10.0.0.${Number.parseInt(name, 16)}`,
  consulServers,
});

/** Config with one of everything, on two hosts. */
export const everything = {
  hosts: { b: host("b", [1, 3]), d: host("d", [2]) },
  registry: { address: "registry.example.com/team", username: "me", password: "hush-registry" },
  services: {
    web: {
      build: "./examples/simple-server",
      port: 8000,
      replicas: 2,
      secrets: { KEY: "hush-web" },
      volumes: [{ name: "uploads", path: "/uploads" }],
      default: true,
    },
    db: {
      image: "postgres:18",
      port: 5432,
      health: { type: "tcp" },
      route: { host: "db.example.com" },
      hosts: ["d"],
    },
  },
};

/** What a container is for; empty for anything else. */
export function roleOf({ inputs }: Registered): string {
  const labels = (inputs.labels ?? []) as { label: string; value: string }[];
  return labels.find(({ label }) => label === "flotilla.role")?.value ?? "";
}
