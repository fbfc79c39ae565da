import { isIPv4 } from "node:net";
import { z } from "zod";
import { baseImages } from "../lib/base-images.ts";
import { maxServerNumber } from "../lib/consul-placement.ts";
import { capabilities as known, ulimits as limited } from "../lib/kernel-names.ts";
import { isPattern, isTimeZone } from "../lib/schedule.ts";
import { parseSubnet } from "../lib/subnet.ts";
import {
  isAddress,
  isAddressBlock,
  isBucket,
  isCheckHost,
  isCText,
  isDnsName,
  isDockerEndpoint,
  isExchangeText,
  isHealthPath,
  isImageReference,
  isImageTag,
  isInnerPath,
  isKey,
  isMountPath,
  isOrigin,
  isRegistryAddress,
  isRoutePath,
  isSignal,
  isSurge,
  isUnicast,
  isUser,
  isWorkingDir,
  keyRule,
} from "./formats.ts";
import { parseMemory } from "./memory.ts";
import {
  buildArguments,
  decimal,
  environment,
  flag,
  listOf,
  mapOf,
  oneOf,
  shape,
  text,
  whole,
} from "./values.ts";

const port = whole(1, 65535);

/** A size of at least so many MiB, which it becomes. */
const size = (least: number) =>
  text(`a size from "${least}m" to "64t", such as "256m" or "1.5g"`, (size) => {
    const mebibytes = parseMemory(size) ?? 0;
    return mebibytes >= least && mebibytes <= 64 * 2 ** 20;
  }).transform((size) => parseMemory(size) ?? 0);

/**
 * Limits of a container that wants so many MiB to work at all. A kernel cannot schedule less than a hundredth of a CPU,
 * and Docker takes no more than nine decimals.
 */
const limits = (leastMemory: number) => ({
  cpus: decimal(0.01, 512)
    .transform((cpus) => String(Number(cpus.toFixed(9))))
    .optional(),
  memory: size(leastMemory).optional(),
});

/**
 * MiB, measured. Consul: three servers and an agent start with 28, and are killed now and then with 24; while 40 copies
 * roll, a server takes 38 and the agent 51. A balancer starts with 32; with all of its connections busy, headers of 4 KiB
 * and a reload each second, one of 64 is killed and one of 96 takes 90. Docker itself takes no less than 6.
 */
const least = { consul: 64, balancer: 96, service: 6 };

const host = shape({
  docker: text("unix:///path, ssh://[user@]host[:port] or tcp://host:port", isDockerEndpoint).default(
    "unix:///var/run/docker.sock",
  ),
  tls: text("a folder, relative to the project", (folder) => folder !== "").optional(),
  insecure: flag().default(false),
  address: text(
    "an IP address without a zone, or a DNS name",
    (address) => isAddress(address) && !address.includes("%"),
  ).default("127.0.0.1"),
  peerAddress: text("an IPv4 address, neither loopback nor multicast", isUnicast).optional(),
  datacenter: text("lower-case letters, digits, - and _", (name) => /^[a-z0-9_-]{1,63}$/.test(name)).default(
    "dc1",
  ),
  zone: text("lower-case letters, digits, - and _", (name) => /^[a-z0-9_-]{1,63}$/.test(name)).optional(),
  weight: whole(1, 100).default(1),
  state: oneOf("active", "drained", "away").default("active"),
  consulServers: listOf(whole(1, maxServerNumber), "numbers of Consul servers").optional(),
});

const subnet = (example: string) =>
  text(
    `an IPv4 network with a prefix from 8 to 28 and no host bits set, neither loopback nor multicast, such as ${example}`,
    (cidr) => parseSubnet(cidr) !== undefined,
  );

const network = shape({
  subnet: subnet("172.30.0.0/16").default("172.30.0.0/16"),
  controlSubnet: subnet("198.18.0.0/26").optional(),
});

const quorum = "must be 1, 3, 5 or 7: a quorum needs an odd number";

const consul = shape({
  servers: z
    .number(quorum)
    .refine((n) => [1, 3, 5, 7].includes(n), quorum)
    .default(3),
  port: port.default(8500),
  peerPort: port.default(8300),
  image: text("an image reference, such as hashicorp/consul:1.22.5", isImageReference).default(
    baseImages.consul,
  ),
  ...limits(least.consul),
});

const trustedProxy = text("an IP address or a block of them, such as 10.0.0.0/8", isAddressBlock);

const loadBalancers = shape({
  count: whole(1, 16).optional(),
  max: whole(1, 16).default(4),
  port: port.default(8080),
  peerPort: port.default(7443),
  statsPort: port.default(9000),
  ipv6: flag().default(false),
  drain: whole(1, 604_800).default(3600),
  stopGrace: whole(1, 900).default(60),
  trustedProxies: listOf(trustedProxy, "IP addresses and blocks of them").default([]),
  maxConnectionsPerClient: whole(0, 1_000_000).default(1000),
  ...limits(least.balancer),
});

const registry = shape({
  address: text("a registry's host[:port][/path], without a scheme", isRegistryAddress),
  username: text("a user name", (name) => name !== "").optional(),
  password: text("a password", (password) => password !== "").optional(),
});

const build = z.preprocess(
  (value) => (typeof value === "string" ? { context: value } : value),
  shape({
    context: text("a folder, relative to the project", (folder) => folder !== ""),
    dockerfile: text("a path inside the build's folder", isInnerPath).default("Dockerfile"),
    args: buildArguments(),
  }),
);

const escapes = String.raw`in which \r, \n, \t, \0, \\ and \xHH stand for other bytes`;

const health = shape({
  type: oneOf("http", "tcp", "redis", "postgres", "mysql").optional(),
  path: text(
    'a path that starts with "/", of at most 255 characters as URLs have them (others as %XX), without "#"',
    isHealthPath,
  ).default("/"),
  method: oneOf("GET", "HEAD").default("GET"),
  host: text("a DNS name or an IP address, with or without a port", isCheckHost).default("localhost"),
  send: text(`a text of 1 to 200 bytes, ${escapes}`, isExchangeText(200)).optional(),
  expect: text(`a text of 1 to 100 bytes, ${escapes}`, isExchangeText(100)).optional(),
  interval: decimal(0.2, 60).default(1),
  checkTimeout: decimal(0.1, 60).default(1),
  timeout: whole(1, 3600).default(60),
});

/** `pulumi config set` makes a number of a tag that happens to have no letter in it. */
const tag = z.preprocess(
  (value) => (typeof value === "number" ? String(value).padStart(12, "0") : value),
  text("the tag of an image that was built before, 12 hexadecimal digits", isImageTag),
);

const surgeMessage = 'must be a whole number from 1 to 500, or a percentage from "1%" to "100%"';

/** A percentage is of the service's replicas, rounded up. */
const surge = z.union([z.number(), z.string()], surgeMessage).refine(isSurge, surgeMessage).default("100%");

const rollout = shape({
  order: oneOf("start-first", "stop-first").default("start-first"),
  surge,
  settle: decimal(0, 600).default(3),
});

const load = shape({
  concurrency: whole(1, 100_000).default(1000),
  queue: whole(0, 100_000).default(1000),
  wait: decimal(0.1, 600).default(5),
});

const timeouts = shape({
  body: decimal(0.1, 86_400).default(30),
  request: decimal(0.1, 86_400).default(60),
  idle: decimal(0.1, 86_400).default(300),
  tunnel: decimal(0.1, 86_400).default(3600),
});

const mountPath = text('an absolute path in the container other than "/", in its shortest form', isMountPath);

const volume = shape({
  name: text("a volume name: letters, digits, _, . and -, at most 64, a letter or digit first", (name) =>
    /^[A-Za-z0-9][\w.-]{0,63}$/.test(name),
  ),
  path: mountPath,
  readOnly: flag().optional(),
  kind: oneOf("volume", "bind", "nfs", "driver").default("volume"),
  source: text('an absolute path other than "/", in its shortest form', isMountPath).optional(),
  server: text("an IP address or a DNS name", isAddress).optional(),
  driver: text("the name of a volume driver", (name) => /^[\w][\w./:-]*$/.test(name)).optional(),
  options: environment(),
  perReplica: flag().default(false),
  shared: flag().default(true),
  owner: text("the name of a service", (name) => name !== "").optional(),
});

const logs = shape({ maxSize: size(1).prefault("100m") });

const routeHost = text('a DNS name, which may start with "*."', (name) =>
  isDnsName(name.replace(/^\*\./, "")),
).transform((name) => name.toLowerCase());

const route = shape({
  host: z
    .preprocess(
      (value) => (typeof value === "string" ? [value] : value),
      listOf(routeHost, "DNS names").min(1, "must be a list of at least one DNS name"),
    )
    .optional(),
  path: text(
    'a path that starts with "/" and does not end with one, of letters, digits and ._~%+@:,=-',
    isRoutePath,
  ).optional(),
});

/** `pulumi config set --path` makes a number of a word that looks like one. */
const word = text("a text without NUL characters, in quotes where it looks like a number", isCText);

const words = listOf(word, "texts")
  .min(1, "must be a list of at least one text")
  .refine(([program]) => program !== "", "must begin with a program, not with an empty text")
  .optional();

/** As the engine tells it: by its name in the kernel. */
const capability = text('"ALL" or one that Linux has, such as NET_ADMIN', (name) =>
  ["ALL", ...known].includes(capabilityName(name)),
).transform((name) => (capabilityName(name) === "ALL" ? "ALL" : `CAP_${capabilityName(name)}`));

const capabilityName = (text: string) => text.toUpperCase().replace(/^CAP_/, "");

const capabilities = shape({
  add: listOf(capability, "capabilities").default([]),
  drop: listOf(capability, "capabilities").default([]),
});

/** A user that is a number need not be in quotes. */
const user = z.preprocess(
  (value) => (typeof value === "number" ? String(value) : value),
  text('a user or user:group, by names or by numbers below 2147483648, such as "1000:1000"', isUser),
);

/** Also as docker and compose have it: `/path:size=64m`. */
const tmpfs = z.preprocess(
  (value) => {
    if (typeof value !== "string") return value;
    const [, path = value, size] = /^(.*?):size=(.*)$/.exec(value) ?? [];
    return { path, ...(size !== undefined && { size }) };
  },
  shape({ path: mountPath, size: size(1).optional() }),
);

const tmpfsList = z.preprocess(
  (value) => (typeof value === "string" ? [value] : value),
  listOf(tmpfs, "paths"),
);

const ulimitMessage =
  "must be a whole number, or { soft, hard } of such with soft at most hard; -1 is no limit";
const ulimitNumber = z.number(ulimitMessage).refine((n) => Number.isSafeInteger(n) && n >= -1, ulimitMessage);

/** A number is both limits. A map of them counts as one value, as one of variables does. */
const ulimit = z
  .union([ulimitNumber, z.strictObject({ soft: ulimitNumber, hard: ulimitNumber })], ulimitMessage)
  .transform((limit) => (typeof limit === "number" ? { soft: limit, hard: limit } : limit))
  .refine(({ soft, hard }) => hard === -1 || (soft !== -1 && soft <= hard), ulimitMessage);

const ulimits = z.record(
  z.string().refine((name) => limited.includes(name)),
  ulimit,
  {
    error: ({ code }) =>
      code === "invalid_key"
        ? `must have names of limits (${limited.join(", ")})`
        : "must be a map of limits' names to numbers",
  },
);

const extraHostMessage =
  'must be host:address, such as "db.example.com:10.0.0.5", with an IPv4 address or host-gateway';

/** An IPv6 address would be read back in pieces, and so replace the container again and again. */
const extraHost = z
  .string(extraHostMessage)
  .transform((text) => {
    const [, host = "", ip = ""] = /^([^:=]*)[:=](.*)$/.exec(text) ?? [];
    return { host, ip };
  })
  .refine(({ host, ip }) => isDnsName(host) && (isIPv4(ip) || ip === "host-gateway"), extraHostMessage);

const requirement = shape({
  service: text("the name of a service", (name) => name !== ""),
  env: environment(),
  secrets: environment(),
  onChange: shape({
    command: words,
    signal: text("a signal that a process can heed, such as SIGHUP", isSignal).optional(),
  }).optional(),
});

/** The last name is that under which the service got its volumes. */
const formerNames = z.preprocess(
  (value) => (typeof value === "string" ? [value] : value),
  listOf(text(keyRule, isKey), "names").min(1, "must be a list of at least one name"),
);

const service = shape({
  build: build.optional(),
  version: tag.optional(),
  image: text("an image reference, such as nginx:1.29", isImageReference).optional(),
  pin: flag().default(true),
  replicas: whole(0, 500).default(1),
  replicasPer: oneOf("host", "datacenter").default("host"),
  maxPerHost: whole(1, 500).optional(),
  port: port.optional(),
  protocol: oneOf("http", "tcp").default("http"),
  balance: oneOf("leastconn", "active-backup").default("leastconn"),
  locality: oneOf("any", "prefer", "only").default("any"),
  health: health.prefault({}),
  env: environment(),
  secrets: environment(),
  command: words,
  entrypoint: words,
  workingDir: text("an absolute path in the container, in its shortest form", isWorkingDir).optional(),
  user: user.optional(),
  init: flag().default(false),
  capabilities: capabilities.prefault({}),
  noNewPrivileges: flag().default(true),
  readOnly: flag().default(false),
  tmpfs: tmpfsList.default([]),
  shmSize: size(1).optional(),
  ulimits: ulimits.default({}),
  extraHosts: listOf(extraHost, "texts").default([]),
  ...limits(least.service),
  volumes: listOf(volume, "volumes").prefault([]),
  movedFrom: formerNames.optional(),
  logs: logs.prefault({}),
  drain: whole(0, 3600).default(5),
  stopGrace: whole(0, 3600).default(10),
  rollout: rollout.prefault({}),
  load: load.prefault({}),
  timeouts: timeouts.prefault({}),
  sessions: flag().default(false),
  route: route.optional(),
  default: flag().optional(),
  publish: port.optional(),
  provides: port.optional(),
  requires: mapOf(requirement, "names to requirements").default({}),
  hosts: listOf(z.string("must be a host's key"), "host keys").optional(),
  failover: listOf(z.string("must be a data centre's name"), "data centres").optional(),
});

const pattern = text(
  'times as cron has them, such as "30 3 * * *" or "@daily", that come one day',
  isPattern,
);
const timeZone = text("the name of a time zone, such as Europe/Berlin", isTimeZone).default("UTC");

const keep = shape({
  last: whole(0, 1000).default(0),
  hourly: whole(0, 1000).default(0),
  daily: whole(0, 1000).default(7),
  weekly: whole(0, 1000).default(4),
  monthly: whole(0, 1000).default(6),
  yearly: whole(0, 1000).default(0),
});

const backupTarget = shape({
  folder: text('an absolute path other than "/", in its shortest form', isMountPath).optional(),
  nfs: shape({
    server: text("an IP address or a DNS name", isAddress),
    path: text('an absolute path other than "/", in its shortest form', isMountPath),
    options: environment(),
  }).optional(),
  s3: shape({
    endpoint: text("a URL such as https://s3.example.com, without a user or a path", isOrigin),
    bucket: text("a bucket's name: 3 to 63 lower-case letters, digits, dots and dashes", isBucket),
    prefix: text("a path inside the bucket", isInnerPath).optional(),
    region: text("a region's name", (region) => /^[a-z0-9-]+$/.test(region)).optional(),
    accessKey: text("a key", (key) => key !== ""),
    secretKey: text("a key", (key) => key !== ""),
  }).optional(),
  sftp: shape({
    host: text("an IP address or a DNS name", isAddress),
    port: port.default(22),
    user: text("a user name", (name) => /^[A-Za-z_][\w.-]{0,31}$/.test(name)),
    path: text('an absolute path other than "/", in its shortest form', isMountPath),
    key: text("a private key as OpenSSH writes it", (key) => key.includes("PRIVATE KEY")),
    hostKey: text('the server\'s public key, such as "ssh-ed25519 AAAA…"', (key) =>
      /^(ssh|ecdsa|sk)-\S+ [A-Za-z0-9+/=]+$/.test(key),
    ),
  }).optional(),
});

const backupItem = shape({
  service: text("the name of a service", (name) => name !== "").optional(),
  consul: flag().default(false),
  volume: text("the name of a volume", (name) => name !== "").optional(),
  dump: words,
  load: words,
  verify: words,
  quiesce: shape({ before: words, after: words }).optional(),
  schedule: pattern.optional(),
  keep: keep.optional(),
});

const backups = shape({
  target: backupTarget,
  password: text("a password of at least 12 characters", (password) => password.length >= 12),
  schedule: pattern.default("0 3 * * *"),
  verify: pattern.default("0 5 * * SUN"),
  timeZone,
  keep: keep.prefault({}),
  of: mapOf(backupItem, "names to what is backed up"),
});

/** A volume that a service has. */
const jobVolume = shape({
  name: text("the name of a volume", (name) => name !== ""),
  path: mountPath,
  owner: text("the name of a service", (name) => name !== ""),
  readOnly: flag().optional(),
});

const jobRequirement = shape({
  service: text("the name of a service", (name) => name !== ""),
  env: environment(),
  secrets: environment(),
});

const job = shape({
  service: text("the name of a service", (name) => name !== "").optional(),
  build: build.optional(),
  image: text("an image reference, such as nginx:1.29", isImageReference).optional(),
  pin: flag().default(true),
  command: words,
  entrypoint: words,
  workingDir: text("an absolute path in the container, in its shortest form", isWorkingDir).optional(),
  user: user.optional(),
  env: environment(),
  secrets: environment(),
  requires: mapOf(jobRequirement, "names to requirements").default({}),
  volumes: listOf(jobVolume, "volumes").optional(),
  readOnly: flag().optional(),
  tmpfs: tmpfsList.optional(),
  ...limits(least.service),
  schedule: pattern.optional(),
  timeZone,
  once: flag().default(false),
  before: text("the name of a service", (name) => name !== "").optional(),
  timeout: whole(1, 604_800).default(3600),
  retries: whole(0, 100).default(0),
  overlap: oneOf("skip", "replace", "allow").default("skip"),
  catchUp: flag().default(false),
  host: text("a host's key", (key) => key !== "").optional(),
});

/** The whole config by shape: types, bounds and defaults, but no rule that looks at two values. */
export const configShape = shape({
  protect: flag().default(true),
  network: network.prefault({}),
  hosts: mapOf(host, "host keys to hosts").prefault({ local: {} }),
  consul: consul.prefault({}),
  loadBalancers: loadBalancers.prefault({}),
  registry: registry.optional(),
  services: mapOf(service, "service names to services").default({}),
  jobs: mapOf(job, "job names to jobs").default({}),
  backups: backups.optional(),
});

/** Config with good shapes and defaults filled in, before the rules that look at several values. */
export type Draft = z.output<typeof configShape>;
export type ServiceDraft = z.output<typeof service>;
export type BackupsDraft = z.output<typeof backups>;
export type JobDraft = z.output<typeof job>;
export type VolumeDraft = z.output<typeof volume>;
