import { Application } from "../harness/application.ts";
import { containers } from "../harness/docker.ts";
import { timed } from "../harness/wait.ts";
import { Deployment, serving } from "./deployment.ts";
import { countingLosses } from "./losses.ts";
import { Compose } from "./peers/compose.ts";
import { type Images, PlainDocker } from "./peers/plain-docker.ts";
import type { Session } from "./session.ts";
import { us } from "./statistics.ts";

export const method = `\
The example application with what the drill adds to it. flotilla: the dev stack's shape (3 Consul servers, an agent, 2 balancers), by \`pulumi up\`.
compose: the application alone behind one Traefik, no Consul, by \`docker build\` and \`docker compose up --wait\`.
docker run: the same containers as flotilla's from the same images, ten at a time, with nothing that binds them. Every
time ends when all copies have answered a request. Scaling and the new version (one line of the code changed, image build
included) happen under the drill's strict load: twelve clients, GET and POST, quick and of two seconds, kept and new
connections, none repeated, and two WebSockets; "lost" is how many requests got no good answer. Images of the first
version are built beforehand.`;

export async function measure(session: Session): Promise<void> {
  const application = new Application("bench", true);
  const deployment = new Deployment(session.name, application.folder, { LOG_DIR: "/var/log/flotilla" });
  const compose = composeOf(session, application.folder);
  const plain = new PlainDocker(session.name);
  try {
    await deployment.warmUp();
    await session.eachRound(async (round) => {
      application.restore();
      const images = await flotilla(session, deployment, () => application.setVersion(`2.0.${round}`));
      application.restore();
      if (compose) await beside(session, compose, () => application.setVersion(`3.0.${round}`));
      await floor(session, plain, images);
    });
  } finally {
    await plain.remove();
    await compose?.down();
    await deployment.remove();
  }
}

const rows = {
  up: "up from nothing until 4 answer, s",
  nothing: "up without a change, s",
  preview: "preview without a change, s",
  scale: "scale 4 → 10 until 10 answer, s",
  scaleLost: "scale 4 → 10: requests lost",
  scaleBroken: "scale 4 → 10: WebSockets closed",
  version: "new version of 10 until all are new, s",
  versionLost: "new version of 10: requests lost",
  versionBroken: "new version of 10: WebSockets closed",
};

/** Gives the images that it ran. */
async function flotilla(session: Session, deployment: Deployment, change: () => void): Promise<Images> {
  const { stack, url } = deployment;
  const record = (what: string, value: number) => session.record(us, what, value);
  const up = (replicas: number) => deployment.up(replicas);
  record(rows.up, await secondsOf(() => up(4).then(() => serving(url, 4))));
  record(rows.nothing, await secondsOf(() => stack.run("up")));
  record(rows.preview, await secondsOf(() => stack.run("preview", "--expect-no-changes")));
  await changes(url, up, change, record);
  const images = await imagesOf(session.name);
  await stack.run("destroy");
  return images;
}

async function beside(session: Session, compose: Compose, change: () => void): Promise<void> {
  const record = (what: string, value: number) => session.record("compose", what, value);
  const up = (replicas: number) => compose.up(replicas);
  record(rows.up, await secondsOf(() => up(4).then(() => serving(compose.url, 4))));
  record(rows.nothing, await secondsOf(() => up(4)));
  await changes(compose.url, up, change, record);
  await compose.down();
}

/** What happens under load. */
async function changes(
  url: string,
  up: (replicas: number) => Promise<void>,
  change: () => void,
  record: (what: string, value: number) => void,
): Promise<void> {
  const scale = await countingLosses(url, () => secondsOf(() => up(10).then(() => serving(url, 10))));
  record(rows.scale, scale.result);
  record(rows.scaleLost, scale.lost);
  record(rows.scaleBroken, scale.broken);
  const old = await serving(url, 10);
  change();
  const version = await countingLosses(url, () => secondsOf(() => up(10).then(() => serving(url, 10, old))));
  record(rows.version, version.result);
  record(rows.versionLost, version.lost);
  record(rows.versionBroken, version.broken);
}

async function floor(session: Session, plain: PlainDocker, images: Images): Promise<void> {
  const record = (what: string, value: number) => session.record("docker run", what, value);
  record(rows.up, await secondsOf(() => plain.up(images, 4)));
  record(rows.scale, await secondsOf(() => plain.scale(images.server, 6)));
  await plain.remove();
}

function composeOf(session: Session, context: string): Compose | undefined {
  const compose = session.peer("compose");
  const traefik = session.peer("traefik");
  const { name, folder } = session;
  if (compose && traefik) return new Compose({ compose, traefik }, { name, folder, context });
  session.notes.add("compose needs Traefik before it and is not measured");
  return undefined;
}

export async function imagesOf(stack: string): Promise<Images> {
  const of = async (role: keyof Images) => (await containers(stack, role))[0]?.Config.Image ?? "";
  const [consul, front, balancer, server] = await Promise.all([
    of("consul"),
    of("front"),
    of("balancer"),
    of("server"),
  ]);
  return { consul, front, balancer, server };
}

const secondsOf = async (action: () => Promise<unknown>) => (await timed(action)).seconds;
