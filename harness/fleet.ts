import { serviceBackend, sharedFrontend } from "../lib/haproxy.ts";
import type { Outcome } from "../runtime/program.ts";
import { Application } from "./application.ts";
import { Consul } from "./consul.ts";
import { type Container, containers, type Role } from "./docker.ts";
import { removeStacks } from "./engine/stacks.ts";
import { type Answer, get } from "./http.ts";
import type { Project } from "./project.ts";
import { committedConfig, markedValue, type Outputs, Stack } from "./pulumi.ts";
import { runInfo } from "./run-info.ts";

interface Health {
  type?: "http" | "tcp" | "redis";
  path?: string;
  method?: "GET" | "HEAD";
  host?: string;
  send?: string;
  expect?: string;
  interval?: number;
  checkTimeout?: number;
  timeout?: number;
}

export interface Service {
  build?: string;
  version?: string;
  image?: string;
  replicas: number;
  replicasPer?: string;
  maxPerHost?: number;
  /** Without one it is a worker. */
  port?: number;
  health?: Health;
  protocol?: string;
  balance?: string;
  locality?: string;
  env?: Record<string, string>;
  cpus?: number;
  memory?: string;
  command?: string[];
  entrypoint?: string[];
  workingDir?: string;
  user?: string | number;
  init?: boolean;
  capabilities?: { add?: string[]; drop?: string[] };
  noNewPrivileges?: boolean;
  readOnly?: boolean;
  tmpfs?: (string | { path: string; size?: string })[];
  shmSize?: string;
  ulimits?: Record<string, number | { soft: number; hard: number }>;
  extraHosts?: string[];
  drain?: number;
  stopGrace?: number;
  rollout?: { order?: string; surge?: number | string; settle?: number };
  load?: { concurrency?: number; queue?: number; wait?: number };
  sessions?: boolean;
  timeouts?: { body?: number; request?: number; idle?: number; tunnel?: number };
  volumes?: {
    name: string;
    path: string;
    readOnly?: boolean;
    kind?: string;
    source?: string;
    server?: string;
    driver?: string;
    options?: Record<string, string | number | boolean>;
    perReplica?: boolean;
    shared?: boolean;
    owner?: string;
  }[];
  movedFrom?: string | string[];
  logs?: { maxSize?: string };
  route?: { path?: string; host?: string | string[] };
  publish?: number;
  provides?: number;
  requires?: Record<string, { service: string; env?: Record<string, string>; onChange?: object }>;
  hosts?: string[];
  failover?: string[];
}

type WebService = Service & Required<Pick<Service, "port" | "health" | "env">>;

export interface Config {
  protect: boolean;
  hosts: Record<
    string,
    { docker: string; tls?: string; address?: string; datacenter?: string; state?: string }
  >;
  network: { subnet: string };
  consul: { servers: number; port: number };
  loadBalancers: {
    count: number;
    port: number;
    statsPort: number;
    peerPort?: number;
    ipv6?: boolean;
    trustedProxies?: string[];
    maxConnectionsPerClient?: number;
    memory?: string;
  };
  services: { web: WebService } & Record<string, Service>;
  jobs?: Record<string, object>;
  backups?: {
    target: { folder?: string; sftp?: object };
    schedule?: string;
    verify?: string;
    keep?: Record<string, number>;
    of: Record<string, object>;
  };
}

/** A stack together with what its users see of it. */
export class Fleet {
  readonly stack: Stack<Config>;
  /** The service that answers by default. */
  readonly service: string;
  readonly #start: Config;
  readonly #application: Application | undefined;
  readonly #project: Project | undefined;

  private constructor(stack: Stack<Config>, start: Config, application?: Application, project?: Project) {
    this.stack = stack;
    this.service = Object.entries(start.services).find(([, service]) => isDefault(service))?.[0] ?? "web";
    this.#start = start;
    this.#application = application;
    this.#project = project;
  }

  static #own(suffix: string, port: number, subnet: string): Fleet {
    const application = new Application(`web${suffix}`);
    const stack = new Stack<Config>(`${runInfo().prefix}${suffix}`);
    return new Fleet(stack, startConfig(port, subnet, application), application);
  }

  /** The stack that the files of tests hand to each other. */
  static first(): Fleet {
    return Fleet.#own("", 18080, "10.213.0.0/24");
  }

  /** One that lives beside the first. */
  static second(): Fleet {
    return Fleet.#own("-2", 28080, "10.213.1.0/24");
  }

  /** A small one on a host that is elsewhere. */
  static elsewhere(docker: string, address: string): Fleet {
    const application = new Application("web-4");
    const stack = new Stack<Config>(`${runInfo().prefix}-4`);
    const config = configOf(22_080, "10.213.4.0/24", webOf(application));
    config.hosts = { local: { docker, address } };
    config.consul.servers = 1;
    config.loadBalancers.count = 1;
    config.services.web.replicas = 2;
    return new Fleet(stack, config, application);
  }

  /** One over several hosts, of the drill's application, whose config is edited. */
  static onHosts(
    hosts: readonly { key: string; address: string; docker: string }[],
    edit: (config: Config) => void = () => {},
  ): Fleet {
    const application = new Application("web-5", true);
    const stack = new Stack<Config>(`${runInfo().prefix}-5`);
    const config = configOf(21_080, "10.213.5.0/24", webOf(application));
    config.hosts = Object.fromEntries(hosts.map(({ key, address, docker }) => [key, { docker, address }]));
    Object.assign(config.services.web, { replicas: 2, sessions: true, drain: 2 });
    edit(config);
    return new Fleet(stack, config, application);
  }

  /** An example as its user brings it up, but under ports and addresses that are the tests', and without its secrets. */
  static ofExample(name: string): Fleet {
    const stack = new Stack<Config>(`${runInfo().prefix}-6`);
    const committed = committedConfig<Config>(name);
    const { services } = committed;
    const { protect, hosts, network, consul, loadBalancers } = configOf(
      26_080,
      "10.213.6.0/24",
      services.web,
    );
    return new Fleet(stack, {
      ...committed,
      protect,
      hosts,
      network,
      consul: { ...committed.consul, port: consul.port },
      loadBalancers: { ...committed.loadBalancers, ...loadBalancers },
    });
  }

  /** The drill's, with its own application, of a copy of the project. */
  static ofDrill(project: Project): Fleet {
    const application = new Application("drill", true);
    const stack = new Stack<Config>(`${runInfo().prefix}-3`, project.folder);
    return new Fleet(stack, startConfig(24_080, "10.213.2.0/24", application), application, project);
  }

  /** One that its user has, as it is configured. What is changed is changed in a copy of its config. */
  static ofUser(name: string): Fleet {
    const stack = Stack.ofUser<Config>(name);
    return new Fleet(stack, withDefaults(stack.config));
  }

  /** The application whose code can be changed: not that of a user's stack. */
  get application(): Application {
    return this.#application ?? notOurs("application");
  }

  /** The copy of the project that the stack is made from. */
  get project(): Project {
    return this.#project ?? notOurs("project");
  }

  /** How many there are of each at the start. */
  get size(): { servers: number; balancers: number; consul: number } {
    const { services, loadBalancers, consul } = this.#start;
    const servers = services[this.service]?.replicas ?? 1;
    return { servers, balancers: loadBalancers.count, consul: consul.servers };
  }

  get name(): string {
    return this.stack.name;
  }

  /** The config as it is now, with what it need not name. */
  get config(): Config {
    return withDefaults(this.stack.config);
  }

  /** Endpoints of the engines that it is configured for, each once. */
  get engines(): string[] {
    return [...new Set(Object.values(this.config.hosts).map(({ docker }) => docker))];
  }

  get url(): string {
    const [host] = Object.values(this.config.hosts);
    return `http://${host?.address ?? "127.0.0.1"}:${this.config.loadBalancers.port}/`;
  }

  balancerUrl(balancer: number): string {
    return `http://127.0.0.1:${this.config.loadBalancers.port + 101 * balancer}/`;
  }

  statsUrl(balancer: number): string {
    return `http://127.0.0.1:${this.config.loadBalancers.statsPort + balancer}/`;
  }

  consulUrl(server = 1): string {
    return `http://127.0.0.1:${this.config.consul.port + server - 1}`;
  }

  /** The stack with its config, but nothing of it running. */
  async create(): Promise<void> {
    if (!this.stack.exists) await this.stack.create();
    this.#application?.restore();
    this.startOver();
  }

  /** Brings the stack, whatever its state, to three Consul servers, two balancers and four copies of the simple server. */
  async toStart(edit: (config: Config) => void = () => {}): Promise<void> {
    await this.create();
    this.configure(edit);
    await this.stack.run("up", "--refresh");
  }

  /** The config with which the stack begins, edited; nothing is brought up. */
  startOver(edit: (config: Config) => void = () => {}): void {
    const config = structuredClone(this.#start);
    edit(config);
    this.stack.config = config;
  }

  /** Makes the stack anew, whatever state and engine have of it. */
  async remake(): Promise<void> {
    await this.stack.forget();
    await removeStacks(this.name);
    await this.stack.run("up");
  }

  /** Edits the config and runs `pulumi up`, which must succeed. */
  async up(edit: (config: Config) => void = () => {}): Promise<string> {
    this.configure(edit);
    return this.stack.run("up");
  }

  /** The same where it may fail. */
  async attemptUp(edit: (config: Config) => void = () => {}): Promise<Outcome> {
    this.configure(edit);
    return this.stack.attempt("up");
  }

  configure(edit: (config: Config) => void): void {
    const { config } = this.stack;
    edit(config);
    this.stack.config = config;
  }

  outputs(): Promise<Outputs> {
    return this.stack.outputs();
  }

  containers(role?: Role, service?: string): Promise<Container[]> {
    return containers(this.name, role, service);
  }

  servers(service = this.service): Promise<Container[]> {
    return this.containers("server", service);
  }

  /** The one container of a role. */
  async the(role: Role): Promise<Container> {
    const [container, ...more] = await this.containers(role);
    if (container === undefined || more.length > 0) throw new Error(`not one ${role} but ${more.length + 1}`);
    return container;
  }

  /** Consul as its operator sees it, through one of its servers. */
  async consul(server = 1): Promise<Consul> {
    return new Consul(this.consulUrl(server), (await this.outputs()).consulToken);
  }

  /** Consul as anybody on this machine sees it, or whoever has a token. */
  consulWith(token?: string): Consul {
    return new Consul(this.consulUrl(), token);
  }

  async statistics(balancer: number, path = "", user = "admin"): Promise<Answer> {
    const { statsPassword } = await this.outputs();
    return get(`${this.statsUrl(balancer)}${path}`, { auth: `${user}:${statsPassword}` });
  }

  /** Status of every server of a pool, as balancer i (from 1) sees it. */
  async serversSeenBy(balancer: number, service = this.service): Promise<Record<string, string>> {
    const rows = await this.#figures(balancer, serviceBackend(service));
    const servers = rows.filter(({ svname }) => svname !== "BACKEND");
    return Object.fromEntries(servers.map(({ svname = "", status = "" }) => [svname, status]));
  }

  /** Requests that balancer i has taken since its configuration was last loaded. */
  async requestsTakenBy(balancer: number): Promise<number> {
    const [frontend] = await this.#figures(balancer, sharedFrontend);
    return Number(frontend?.req_tot);
  }

  /** The rows of a balancer's statistics that belong to one proxy. */
  async #figures(balancer: number, proxy: string): Promise<Record<string, string>[]> {
    const { status, body } = await this.statistics(balancer, ";csv");
    if (status !== 200) throw new Error(`balancer ${balancer} answers ${status} on its statistics port`);
    const [head = [], ...rows] = body
      .trim()
      .split("\n")
      .map((line) => line.split(","));
    const proxies = rows.filter(([name]) => name === proxy);
    return proxies.map((row) => Object.fromEntries(row.map((value, column) => [head[column], value])));
  }
}

/** In a file, what has a default may be left out. */
function withDefaults(config: Config): Config {
  const { consul, loadBalancers } = config as Partial<Config>;
  const services = structuredClone(config.services);
  for (const service of Object.values(services)) service.replicas ??= 1;
  return {
    ...config,
    consul: Object.assign({ servers: 3, port: 8500 }, consul),
    loadBalancers: Object.assign({ count: 2, port: 8080, statsPort: 9000 }, loadBalancers),
    services,
  };
}

function notOurs(what: string): never {
  throw new Error(`the ${what} of a user's stack is not ours to change`);
}

const isDefault = (service: Service & { default?: boolean }) =>
  service.default ?? (service.port !== undefined && !(service.route || service.publish));

/**
 * Three Consul servers, two balancers and one service; all ports are around one, which is to be well below those that the
 * kernel hands out to clients (32768 and up): otherwise one of them may be taken just then.
 */
export function configOf(port: number, subnet: string, web: Config["services"]["web"]): Config {
  return {
    protect: false,
    hosts: { local: { docker: runInfo().dockerHost } },
    network: { subnet },
    consul: { servers: 3, port: port + 500 },
    loadBalancers: { count: 2, port, statsPort: port + 920 },
    services: { web },
  };
}

const startConfig = (port: number, subnet: string, application: Application) =>
  configOf(port, subnet, webOf(application));

/** Four copies of an application. */
const webOf = (application: Application) => ({
  build: application.folder,
  replicas: 4,
  port: 8000,
  health: { path: "/health", timeout: 30 },
  env: { LOG_DIR: "/var/log/flotilla", UNTOLD: markedValue },
});

/** How often each server answered to so many requests, one connection each; by what the answers say. */
export async function whoAnswers(url: string, requests = 40): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (let i = 0; i < requests; i++) {
    const { status, headers, body } = await get(url);
    if (status !== 200) throw new Error(`${url} answers ${status}: ${body}`);
    const server = String(headers["x-served-by"]);
    counts[server] = (counts[server] ?? 0) + 1;
  }
  return counts;
}
