import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { ConsulAgent } from "./components/consul-agent.ts";
import { ConsulCluster } from "./components/consul-cluster.ts";
import { Credentials } from "./components/credentials.ts";
import { DockerHost } from "./components/docker-host.ts";
import { HaproxyTier } from "./components/haproxy-tier.ts";
import { RoutingTable } from "./components/routing-table.ts";
import { ServerPool } from "./components/server-pool.ts";
import { readSettings } from "./settings.ts";

const settings = readSettings();
const { stack, network, consul, loadBalancers, services, registry, protect } = settings;
const credentials = new Credentials("credentials");
const shared = { stack, network, consul, loadBalancers, services, registry, protect, credentials };

const hosts = settings.hosts.map((host) => {
  const provider = new docker.Provider(host.key, { host: host.docker });
  return new DockerHost(host.key, { ...shared, host, provider });
});
const cluster = new ConsulCluster("consul", { ...shared, hosts });

const tiers = hosts.map((host) => {
  const opts = { providers: [host.provider] };
  const agent = new ConsulAgent(`agent-${host.key}`, { ...shared, host }, { ...opts, dependsOn: cluster });
  const balancers = new HaproxyTier(`balancers-${host.key}`, { ...shared, host, agent }, opts);
  return { host, agent, balancers };
});
const balancers = tiers.map((tier) => tier.balancers);

const pools = tiers.flatMap(({ host, agent }) =>
  services
    .filter((service) => service.hosts.includes(host.key))
    .map((service) => {
      const args = { ...shared, host, agent, service, balancers, balancerHosts: hosts };
      return new ServerPool(`${service.name}-${host.key}`, args, { providers: [host.provider] });
    }),
);

// Through any one agent, since Consul's KV store is the whole data centre's.
const [entry] = tiers;
if (entry) new RoutingTable("routes", { ...shared, ...entry }, { dependsOn: pools });

export default {
  url: entry?.balancers.url,
  loadBalancers: balancers.flatMap((tier) => tier.endpoints),
  consul: cluster.endpoints,
  services: Object.fromEntries(
    services.map(({ name, replicas }) => {
      const instances = pulumi.all(
        pools.filter((pool) => pool.service === name).map((pool) => pool.instances),
      );
      return [name, { replicas, instances: instances.apply((lists) => lists.flat()) }];
    }),
  ),
  consulToken: credentials.management.secretId,
  statsPassword: credentials.statsPassword,
};
