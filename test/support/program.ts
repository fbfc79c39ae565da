import * as pulumi from "@pulumi/pulumi";
import flotilla from "../../index.ts";
import type { HostsView } from "../../lib/images/hosts-view.ts";
import { deploy, type Registered } from "./deploy.ts";
import { hostsWithAll } from "./hosts.ts";
import { remember } from "./remember.ts";
import { asConfig, readStackFile } from "./stack-file.ts";

// It asks real engines and binds real ports; it has tests of its own.
jest.mock("../../preflight/preflight.ts", () => ({
  preflight: async () => ({ stopped: [], isFresh: mockIsFresh }),
}));
jest.mock("../../lib/images/hosts-view.ts", () => ({ lookAtHosts: async () => mockView }));

let mockIsFresh = false;
const mockView: HostsView = hostsWithAll;

// That the config of these stacks is no file's.
jest.spyOn(pulumi.log, "warn").mockResolvedValue();

/** What the whole program made. */
export interface Run {
  readonly resources: readonly Registered[];
  readonly outputs: Readonly<Record<string, unknown>>;
  readonly secretOutputs: readonly string[];
}

/** Runs the whole program with config as Pulumi hands it over. */
async function run(stack: string, config: Record<string, string>): Promise<Run> {
  const result = { outputs: {} as Record<string, unknown>, secretOutputs: [] as string[] };
  const resources = await deploy(async () => {
    pulumi.runtime.setAllConfig(config, ["flotilla:services", "flotilla:registry"]);
    for (const [key, value] of Object.entries(await flotilla())) {
      const output = pulumi.output({ value });
      result.outputs[key] = (await promiseOf(output)).value;
      if (await pulumi.isSecret(output)) result.secretOutputs.push(key);
    }
  }, stack);
  return { resources, ...result };
}

function promiseOf<T>(output: pulumi.Output<T>): Promise<T> {
  return new Promise((resolve) => output.apply(resolve));
}

/** The whole program with a committed stack file. */
export const ofStackFile = remember((stack: string) => run(stack, readStackFile(stack)));

/** The same where nothing of the stack runs. */
export const ofFreshStack = remember(async (stack: string) => {
  mockIsFresh = true;
  try {
    return await run(stack, readStackFile(stack));
  } finally {
    mockIsFresh = false;
  }
});

/** The whole program with config, its keys without their namespace. */
export const ofConfig = remember((config: Record<string, unknown>) => {
  const entries = Object.entries(config).map(([key, value]) => [`flotilla:${key}`, value]);
  return run("test", asConfig(Object.fromEntries(entries)));
});

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
