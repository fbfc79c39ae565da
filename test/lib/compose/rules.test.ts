// biome-ignore-all lint/suspicious/noTemplateCurlyInString: so Compose writes variables

import { faultLines } from "../../../lib/compose/faults.ts";
import type { Project } from "../../../lib/compose/project.ts";
import { ruleFaults } from "../../../lib/compose/rules.ts";
import type { Imported } from "../../../lib/compose/stack.ts";
import { stackText } from "../../../lib/compose/stack-text.ts";
import { type Files, imported, loaded, main } from "../../support/compose.ts";

/** Faults by flotilla's rules, of a project whose build folders are all there but `nowhere`. */
function faultsOf(text: string, files: Files = {}): string[] {
  const all = { ...files, [main]: text };
  const [project, result] = [loaded(all) as Project, imported(all) as Imported];
  if (!("sections" in result)) throw new Error(String(result));
  const context = {
    stack: "shop",
    there: {},
    file: stackText("", result.sections, "encrypted"),
    hasClientTls: false,
    lookUp: (path: string) =>
      /nowhere/.test(path) ? undefined : /Dockerfile$/.test(path) ? "file" : "folder",
  } as const;
  return faultLines(ruleFaults(result, project, context));
}

/** Small ones of the shapes that well-known projects have. */
const shapes: Record<string, [text: string, files?: Files]> = {
  "a common part by anchors, jobs that others wait for, profiles": [
    `
x-common: &common
  image: \${IMAGE:-flow/flow:3}
  environment: &env
    CORE__CONN: postgresql+driver://flow:flow@postgres/flow
    CORE__BROKER: redis://:@redis:6379/0
    CORE__API: http://api:8080/run/
  user: "\${FLOW_UID:-50000}:0"
  volumes: ["\${DIR:-.}/dags:/dags", "\${DIR:-.}/logs:/logs"]
  depends_on: &wait { redis: { condition: service_healthy }, postgres: { condition: service_healthy } }
services:
  postgres: { image: "postgres:16", environment: { POSTGRES_PASSWORD: flow }, volumes: ["db:/var/lib/postgresql/data"] }
  redis: { image: "redis:7", expose: [6379] }
  api: { <<: *common, command: api, ports: ["8080:8080"], depends_on: { <<: *wait, init: { condition: service_completed_successfully } } }
  scheduler: { <<: *common, command: scheduler, environment: { <<: *env, MORE: 1 } }
  init: { <<: *common, entrypoint: /bin/bash, command: [-c, "echo $$HOME"] }
  monitor: { <<: *common, profiles: [monitor], ports: ["5555:5555"] }
volumes: { db: }`,
  ],
  "ports of the host's own, variables in a file": [
    `
services:
  db: { image: postgres:14-alpine, shm_size: 256mb, networks: [inner], volumes: ["./pg:/var/lib/postgresql/data"] }
  redis: { image: redis:7-alpine, networks: [inner], volumes: ["./redis:/data"] }
  web: { image: social, env_file: .env.production, ports: ["127.0.0.1:3000:3000"], depends_on: [db, redis], volumes: ["./public:/public"] }
  streaming: { image: streaming, env_file: .env.production, ports: ["127.0.0.1:4000:4000"], depends_on: [db, redis] }
  queue: { image: social, env_file: .env.production, command: bundle exec queue, volumes: ["./public:/public"] }
networks: { outer: , inner: { internal: true } }`,
    { "/shop/.env.production": "DB_HOST=db\nDB_PORT=5432\nREDIS_HOST=redis\nSECRET_KEY_BASE=x\n" },
  ],
  "places from variables, images by digest": [
    `
name: photos
services:
  photos-server:
    container_name: photos_server
    image: host.example/photos/server:\${VERSION:-release}
    volumes: ["\${UPLOADS}:/data", "/etc/localtime:/etc/localtime:ro"]
    env_file: [.env]
    ports: ["2283:2283"]
    depends_on: [redis, database]
    healthcheck: { disable: false }
  redis: { image: "docker.io/valkey/valkey:8@sha256:${"a".repeat(64)}", healthcheck: { test: "redis-cli ping || exit 1" } }
  database: { image: "host.example/photos/postgres:14", environment: { POSTGRES_PASSWORD: "\${DB_PASSWORD}" }, shm_size: 128mb }`,
    { "/shop/.env": "UPLOADS=./library\nDB_PASSWORD=postgres\n" },
  ],
  "hosts in variables of one word": [
    `
services:
  broker: { image: "docker.io/library/redis:8", volumes: ["redis:/data"] }
  db: { image: "docker.io/library/postgres:18", volumes: ["pg:/var/lib/postgresql"], environment: { POSTGRES_PASSWORD: p } }
  webserver: { image: papers, depends_on: [db, broker], ports: ["8000:8000"], environment: { P_REDIS: "redis://broker:6379", P_DBHOST: db } }
volumes: { pg: , redis: }`,
  ],
  "a URL with a password, checks with variables of the container's": [
    `
version: "3"
services:
  stats: { image: stats, ports: ["3000:3000"], environment: { DATABASE_URL: "postgresql://s:s@db:5432/s" }, depends_on: { db: { condition: service_healthy } } }
  db: { image: postgres:15-alpine, healthcheck: { test: ["CMD-SHELL", "pg_isready -U $\${POSTGRES_USER}"], interval: 5s } }`,
  ],
  "a service that only stands for what others have": [
    `
services:
  base: &base { image: chat, volumes: ["storage:/storage"] }
  rails: { <<: *base, ports: ["127.0.0.1:3000:3000"], entrypoint: rails.sh, command: [bundle, exec, rails] }
  postgres: { image: "pgvector/pgvector:pg16", ports: ["127.0.0.1:5432:5432"] }
  redis: { image: redis, command: [sh, -c, 'redis-server --requirepass "$REDIS_PASSWORD"'], ports: ["127.0.0.1:6379:6379"] }
volumes: { storage: }`,
  ],
  "a web server before an application, that share files": [
    `
services:
  app: &app { build: { context: ., args: ["BRANCH=\${VERSION-main}"] }, image: inventory, depends_on: [postgres, worker], volumes: ["static:/static", "./config:/config:ro"] }
  worker: { <<: *app, depends_on: [postgres], entrypoint: [python3, manage.py], command: [work] }
  nginx: { image: nginx, command: nginx -c /etc/n.conf, depends_on: [app], ports: [8080], volumes: ["static:/static:ro"] }
  postgres: { image: postgres, volumes: ["db:/var/lib/postgresql/data"] }
volumes: { static: { driver: local }, db: { driver: local } }`,
  ],
  "variables that must be there, the engine's socket": [
    `
services:
  postgresql: { image: "postgres:16", environment: { POSTGRES_PASSWORD: "\${PG_PASS:?needed}" } }
  server: { image: id, command: server, environment: { ID_POSTGRESQL__HOST: postgresql }, ports: ["\${HTTP:-9000}:9000", "\${HTTPS:-9443}:9443"] }
  worker: { image: id, command: worker, user: root, volumes: ["/var/run/docker.sock:/var/run/docker.sock", "./certs:/certs"], ulimits: { nofile: { soft: 1, hard: 2 } } }`,
    { "/shop/.env": "PG_PASS=hush\n" },
  ],
  "names with underscores, variables without values": [
    `
services:
  stats_db: { image: postgres, healthcheck: { test: [CMD-SHELL, pg_isready], start_period: 1m } }
  stats_events_db: { image: clickhouse/clickhouse-server, volumes: ["events:/var/lib/clickhouse", "./l.xml:/etc/l.xml:ro"] }
  stats: { image: stats, command: 'sh -c "/e.sh db create && /e.sh run"', depends_on: [stats_db, stats_events_db], environment: ["BASE_URL=\${BASE_URL}", HTTP_PORT] }
volumes: { events: }`,
  ],
  "folders of code, hosts that no variable names": [
    `
version: "3"
services:
  vote: { build: ./vote, command: python app.py, volumes: ["./vote:/app"], ports: ["5000:80"], networks: [front, back] }
  result: { build: ./result, volumes: ["./result:/app"], ports: ["5001:80", "5858:5858"], networks: [front, back] }
  redis: { image: redis, container_name: redis, ports: ["6379"], networks: [back] }
  db: { image: "postgres:9.4", container_name: db, volumes: ["db:/var/lib/postgresql/data"], networks: [back] }
volumes: { db: }
networks: { front: , back: }`,
  ],
  "a broker's second port, files of which one is a script": [
    `
x-shared: &shared { image: "flow:\${V}", environment: [DB_HOST=postgres, DB_PORT=5432, "KEY=\${KEY}"], volumes: ["flow:/home"], depends_on: { postgres: { condition: service_healthy } } }
services:
  postgres: { image: postgres, environment: [POSTGRES_USER], volumes: ["db:/var/lib/postgresql/data", "./init.sh:/docker-entrypoint-initdb.d/init.sh"] }
  flow: { <<: *shared, ports: ["5678:5678"] }
  runner: { image: runner, environment: ["BROKER_URI=http://flow:5679"], depends_on: [flow] }
  worker: { <<: *shared, command: worker, depends_on: [flow] }
volumes: { db: , flow: }`,
    { "/shop/.env": "V=1\nKEY=k\n" },
  ],
  "routes by labels for Traefik": [
    `
services:
  db: { image: postgres, env_file: [.env] }
  adminer: { image: adminer, depends_on: [db], labels: ["traefik.http.routers.\${S?}-a.rule=Host(\`adminer.\${DOMAIN?}\`)", "traefik.http.services.\${S?}-a.loadbalancer.server.port=8080"] }
  backend: { build: ./b, environment: [POSTGRES_SERVER=db, "POSTGRES_PORT=\${PORT_OF_DB}"], labels: ["traefik.http.routers.\${S?}-b.rule=Host(\`api.\${DOMAIN?}\`)", "traefik.http.services.\${S?}-b.loadbalancer.server.port=8000"] }
networks: { public: { external: true } }`,
    { "/shop/.env": "S=s\nDOMAIN=shop.example\nPORT_OF_DB=5432\n" },
  ],
};

test.each(Object.entries(shapes))("flotilla takes what comes of %s", (_, [text, files]) => {
  expect(faultsOf(text, files)).toStrictEqual([]);
});

test("faults are told where the compose file has what they are about", () => {
  const text =
    "services:\n  web:\n    build: ./nowhere\n    ports:\n      - '80:80'\n    mem_limit: 1m\n    user: 'a b'\n    volumes:\n      - a:/x\n      - b:/x";
  expect(faultsOf(text)).toStrictEqual([
    `${main}:3: services.web.build: becomes flotilla:services.web.build, which must be a folder that exists, relative to the project, got "../shop/nowhere"`,
    `${main}:6: services.web.mem_limit: becomes flotilla:services.web.memory, which must be a size from "6m" to "64t", such as "256m" or "1.5g", got "1m"`,
    `${main}:7: services.web.user: becomes flotilla:services.web.user, which must be a user or user:group, by names or by numbers below 2147483648, such as "1000:1000", got "a b"`,
    `${main}:10: services.web.volumes[1]: becomes flotilla:services.web.volumes[1].path, which must not be the path of another volume of the service, got "/x"`,
  ]);
});
