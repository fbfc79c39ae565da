/** What is known of an image that everybody has. */
export interface KnownImage {
  readonly port: number;
  readonly protocol: "http" | "tcp";
  /** Type of its health check, where that is one in its own words. */
  readonly check?: "redis" | "postgres" | "mysql";
  /** Path that answers when it is well. */
  readonly path?: string;
  /** Whether it holds data that one process alone may write. */
  readonly isStore: boolean;
}

const store = (port: number, check?: KnownImage["check"]): KnownImage => ({
  port,
  protocol: "tcp",
  isStore: true,
  ...(check && { check }),
});
const http = (port: number, path?: string, isStore = true): KnownImage => ({
  port,
  protocol: "http",
  isStore,
  ...(path && { path }),
});
const other = (port: number): KnownImage => ({ port, protocol: "tcp", isStore: false });

/** By the last part of an image's name. */
const known: readonly (readonly [RegExp, KnownImage])[] = [
  [
    /^(postgres|postgresql|postgis|timescaledb(-ha)?|pgvector|pgvecto-rs|paradedb|immich-postgres)$/,
    store(5432, "postgres"),
  ],
  [/^(mysql|mysql-server|mariadb|percona|percona-server)$/, store(3306, "mysql")],
  [/^(redis|redis-stack|redis-stack-server|valkey|keydb|dragonfly)$/, store(6379, "redis")],
  [/^(mongo|mongodb|mongodb-community-server)$/, store(27_017)],
  [/^(memcached)$/, other(11_211)],
  [/^(rabbitmq)$/, store(5672)],
  [/^(nats)$/, store(4222)],
  [/^(kafka|cp-kafka|redpanda)$/, store(9092)],
  [/^(zookeeper|cp-zookeeper)$/, store(2181)],
  [/^(cassandra|scylla)$/, store(9042)],
  [/^(neo4j)$/, store(7687)],
  [/^(eclipse-mosquitto|mosquitto)$/, store(1883)],
  [/^(elasticsearch|opensearch)$/, http(9200, "/")],
  [/^(clickhouse|clickhouse-server)$/, http(8123, "/ping")],
  [/^(etcd)$/, http(2379, "/health")],
  [/^(influxdb)$/, http(8086, "/health")],
  [/^(meilisearch)$/, http(7700, "/health")],
  [/^(qdrant)$/, http(6333, "/healthz")],
  [/^(minio)$/, http(9000, "/minio/health/live")],
  [/^(couchdb)$/, http(5984, "/_up")],
  [/^(prometheus)$/, http(9090, "/-/healthy")],
  [/^(grafana|grafana-oss|grafana-enterprise)$/, http(3000, "/api/health")],
  [/^(loki)$/, http(3100, "/ready")],
  [/^(nginx|httpd|caddy|adminer|wordpress)$/, http(80, undefined, false)],
];

/** What is known of an image; undefined where that is nothing. */
export function knownImage(image: string | undefined): KnownImage | undefined {
  const name =
    image
      ?.replace(/@.*$/, "")
      .replace(/:[^/]*$/, "")
      .split("/")
      .at(-1) ?? "";
  const found = known.find(([names]) => names.test(name))?.[1];
  // These answer on another port where they have no root.
  if (name === "adminer" && found) return { ...found, port: 8080 };
  return found;
}

/** Ports at which something else than HTTP is spoken, as a rule, and by which words a check asks there. */
const tcpPorts: Readonly<Record<number, KnownImage["check"] | "tcp">> = {
  5432: "postgres",
  3306: "mysql",
  6379: "redis",
  21: "tcp",
  22: "tcp",
  25: "tcp",
  53: "tcp",
  110: "tcp",
  143: "tcp",
  389: "tcp",
  465: "tcp",
  587: "tcp",
  636: "tcp",
  993: "tcp",
  1025: "tcp",
  1433: "tcp",
  1521: "tcp",
  1883: "tcp",
  2181: "tcp",
  4222: "tcp",
  5672: "tcp",
  7687: "tcp",
  8883: "tcp",
  9042: "tcp",
  9092: "tcp",
  11211: "tcp",
  26257: "tcp",
  27017: "tcp",
};

/** What is spoken at a port, where that is no HTTP as a rule. */
export function spokenAt(port: number): KnownImage["check"] | "tcp" | undefined {
  return tcpPorts[port];
}

/** Schemes of URLs that are no HTTP, and the type of check for what is behind them. */
const schemes: Readonly<Record<string, KnownImage["check"] | "tcp">> = {
  postgres: "postgres",
  postgresql: "postgres",
  mysql: "mysql",
  mysql2: "mysql",
  mariadb: "mysql",
  redis: "redis",
  valkey: "redis",
  mongodb: "tcp",
  amqp: "tcp",
  nats: "tcp",
  tcp: "tcp",
  smtp: "tcp",
  mqtt: "tcp",
  bolt: "tcp",
  memcached: "tcp",
  kafka: "tcp",
};

/** What is spoken to a URL of a scheme, where that is no HTTP. Drivers' names after a plus, as in `postgresql+psycopg`, say nothing. */
export function spokenBy(scheme: string): KnownImage["check"] | "tcp" | undefined {
  return schemes[scheme.toLowerCase().replace(/\+.*$/, "")];
}
