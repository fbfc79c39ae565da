import { rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { Application } from "../harness/application.ts";
import { nextRelease, tags } from "../harness/docker.ts";
import type { Fleet } from "../harness/fleet.ts";
import { runInfo } from "../harness/run-info.ts";
import { baseImages } from "../lib/base-images.ts";
import { imageName, imageRepository } from "../lib/names.ts";

/** Another good value of a config key than the one that the drill's stack has. */
export interface KeyChange {
  /** As config/keys.ts writes it. */
  readonly key: string;
  /** Whose key it is, where it is a service's: that of the default service, unless told. */
  readonly service?: string;
  /** The value, or what makes it; undefined takes the key away. */
  readonly value: unknown;
  /** Keys that have to change with it, beside it: values, or what makes them. */
  readonly along?: Readonly<Record<string, unknown>>;
  /** Whether it is set with `--secret`. */
  readonly secret?: true;
}

/** The stack that keys are changed on has a service beside the default one, with a route of its own. */
export const secondService = "store";

/** By the order of config/shapes.ts. */
export const keyChanges: readonly KeyChange[] = [
  { key: "protect", value: true },
  { key: "network.subnet", value: "10.213.4.0/24" },
  { key: "network.controlSubnet", value: "10.213.5.0/26" },
  { key: "hosts.<key>.docker", value: otherSocket },
  { key: "hosts.<key>.address", value: "localhost" },
  { key: "hosts.<key>.datacenter", value: "dc2" },
  { key: "consul.servers", value: 5 },
  { key: "consul.port", value: ({ stack }: Fleet) => stack.config.consul.port + 20 },
  { key: "consul.image", value: () => nextRelease(baseImages.consul) },
  { key: "consul.cpus", value: 1.5 },
  { key: "consul.memory", value: "512m" },
  { key: "loadBalancers.count", value: 3 },
  { key: "loadBalancers.max", value: 5 },
  { key: "loadBalancers.port", value: ({ stack }: Fleet) => stack.config.loadBalancers.port + 10 },
  { key: "loadBalancers.statsPort", value: ({ stack }: Fleet) => stack.config.loadBalancers.statsPort + 10 },
  { key: "loadBalancers.ipv6", value: true },
  { key: "loadBalancers.drain", value: 1800 },
  { key: "loadBalancers.stopGrace", value: 30 },
  { key: "loadBalancers.trustedProxies", value: ["192.0.2.0/24", "2001:db8::1"] },
  { key: "loadBalancers.maxConnectionsPerClient", value: 5000 },
  { key: "loadBalancers.cpus", value: 1.5 },
  { key: "loadBalancers.memory", value: "256m" },
  { key: "services.<name>.build.context", value: () => new Application("drill-copy", true).folder },
  { key: "services.<name>.build.dockerfile", value: "Dockerfile.other" },
  { key: "services.<name>.build.args", value: { RELEASE: "next" } },
  { key: "services.<name>.version", value: versionOf("web") },
  { key: "services.<name>.image", service: secondService, value: imageOfSecond, along: { build: undefined } },
  {
    key: "services.<name>.pin",
    service: secondService,
    value: false,
    along: { build: undefined, image: imageOfSecond },
  },
  { key: "services.<name>.replicas", value: 3 },
  { key: "services.<name>.replicasPer", value: "datacenter" },
  { key: "services.<name>.maxPerHost", value: 10, along: { replicasPer: "datacenter" } },
  { key: "services.<name>.port", value: 8001 },
  { key: "services.<name>.health.type", value: "tcp" },
  { key: "services.<name>.health.path", value: "/about" },
  { key: "services.<name>.health.method", value: "HEAD" },
  { key: "services.<name>.health.host", value: "shop.example" },
  { key: "services.<name>.health.interval", value: 2 },
  { key: "services.<name>.health.checkTimeout", value: 2 },
  { key: "services.<name>.health.timeout", value: 40 },
  { key: "services.<name>.env", value: { LOG_DIR: "/var/log/flotilla", COLOUR: "blue" } },
  { key: "services.<name>.secrets", value: { COLOUR: "crimson" }, secret: true },
  { key: "services.<name>.command", value: ["python3", "-u", "/app/drill.py"] },
  {
    key: "services.<name>.entrypoint",
    value: ["env", "COLOUR=blue"],
    along: { command: ["python3", "/app/drill.py"] },
  },
  { key: "services.<name>.workingDir", value: "/tmp" },
  // The number of the user that the image names: the application keeps files in the log volume.
  { key: "services.<name>.user", value: 1000 },
  { key: "services.<name>.init", value: true },
  { key: "services.<name>.capabilities.add", value: ["NET_RAW"] },
  { key: "services.<name>.capabilities.drop", value: ["ALL"] },
  { key: "services.<name>.noNewPrivileges", value: false },
  { key: "services.<name>.readOnly", value: true },
  { key: "services.<name>.tmpfs", value: [{ path: "/scratch", size: "16m" }] },
  { key: "services.<name>.shmSize", value: "32m" },
  { key: "services.<name>.ulimits", value: { nofile: 4096 } },
  { key: "services.<name>.extraHosts", value: ["shop.example:10.0.0.5"] },
  { key: "services.<name>.cpus", value: 1.5 },
  { key: "services.<name>.memory", value: "256m" },
  { key: "services.<name>.volumes", value: [{ name: "data", path: "/data" }] },
  { key: "services.<name>.logs.maxSize", value: "50m" },
  { key: "services.<name>.drain", value: 7 },
  { key: "services.<name>.stopGrace", value: 12 },
  { key: "services.<name>.rollout.order", value: "stop-first" },
  { key: "services.<name>.rollout.surge", value: 1 },
  { key: "services.<name>.rollout.settle", value: 1 },
  { key: "services.<name>.load.concurrency", value: 500 },
  { key: "services.<name>.load.queue", value: 500 },
  { key: "services.<name>.load.wait", value: 10 },
  { key: "services.<name>.timeouts.body", value: 20 },
  { key: "services.<name>.timeouts.request", value: 30 },
  { key: "services.<name>.timeouts.idle", value: 120 },
  { key: "services.<name>.timeouts.tunnel", value: 600 },
  { key: "services.<name>.sessions", value: true },
  { key: "services.<name>.route.host", service: secondService, value: "store.example.com" },
  { key: "services.<name>.route.path", service: secondService, value: "/shop" },
  { key: "services.<name>.default", value: true },
  {
    key: "services.<name>.publish",
    value: ({ stack }: Fleet) => stack.config.loadBalancers.port + 50,
    // Without a route it would be found at that port only.
    along: { default: true },
  },
  { key: "services.<name>.hosts", value: ["local"] },
];

/** The engine by another way, as when its endpoint changes from a socket to SSH. */
function otherSocket(): string {
  const { dockerHost, folder } = runInfo();
  const other = join(folder, "other.sock");
  rmSync(other, { force: true });
  symlinkSync(dockerHost.replace(/^unix:\/\//, ""), other);
  return `unix://${other}`;
}

/** The tag that a service's images have on the engine. */
function versionOf(service: string) {
  return async ({ name }: Fleet) => (await tags(imageRepository(imageName(name, service))))[0];
}

async function imageOfSecond(fleet: Fleet): Promise<string> {
  const repository = imageRepository(imageName(fleet.name, secondService));
  return `${repository}:${await versionOf(secondService)(fleet)}`;
}
