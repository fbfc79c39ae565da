import type { Endpoint } from "../lib/docker-endpoint.ts";
import type { ExchangeType } from "../lib/exchange.ts";
import type { Reaction } from "../lib/requirements.ts";

/** What the program is told by stack config, after every rule has been checked and every default filled in. */
export interface Settings {
  /** Name of the Pulumi stack; starts the name of everything that is made, so that stacks share a host. */
  readonly stack: string;
  /** Whether Pulumi must refuse to delete data volumes. */
  readonly protect: boolean;
  readonly network: NetworkSettings;
  /** Docker hosts, sorted by key. */
  readonly hosts: readonly HostSettings[];
  readonly consul: ConsulSettings;
  readonly loadBalancers: LoadBalancerSettings;
  /** Services in the order of the config; at most one is the default, and without one unmatched requests get 404. */
  readonly services: readonly ServiceSettings[];
  /** In the order of the config. */
  readonly jobs: readonly JobSettings[];
  /** Where built images are pushed; nowhere when absent. */
  readonly registry?: RegistrySettings;
  /** What is backed up, and where to; nothing when absent. */
  readonly backups?: BackupSettings;
}

export interface NetworkSettings {
  /** IPv4 network in CIDR notation; each host has its own, of the same addresses. */
  readonly subnet: string;
  /** That of the network that Consul has for itself. */
  readonly controlSubnet: string;
}

export interface HostSettings {
  /** Identity of the host: names and addresses derive from it, never from its place in the list. */
  readonly key: string;
  /** Docker endpoint: `unix://`, `ssh://` or `tcp://`. */
  readonly docker: Endpoint;
  /** Address at which users reach the host's published ports. */
  readonly address: string;
  /**
   * IPv4 address at which the other hosts of its data centre reach its published ports; says nothing where there are none.
   * Those of other data centres come to `address`.
   */
  readonly peerAddress: string;
  /** Hosts of one data centre have a Consul in common, and send requests to each other's copies; others fail over to them. */
  readonly datacenter: string;
  /** Hosts of one zone are near each other: see a service's `locality`. */
  readonly zone?: string;
  /** Of copies that move between hosts it has so many times as many as one that weighs 1. */
  readonly weight: number;
  /** Whether it is "away", as when it is broken, and left as it is; or "drained": then no service runs there. */
  readonly state: "active" | "drained" | "away";
  /** Numbers of the Consul servers that live here, 1-based, ascending. */
  readonly consulServers: readonly number[];
  /** Whether the config says so; otherwise they stay where the stack has them. */
  readonly placesServers: boolean;
}

/** Resource limits of one container; unlimited when absent. */
export interface Limits {
  /** CPUs, as a decimal string that Docker takes, such as "0.5". */
  readonly cpus?: string;
  /** Memory in MiB. */
  readonly memory?: number;
}

export interface ConsulSettings extends Limits {
  /** Number of Consul servers in the data centre: 1, 3, 5 or 7. */
  readonly servers: number;
  /** Server i's UI and API are published on 127.0.0.1 at port + i - 1. */
  readonly port: number;
  /** Where there are several hosts, servers and agents hear each other on ports from this one on (lib/consul-peers.ts). */
  readonly peerPort: number;
  /** Image that has Consul at /bin/consul. */
  readonly image: string;
}

export interface LoadBalancerSettings extends Limits {
  /** Balancers on each host. */
  readonly count: number;
  /** Largest count that can be reached without replacing the container that publishes the ports. */
  readonly max: number;
  /** Port that all balancers share; balancer i also answers alone on port + 101 * i. */
  readonly port: number;
  /** Where there are several hosts, the port at which the balancers of others reach this host's copies, by TLS. */
  readonly peerPort: number;
  /** Balancer i's statistics page is on 127.0.0.1 at statsPort + i. */
  readonly statsPort: number;
  /** Whether ports that are open to other machines are published on IPv6, too. */
  readonly ipv6: boolean;
  /** Longest time, in seconds, that requests under way at a reload may last. */
  readonly drain: number;
  /** Longest time, in seconds, that a balancer which is replaced may finish its requests. */
  readonly stopGrace: number;
  /** Addresses and CIDR blocks of proxies that may say where a request comes from. */
  readonly trustedProxies: readonly string[];
  /** Connections that a client's address may have at once at each balancer; 0 for no limit. */
  readonly maxConnectionsPerClient: number;
}

export interface RegistrySettings {
  /** Registry host and path prefix, such as "registry.example.com/team". */
  readonly address: string;
  readonly username?: string;
  /** Secret. */
  readonly password?: string;
}

export interface ServiceSettings extends Limits {
  readonly name: string;
  /** Where the image comes from. */
  readonly source: BuildSource | ImageSource;
  /** Copies on each host, or in each data centre; zero answers 503. */
  readonly replicas: number;
  /** Whether `replicas` counts the copies on each host or those in each data centre, which then move between hosts. */
  readonly replicasPer: "host" | "datacenter";
  /** Copies that a host has at most, of those that move. */
  readonly maxPerHost?: number;
  /**
   * Port the application listens on inside its container. Without one the service is a worker, which answers no requests:
   * what is said of requests and checks then says nothing.
   */
  readonly port?: number;
  /** What balancers speak to it: HTTP, request by request, or whatever goes over TCP, connection by connection. */
  readonly protocol: "http" | "tcp";
  /** Which copy gets a connection: the one that has fewest, or one gets all while it is well. */
  readonly balance: "leastconn" | "active-backup";
  /** To which copies a host's balancers send: to any; to those of their own host and zone while one is well; to no others. */
  readonly locality: "any" | "prefer" | "only";
  readonly health: HealthSettings;
  /** Plain environment, sorted by name. PORT is in it where there is a port. */
  readonly env: Readonly<Record<string, string>>;
  /** Secret environment, sorted by name. */
  readonly secrets: Readonly<Record<string, string>>;
  /** Replaces the image's command when given. */
  readonly command?: readonly string[];
  /** Replaces the image's entrypoint when given, and with it the image's command. */
  readonly entrypoint?: readonly string[];
  /** Folder in which it is started; the image's where absent. */
  readonly workingDir?: string;
  /** `user` or `user:group`, by names or numbers; the image's where absent. */
  readonly user?: string;
  /** Whether a small init is the first process, which passes signals on and reaps what is orphaned. */
  readonly init: boolean;
  readonly capabilities: CapabilitySettings;
  /** Whether no program gets more rights than the one that starts it, as by setuid. */
  readonly noNewPrivileges: boolean;
  /** Whether the root file system can't be written. */
  readonly readOnly: boolean;
  readonly tmpfs: readonly TmpfsMount[];
  /** Size of /dev/shm in MiB; the engine's, 64 as a rule, where absent. */
  readonly shmSize?: number;
  /** Limits of its processes by the names that Docker has for them, sorted. */
  readonly ulimits: Readonly<Record<string, Ulimit>>;
  /** Names that it knows beside those of DNS. */
  readonly extraHosts: readonly ExtraHost[];
  readonly volumes: readonly VolumeMount[];
  /** Names that it had before, the latest first: its volumes keep that of the last one. */
  readonly movedFrom: readonly string[];
  readonly logs: LogSettings;
  /** Longest time, in seconds, that an instance taken out of rotation may finish its requests. */
  readonly drain: number;
  /** Seconds between SIGTERM and SIGKILL. */
  readonly stopGrace: number;
  readonly rollout: RolloutSettings;
  readonly load: LoadSettings;
  readonly timeouts: TimeoutSettings;
  /** Whether a browser's requests go to the copy that answered its first one, while it is there. */
  readonly sessions: boolean;
  /** Which requests come here; the default service and one that only publishes a port need none. */
  readonly route?: Route;
  /** Whether the service answers what no route matches. */
  readonly default: boolean;
  /** Port of every host on which the balancers answer for this service alone. */
  readonly publish?: number;
  /**
   * Port of the balancers at which the services that require it reach it, in the network of each host; absent where none does.
   */
  readonly provides?: number;
  /** What it needs of other services, sorted by name. */
  readonly requires: readonly Requirement[];
  /** Keys of the hosts it runs on, sorted. */
  readonly hosts: readonly string[];
  /** Data centres, sorted, whose copies answer for those of another one that has none left; its own says nothing. */
  readonly failover: readonly string[];
}

/** How a container of the user's own is run: a copy of a service, or a job. */
export type ProcessSettings = Limits &
  Pick<
    ServiceSettings,
    | "env"
    | "secrets"
    | "command"
    | "entrypoint"
    | "workingDir"
    | "user"
    | "init"
    | "capabilities"
    | "noNewPrivileges"
    | "readOnly"
    | "tmpfs"
    | "shmSize"
    | "ulimits"
    | "extraHosts"
    | "volumes"
    | "requires"
  >;

/** What is run to its end, in a container of its own. */
export interface JobSettings extends ProcessSettings {
  readonly name: string;
  /** Where the image comes from: a service has it, or it is the job's own. */
  readonly source: ServiceSource | BuildSource | ImageSource;
  readonly trigger: Trigger;
  /** Seconds that an attempt may take. */
  readonly timeout: number;
  /** Attempts after one that has failed, after pauses that grow. */
  readonly retries: number;
  /** What happens where its time comes while it is still at work: nothing, the old run is ended, or there are two. */
  readonly overlap: "skip" | "replace" | "allow";
  /** Whether a run that could not be when its time came is made up for. */
  readonly catchUp: boolean;
  /**
   * Keys of the hosts that it may run on, the first choice first. What goes before a service does so in each data centre, on
   * the first of these that is reached; all else has its place on the first of all.
   */
  readonly hosts: readonly string[];
  /** Whether the config names the host. */
  readonly isPlaced: boolean;
}

/** The image of a service. */
export interface ServiceSource {
  readonly kind: "service";
  readonly service: string;
}

/** When a job runs. */
export type Trigger =
  /** Again and again, when a pattern of cron's says so, by the clocks of a time zone. */
  | { readonly kind: "schedule"; readonly pattern: string; readonly timeZone: string }
  /** In the first `up`, and in each one that changes what it runs. */
  | { readonly kind: "once" }
  /** In each `up` that changes what it runs, or the version of a service, which gets its new copies only when it is done. */
  | { readonly kind: "before"; readonly service: string };

export interface BuildSource {
  readonly kind: "build";
  /** Folder with the Dockerfile, relative to the project. */
  readonly context: string;
  /** Dockerfile's path inside the folder. */
  readonly dockerfile: string;
  readonly args: Readonly<Record<string, string>>;
  /** Tag of an image that was built before and is to run instead of the folder as it is now. */
  readonly version?: string;
}

export interface ImageSource {
  readonly kind: "image";
  readonly image: string;
  /** Whether the digest that the image's tag stands for is looked up on each update. */
  readonly pin: boolean;
}

export interface HealthSettings {
  /** "http" asks for `path` and wants 2xx or 3xx; "tcp" wants a connection; the others an answer in their protocol. */
  readonly type: "http" | "tcp" | ExchangeType;
  readonly path: string;
  /** HEAD for those who would rather not send the page. */
  readonly method: "GET" | "HEAD";
  /** What the check says in its header Host. */
  readonly host: string;
  /** What a server that speaks TCP is told, with escapes; where absent it is the server that begins. */
  readonly send?: string;
  /** What must be in its answer, with escapes. */
  readonly expect?: string;
  /** Seconds between two checks. */
  readonly interval: number;
  /** Seconds within which a check must be answered. */
  readonly checkTimeout: number;
  /** Seconds within which every new instance must pass, or the update fails. */
  readonly timeout: number;
}

/** Which go first where copies take the places of others: the new ones are started, or the old ones stopped. */
export type RolloutOrder = "start-first" | "stop-first";

/** How a changed pool takes the place of the old one. */
export interface RolloutSettings {
  readonly order: RolloutOrder;
  /** Copies on each host that take the places of others at once; at least 1. */
  readonly surge: number;
  /** Seconds that copies of a new version must go on passing their check before requests reach them. */
  readonly settle: number;
}

/** What the service's copies are asked to bear. All balancers together keep to it, each to its share. */
export interface LoadSettings {
  /** Requests that one copy is given at once. */
  readonly concurrency: number;
  /** Requests that may wait until a copy has room; one more is answered 503 at once. */
  readonly queue: number;
  /** Seconds that a request waits before it is answered 503. */
  readonly wait: number;
}

/** How long the balancers wait for an answer, in seconds. */
export interface TimeoutSettings {
  /** For a request's body to come, or the first 32 KB of it; then 408. */
  readonly body: number;
  /** Until it begins; then 504. */
  readonly request: number;
  /** Between two parts of it. */
  readonly idle: number;
  /** Without a word from either side where a connection has been taken over, as WebSockets do, and wherever TCP is spoken. */
  readonly tunnel: number;
}

/** Another service that one needs, and must be there before it. */
export interface Requirement {
  /** What the requirement is called. */
  readonly key: string;
  readonly service: string;
  /** Variables that tell where it is, sorted by name; `{{host}}` and `{{port}}` in their values stand for that. */
  readonly env: Readonly<Record<string, string>>;
  /** Secret ones that tell of it, such as a URL with a password, sorted by name; in the same way. */
  readonly secrets: Readonly<Record<string, string>>;
  /** How copies are told when the healthy copies of that service change. */
  readonly onChange?: Reaction;
}

/** What copies of a service mount: all of those on one host the same, unless each has its own. */
export interface VolumeMount {
  readonly name: string;
  /** Absolute path in the container. */
  readonly path: string;
  readonly readOnly: boolean;
  /** A named volume, a folder of the host's, a folder of an NFS server's, or what a volume driver makes. */
  readonly kind: "volume" | "bind" | "nfs" | "driver";
  /** Absolute path on the host or the NFS server. */
  readonly source?: string;
  /** NFS server. */
  readonly server?: string;
  readonly driver?: string;
  /** Of the driver, or of the NFS mount; sorted by name. */
  readonly options: Readonly<Record<string, string>>;
  /** Whether each copy has one of its own, which its successors by number get. */
  readonly perReplica: boolean;
  /** Service whose volume it is, where it is another one's; what is said of it above is what that one says. */
  readonly owner?: string;
  /** Name of the service, present or former, that the volume's own name has in it. */
  readonly of: string;
}

/** What copies write to their log volume, those of one host together. */
export interface LogSettings {
  /** MiB. */
  readonly maxSize: number;
}

/** By the kernel's names, such as `CAP_NET_RAW`, or `ALL`. */
export interface CapabilitySettings {
  /** Beside those that Docker gives by itself. */
  readonly add: readonly string[];
  /** Less than those; what is in `add` is not. */
  readonly drop: readonly string[];
}

/** A file system in memory, which starts empty with the container. */
export interface TmpfsMount {
  /** Absolute path in the container. */
  readonly path: string;
  /** MiB; half of the machine's memory where absent. */
  readonly size?: number;
}

/** What is backed up by restic, which encrypts it. */
export interface BackupSettings {
  readonly target: BackupTarget;
  /** Secret: without it nobody reads what is backed up. */
  readonly password: string;
  /** When the newest backups are restored to see whether that works: a pattern as cron has it. */
  readonly verify: string;
  /** By whose clocks `verify` and the schedules are meant. */
  readonly timeZone: string;
  readonly items: readonly BackupItem[];
}

/** Where backups are kept; each host has its own repository there. */
export type BackupTarget =
  | { readonly kind: "folder"; readonly path: string }
  | {
      readonly kind: "nfs";
      readonly server: string;
      readonly path: string;
      /** Of the mount, sorted by name. */
      readonly options: Readonly<Record<string, string>>;
    }
  | {
      readonly kind: "s3";
      /** URL without a path. */
      readonly endpoint: string;
      readonly bucket: string;
      readonly prefix?: string;
      readonly region?: string;
      /** Secrets. */
      readonly accessKey: string;
      readonly secretKey: string;
    }
  | {
      readonly kind: "sftp";
      readonly host: string;
      readonly port: number;
      readonly user: string;
      readonly path: string;
      /** Secret: a private key. */
      readonly key: string;
      /** The server's public key. */
      readonly hostKey: string;
    };

/** One thing that is backed up: Consul's data, what is in a volume, or what a database writes when it is told to. */
export interface BackupItem {
  readonly name: string;
  /** When: a pattern as cron has it. */
  readonly schedule: string;
  readonly keep: KeepSettings;
  /** Whose volume it is; Consul's data are nobody's. */
  readonly of?: { readonly service: string; readonly volume: string };
  /** Is run in a copy of the service and writes the backup to its standard output; without it the volume's files are taken. */
  readonly dump?: readonly string[];
  /** Is run in a copy that has just begun on an empty volume, and reads on its standard input what `dump` has written. */
  readonly load?: readonly string[];
  /** Is run where a backup was restored, to tell whether it is whole. */
  readonly verify?: readonly string[];
  /** What is run in the service's copies before its files are taken, and after. */
  readonly quiesce?: { readonly before?: readonly string[]; readonly after?: readonly string[] };
}

/** How many backups are kept: the last ones, and the last ones of so many hours, days and so on. */
export interface KeepSettings {
  readonly last: number;
  readonly hourly: number;
  readonly daily: number;
  readonly weekly: number;
  readonly monthly: number;
  readonly yearly: number;
}

/** -1 is no limit. */
export interface Ulimit {
  readonly soft: number;
  readonly hard: number;
}

export interface ExtraHost {
  readonly host: string;
  /** IPv4 address, or `host-gateway` for the Docker host's. */
  readonly ip: string;
}

export interface Route {
  /** At least one; each may start with "*.". */
  readonly host?: readonly string[];
  /** Path prefix; matches whole segments. */
  readonly path?: string;
}
