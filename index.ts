import * as pulumi from "@pulumi/pulumi";
import { AbsentHost } from "./components/absent-host.ts";
import { ConsulAgent } from "./components/consul-agent.ts";
import { ConsulCluster } from "./components/consul-cluster.ts";
import { Credentials } from "./components/credentials.ts";
import * as docker from "./components/docker.ts";
import { DockerHost } from "./components/docker-host.ts";
import { HaproxyTier } from "./components/haproxy-tier.ts";
import { imagePlans } from "./components/image-plans.ts";
import { Images } from "./components/images.ts";
import { LogKeeper } from "./components/log-keeper.ts";
import { RoutingTable } from "./components/routing-table.ts";
import { ServerPool } from "./components/server-pool.ts";
import { TokenRevocation } from "./components/token-revocation.ts";
import { Warden } from "./components/warden.ts";
import { readSettings } from "./config/read.ts";
import type { HostSettings } from "./config/settings.ts";
import { addressOf, providerArgs, tlsOf } from "./lib/docker-endpoint.ts";
import { providerCredentials } from "./lib/images/registry-credentials.ts";
import { joined } from "./lib/names.ts";
import { withServersInPlace } from "./preflight/placement.ts";
import { preflight, withoutHosts } from "./preflight/preflight.ts";
import { readState } from "./preflight/state.ts";

/** The program: what it returns are the stack's outputs. */
export default async function flotilla() {
  const state = readState();
  const settings = await withServersInPlace(readSettings(), state);
  const { stopped, isFresh, absent } = await preflight(settings, state);
  // What is to be made is made on the hosts that are reached; that there are others, too, is theirs to know.
  const reached = withoutHosts(settings, absent);
  const { services } = reached;
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
  const allHosts = settings.hosts;
  const cluster = new ConsulCluster("consul", { ...settings, hosts, allHosts, credentials, isFresh });
  for (const { host, output, urns } of absent) {
    if (output === undefined) continue;
    const args = { ...settings, host, provider: providerOf(host), urns, cluster };
    new AbsentHost(`absent-${host.key}`, args);
  }

  const tiers = hosts.map((host) => {
    const args = { ...settings, host, credentials, isFresh };
    const opts = { providers: [host.provider] };
    new Warden(`warden-${host.key}`, args, opts);
    const agent = new ConsulAgent(`agent-${host.key}`, { ...args, after: [cluster] }, opts);
    return { host, agent, balancers: new HaproxyTier(`balancers-${host.key}`, { ...args, agent }, opts) };
  });
  // Where nothing runs yet, what others take longest to get ready after comes first: an engine makes few containers at once.
  const after = isFresh ? [...cluster.servers, ...tiers.map(({ balancers }) => balancers.front)] : [];

  const pools = tiers.flatMap(({ host, agent, balancers }) =>
    services
      .filter((service) => service.hosts.includes(host.key))
      .map((service) => {
        const args = {
          ...settings,
          host,
          agent,
          cluster,
          service,
          balancers,
          credentials,
          images,
          stopped,
          isFresh,
          after,
        };
        return new ServerPool(joined(service.name, host.key), args, { providers: [host.provider] });
      }),
  );

  for (const host of hosts) {
    const logs = pools.filter((pool) => pool.host === host.key).map((pool) => pool.logs);
    const args = { ...settings, host, logs };
    if (logs.length > 0) new LogKeeper(`keeper-${host.key}`, args, { providers: [host.provider] });
  }

  // Through any one agent, since Consul's KV store is the whole data centre's.
  const [entry] = tiers;
  if (entry) {
    const args = { ...settings, ...entry, cluster, balancerHosts: hosts, credentials };
    // Nobody is sent to a service before it serves; where nothing does yet, all come up side by side.
    const serving = [...pools, ...tiers.map(({ balancers }) => balancers)];
    const routes = new RoutingTable("routes", args, { dependsOn: isFresh ? entry.agent : serving });
    // By then all that has tokens has the present ones.
    new TokenRevocation("former-tokens", { cluster, credentials }, { dependsOn: [routes, ...serving] });
  }

  return {
    url: entry?.balancers.url,
    loadBalancers: tiers.flatMap(({ balancers }) => balancers.endpoints),
    consul: cluster.endpoints,
    services: Object.fromEntries(
      services.map(({ name, replicas }) => {
        const instances = pools.filter((pool) => pool.service === name).map((pool) => pool.instances);
        return [name, { replicas, instances: pulumi.all(instances).apply((lists) => lists.flat()) }];
      }),
    ),
    // For `npm run rollback` and its like, which work beside Pulumi, and the next run's preflight.
    hosts: Object.fromEntries(
      tiers.map(({ host: { key, settings, networkIds }, agent }) => {
        const tls = tlsOf(settings.docker);
        const docker = addressOf(settings.docker);
        const { consulServers } = settings;
        const told = { docker, ...(tls && { tls }), agent: agent.containerName, networks: networkIds };
        return [key, { ...told, consulServers }];
      }),
    ),
    ...(absent.length > 0 && {
      absentHosts: Object.fromEntries(absent.map(({ host, output = {} }) => [host.key, output])),
    }),
    consulToken: credentials.management.secretId,
    operatorToken: credentials.operator.secretId,
    statsPassword: credentials.statsPassword,
  };
}
