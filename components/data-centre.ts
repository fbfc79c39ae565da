import type * as pulumi from "@pulumi/pulumi";
import type { HostSettings, JobSettings, ServiceSettings, Settings } from "../config/settings.ts";
import { partsOn } from "../lib/backups.ts";
import { jobHosts } from "../lib/jobs.ts";
import { joined } from "../lib/names.ts";
import { inOrder, isListening } from "../lib/requirements.ts";
import { isMoving } from "../lib/rollout.ts";
import type { Findings } from "../preflight/preflight.ts";
import { AbsentHost } from "./absent-host.ts";
import { Backup } from "./backup.ts";
import { ConsulAgent } from "./consul-agent.ts";
import { ConsulCluster } from "./consul-cluster.ts";
import type { Credentials } from "./credentials.ts";
import type * as docker from "./docker.ts";
import type { DockerHost } from "./docker-host.ts";
import { HaproxyTier } from "./haproxy-tier.ts";
import { Herald } from "./herald.ts";
import type { HostImage, Images } from "./images.ts";
import { Job } from "./job.ts";
import { LogKeeper } from "./log-keeper.ts";
import { Mover } from "./mover.ts";
import { RoutingTable } from "./routing-table.ts";
import { Scheduler } from "./scheduler.ts";
import { ServerPool } from "./server-pool.ts";
import { TokenRevocation } from "./token-revocation.ts";
import { Warden } from "./warden.ts";

/** Arguments for {@link DataCentre}. */
export interface DataCentreArgs {
  readonly name: string;
  /** Of the whole stack. */
  readonly settings: Settings;
  /** Its hosts that are reached. */
  readonly hosts: readonly DockerHost[];
  /** All of its hosts. */
  readonly allHosts: readonly HostSettings[];
  readonly providerOf: (host: HostSettings) => docker.Provider;
  readonly credentials: Credentials;
  readonly images: Images;
  readonly findings: Findings;
  /** What has jobs run before a service in other data centres, on hosts that the config names; when all of these are there. */
  readonly gatesElsewhere: (service: string) => Promise<pulumi.Resource[]>;
}

/** What serves on a host. */
export interface Tier {
  readonly host: DockerHost;
  readonly agent: ConsulAgent;
  readonly balancers: HaproxyTier;
}

/**
 * A data centre: a Consul of its own, and what its hosts have. It needs no other one, and so goes on whatever becomes of
 * them: their balancers alone are asked, where a service has no copy left here. No component, so that what is in it keeps
 * its place in the state however many there are.
 */
export class DataCentre {
  readonly cluster: ConsulCluster;
  readonly tiers: readonly Tier[];
  readonly pools: ServerPool[] = [];
  /** By service: what has jobs run before it, on hosts that the config names, and so before its copies everywhere. */
  readonly gates = new Map<string, pulumi.Resource[]>();

  constructor(args: DataCentreArgs) {
    const { name, settings, hosts, allHosts, credentials, findings } = args;
    const isFresh = findings.fresh.includes(name);
    const isOnly = allHosts.length === settings.hosts.length;
    const named = (what: string) => (isOnly ? what : joined(what, name));
    this.cluster = new ConsulCluster(named("consul"), {
      ...settings,
      hosts,
      allHosts,
      isOnly,
      credentials,
      isFresh,
    });
    for (const { host, output, urns } of findings.absent) {
      if (output === undefined || !allHosts.includes(host)) continue;
      const kept = { ...settings, host, provider: args.providerOf(host), urns, cluster: this.cluster };
      new AbsentHost(`absent-${host.key}`, kept);
    }
    this.tiers = hosts.map((host) => this.#tier(host, isFresh, args));
    this.#pools(isFresh, args);
    this.#logKeepers(args);
    const movers = this.#movers(args);
    const heralds = this.#heralds(args);
    this.#backups(args);
    this.#routes(named, isFresh, [...movers, ...heralds], args);
  }

  #tier(host: DockerHost, isFresh: boolean, { settings, allHosts, credentials }: DataCentreArgs): Tier {
    const args = { ...settings, host, credentials, isFresh };
    const opts = { providers: [host.provider] };
    new Warden(`warden-${host.key}`, args, opts);
    const ofAgent = { ...args, hosts: allHosts, after: [this.cluster] };
    const agent = new ConsulAgent(`agent-${host.key}`, ofAgent, opts);
    return { host, agent, balancers: new HaproxyTier(`balancers-${host.key}`, { ...args, agent }, opts) };
  }

  #pools(isFresh: boolean, args: DataCentreArgs): void {
    const { settings, credentials, images, findings } = args;
    const { cluster, tiers, pools } = this;
    const { stopped } = findings;
    const jobs = this.#jobs(args);
    // Where nothing runs yet, what others take longest to get ready after comes first: an engine makes few containers at once.
    const after = isFresh ? [...cluster.servers, ...tiers.map(({ balancers }) => balancers.front)] : [];
    const reached = tiers.map(({ host }) => host.key);
    const common = { ...settings, cluster, credentials, images, stopped, isFresh, after, reached };
    const services = settings.services.map((service) => ({
      name: service.name,
      requires: [service, ...jobs.flatMap(({ job }) => (isBefore(job, service.name) ? job : []))].flatMap(
        ({ requires }) => requires.map(({ service }) => service),
      ),
      service,
    }));
    // Those that others require come first, on all hosts.
    for (const { name, requires, service } of inOrder(services)) {
      const providers = pools.filter((pool) => requires.includes(pool.service));
      const before = jobs.filter(({ job }) => isBefore(job, name));
      const gates = before.map((one) => ({ ...one, gate: gateOf(one, images, pools, service) }));
      this.gates.set(
        name,
        gates.flatMap(({ job, gate }) => (job.isPlaced ? gate : [])),
      );
      // One that has served before needs nothing done for it, and going back to it must not wait.
      const awaited = isPinned(service) ? [] : gates.map(({ gate }) => gate);
      const isElsewhere = (job: JobSettings) => isBefore(job, name) && this.#hostsOf(job).length === 0;
      const elsewhere =
        !isPinned(service) && settings.jobs.some(isElsewhere) ? args.gatesElsewhere(name) : undefined;
      for (const tier of tiers.filter(({ host }) => service.hosts.includes(host.key))) {
        const { key } = tier.host;
        const args = {
          ...common,
          ...tier,
          service,
          after: [...after, ...providers, ...awaited],
          ...(elsewhere && { afterAll: elsewhere }),
          kept: findings.volumes[key] ?? [],
          volumesOf: (owners: readonly string[]) => this.#volumesOn(key, owners),
        };
        pools.push(new ServerPool(joined(name, tier.host.key), args, { providers: [tier.host.provider] }));
      }
    }
    for (const one of jobs) if (one.job.trigger.kind === "once") gateOf(one, images, pools);
  }

  /** Looked for when all pools are there: of two services, each may have a volume of the other's. */
  async #volumesOn(host: string, owners: readonly string[]): Promise<pulumi.Resource[]> {
    await Promise.resolve();
    return this.pools
      .filter((pool) => pool.host === host && owners.includes(pool.service))
      .flatMap(({ volumes }) => volumes);
  }

  /** The jobs that have their place on each host, and who has them run. */
  #jobs({ settings, images }: DataCentreArgs): PlacedJob[] {
    return this.tiers.flatMap((tier) => {
      const { host } = tier;
      const { key, provider } = host;
      const here = settings.jobs.filter((job) => this.#hostsOf(job).includes(key));
      const { programs } = host.images;
      if (here.length === 0 || programs === undefined) return [];
      const opts = { providers: [provider] };
      const jobs = here.map((job) => {
        const volumes = this.#volumesOfJob(key, job);
        return new Job(joined(job.name, key), { ...settings, host, job, images, volumes }, opts);
      });
      const scheduler = new Scheduler(`scheduler-${key}`, { ...settings, host, image: programs, jobs }, opts);
      return jobs.map((made) => ({ tier, made, job: made.job, scheduler }));
    });
  }

  #hostsOf(job: JobSettings): string[] {
    return jobHosts(
      job,
      this.tiers.map(({ host }) => host.settings),
    );
  }

  /** Also where its service logs, which is mounted as well. */
  async #volumesOfJob(host: string, { source, volumes }: JobSettings): Promise<pulumi.Resource[]> {
    const own = source.kind === "service" ? [source.service] : [];
    const named = await this.#volumesOn(host, [...own, ...volumes.flatMap(({ owner }) => owner ?? [])]);
    const logs = this.pools.filter((pool) => pool.host === host && own.includes(pool.service));
    return [...named, ...logs.map((pool) => pool.logs.ready)];
  }

  #logKeepers({ settings, hosts }: DataCentreArgs): void {
    for (const host of hosts) {
      const logs = this.pools.filter((pool) => pool.host === host.key).map((pool) => pool.logs);
      const args = { ...settings, host, logs };
      if (logs.length > 0) new LogKeeper(`keeper-${host.key}`, args, { providers: [host.provider] });
    }
  }

  /** Where something moves. */
  #movers({ settings, credentials }: DataCentreArgs): Mover[] {
    return this.#tiersOf(settings.services.filter(isMoving)).map(({ image, ...tier }) => {
      const { key, provider } = tier.host;
      return new Mover(
        `mover-${key}`,
        { ...settings, ...tier, image, credentials },
        { providers: [provider] },
      );
    });
  }

  /** Where somebody is to be told. */
  #heralds({ settings, credentials }: DataCentreArgs): Herald[] {
    return this.#tiersOf(settings.services.filter(isListening)).map(({ image, ...tier }) => {
      const { key, provider } = tier.host;
      return new Herald(
        `herald-${key}`,
        { ...settings, ...tier, image, credentials },
        { providers: [provider] },
      );
    });
  }

  /** Where something is backed up. */
  #backups({ settings, credentials }: DataCentreArgs): void {
    const { backups } = settings;
    for (const { host, agent } of this.tiers) {
      const { key, provider, images } = host;
      const parts = partsOn(settings, host.settings);
      if (!backups || !images.backup || parts.length === 0) continue;
      const volumes = this.pools.filter((pool) => pool.host === key).flatMap((pool) => pool.allVolumes);
      const args = { ...settings, backups, host, agent, image: images.backup, parts, credentials, volumes };
      new Backup(`backup-${key}`, args, { providers: [provider] });
    }
  }

  /** Those where any of some services runs, for which the image of our programs is there. */
  #tiersOf(services: readonly ServiceSettings[]): (Tier & { readonly image: HostImage })[] {
    return this.tiers.flatMap((tier) => {
      const { key, images } = tier.host;
      const { programs: image } = images;
      return image && services.some(({ hosts }) => hosts.includes(key)) ? [{ ...tier, image }] : [];
    });
  }

  #routes(
    named: (what: string) => string,
    isFresh: boolean,
    attendants: readonly (Mover | Herald)[],
    { settings, hosts, credentials }: DataCentreArgs,
  ): void {
    // Through any one agent, since Consul's KV store is the whole data centre's.
    const [entry] = this.tiers;
    if (entry === undefined) return;
    const { cluster } = this;
    const args = { ...settings, ...entry, cluster, balancerHosts: hosts, credentials };
    // Nobody is sent to a service before it serves; where nothing does yet, all come up side by side.
    const serving = [...this.pools, ...this.tiers.map(({ balancers }) => balancers)];
    const dependsOn = isFresh ? entry.agent : serving;
    const routes = new RoutingTable(named("routes"), args, { dependsOn });
    // By then all that has tokens has the present ones.
    new TokenRevocation(
      named("former-tokens"),
      { cluster, credentials },
      { dependsOn: [routes, ...serving, ...attendants] },
    );
  }
}

/** A job on a host. */
interface PlacedJob {
  readonly tier: Tier;
  readonly job: JobSettings;
  readonly made: Job;
  readonly scheduler: Scheduler;
}

const isBefore = ({ trigger }: JobSettings, service: string) =>
  trigger.kind === "before" && trigger.service === service;

const isPinned = ({ source }: ServiceSettings) => source.kind === "build" && source.version !== undefined;

/** What has a job run in `up`, when all that it requires is there: before a service, or just once. */
function gateOf(
  { tier, job, made, scheduler }: PlacedJob,
  images: Images,
  pools: readonly ServerPool[],
  before?: ServiceSettings,
): pulumi.Resource {
  const required = job.requires.map(({ service }) => service);
  const providers = pools.filter((pool) => required.includes(pool.service));
  const after = required.length > 0 ? [...providers, tier.balancers] : [];
  const image =
    before &&
    images.ofService(before.name, joined(job.name, tier.host.key, before.name), tier.host.key, {
      parent: made,
    });
  return made.gate(scheduler.container, {
    after,
    ...(image && { image: image.imageId }),
    ...(before &&
      isPinned(before) && { idle: `since ${before.name} is pinned to a version that has served before` }),
  });
}
