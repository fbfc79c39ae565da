import * as pulumi from "@pulumi/pulumi";
import { readSettings } from "../config/read.ts";
import type { HostSettings, Settings } from "../config/settings.ts";
import { dataCentresOf } from "../lib/data-centres.ts";
import { addressOf, providerArgs, tlsOf } from "../lib/docker-endpoint.ts";
import { providerCredentials } from "../lib/images/registry-credentials.ts";
import { withServersInPlace } from "../preflight/placement.ts";
import { type Findings, preflight, withoutHosts } from "../preflight/preflight.ts";
import { readState } from "../preflight/state.ts";
import { type Config, given } from "./config-input.ts";
import { Credentials } from "./credentials.ts";
import { DataCentre } from "./data-centre.ts";
import * as docker from "./docker.ts";
import { DockerHost } from "./docker-host.ts";
import { imagePlans } from "./image-plans.ts";
import { Images } from "./images.ts";
import { Reachability } from "./reachability.ts";
import type { ServerPool } from "./server-pool.ts";

/** The whole of a stack. */
export interface Deployment {
  /** All copies of all services, by service and host. */
  readonly pools: readonly ServerPool[];
  /** To be the stack's: there the next run looks for what it has to know, and so do `npm run rollback` and its like. */
  readonly outputs: pulumi.Inputs;
}

/**
 * Makes all that the config says: what the program hands over and, before it, what the stack's own config has below
 * `flotilla:`. No component, so that what is in it has its place in the state whoever makes it.
 */
export async function deploy(config?: Config): Promise<Deployment> {
  const state = readState();
  const settings = await withServersInPlace(readSettings(config && (await given(config))), state);
  const findings = await preflight(settings, state);
  const { absent } = findings;
  // What is to be made is made on the hosts that are reached; that there are others, too, is theirs to know.
  const reached = withoutHosts(settings, absent);
  refuseWithoutHost(reached, absent);
  const images = new Images("images", { ...reached, plans: await imagePlans(reached) });
  const credentials = new Credentials("credentials", settings);
  const registryAuth = providerCredentials(settings.registry);

  const providerOf = (host: HostSettings) =>
    new docker.Provider(host.key, {
      ...providerArgs(host.docker),
      ...(registryAuth.length > 0 && { registryAuth: pulumi.secret(registryAuth) }),
    });

  const hosts = reached.hosts.map(
    (host) => new DockerHost(host.key, { ...settings, host, provider: providerOf(host), images }),
  );
  const gatesOf = async (service: string) => {
    // When all data centres are made, of which each may have a job that goes before copies in others.
    await Promise.resolve();
    return dataCentres.flatMap(({ gates }) => gates.get(service) ?? []);
  };
  const dataCentres: DataCentre[] = dataCentresOf(settings.hosts).map(
    ({ name, hosts: allHosts }) =>
      new DataCentre({
        name,
        settings,
        hosts: hosts.filter((host) => host.settings.datacenter === name),
        allHosts,
        providerOf,
        credentials,
        images,
        findings,
        gatesElsewhere: gatesOf,
      }),
  );
  const tiers = dataCentres.flatMap((centre) => centre.tiers);
  if (settings.hosts.length > 1) {
    const dependsOn = tiers.map(({ balancers }) => balancers.ready);
    for (const tier of tiers)
      new Reachability(`reach-${tier.host.key}`, { ...settings, ...tier }, { dependsOn });
  }
  const pools = dataCentres.flatMap((centre) => centre.pools);

  const outputs = {
    url: tiers[0]?.balancers.url,
    loadBalancers: tiers.flatMap(({ balancers }) => balancers.endpoints),
    consul: dataCentres.flatMap(({ cluster }) => cluster.endpoints),
    services: Object.fromEntries(
      settings.services.map(({ name, replicas }) => {
        const instances = pools.filter((pool) => pool.service === name).map((pool) => pool.instances);
        return [name, { replicas, instances: pulumi.all(instances).apply((lists) => lists.flat()) }];
      }),
    ),
    // For `npm run rollback` and its like, which work beside Pulumi, and the next run's preflight.
    hosts: Object.fromEntries(
      tiers.map(({ host: { key, settings, networkIds }, agent }) => {
        const tls = tlsOf(settings.docker);
        const docker = addressOf(settings.docker);
        const { consulServers, datacenter } = settings;
        const told = { docker, ...(tls && { tls }), agent: agent.containerName, networks: networkIds };
        return [key, { ...told, datacenter, consulServers }];
      }),
    ),
    ...(absent.length > 0 && {
      absentHosts: Object.fromEntries(absent.map(({ host, output = {} }) => [host.key, output])),
    }),
    consulToken: credentials.management.secretId,
    operatorToken: credentials.operator.secretId,
    statsPassword: credentials.statsPassword,
  };
  return { pools, outputs };
}

/** A service must not get a version that a job has not gone before. */
function refuseWithoutHost({ jobs }: Settings, absent: Findings["absent"]): void {
  for (const { name, trigger, hosts, isPlaced } of jobs) {
    const host = absent.find(({ host }) => isPlaced && hosts.includes(host.key))?.host.key;
    if (trigger.kind !== "before" || host === undefined) continue;
    throw new pulumi.RunError(
      `Job ${name}, which goes before service ${trigger.service}, is to run on host ${host}, which is not reached. ` +
        `Set flotilla:jobs.${name}.host to another one, or take it out.`,
    );
  }
}
