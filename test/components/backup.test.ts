import { find, idsBelow, type Registered } from "../support/deploy.ts";
import { everything, ofConfig } from "../support/program.ts";
import { secrets } from "../support/secrets.ts";

const password = "hush-backups";
const volumes = [
  { name: "uploads", path: "/uploads" },
  { name: "index", path: "/index", perReplica: true },
];
const { web, db } = everything.services;
/** `web` is on hosts b and d, `db` on d alone. */
const services = {
  web: { ...web, rollout: { order: "stop-first" }, volumes, stopGrace: 20 },
  db: { ...db, volumes: [{ name: "files", path: "/files", kind: "bind", source: "/srv/files" }] },
};
const of = {
  uploads: { service: "web", volume: "uploads" },
  index: { service: "web", volume: "index" },
  files: { service: "db" },
  consul: { consul: true },
};
const configOf = (backups: object) => ({
  ...everything,
  services,
  backups: { target: { folder: "/backups" }, password, of, ...backups },
});
const sftp = {
  host: "backups.example.com",
  user: "me",
  path: "/srv/backups",
  key: "PRIVATE KEY hush-key",
  hostKey: "ssh-ed25519 AAAA",
};

const ofBackups = async (backups: object) => (await ofConfig(configOf(backups))).resources;
const containersOf = (all: readonly Registered[]) =>
  all.filter(({ id }) => id.startsWith("Container backup-")).map(({ name }) => name);
function toldTo(all: readonly Registered[], host: string) {
  const { inputs } = find(all, `Container backup-${host}`);
  const [upload] = inputs.uploads as { file: string; content: string; permissions: string }[];
  return JSON.parse(upload?.content ?? "");
}

test("reads what is backed up, and writes none of it", async () => {
  const { inputs } = find(await ofBackups({}), "Container backup-d");
  const readOnly = true;
  expect(inputs.volumes).toStrictEqual([
    { hostPath: "/var/run/docker.sock", containerPath: "/var/run/docker.sock" },
    { volumeName: expect.stringContaining("socket"), containerPath: "/run/consul", readOnly },
    { volumeName: "test--backup--d--data", containerPath: "/var/lib/flotilla" },
    { hostPath: "/backups", containerPath: "/target" },
    { hostPath: "/srv/files", containerPath: "/data/files", readOnly },
    { volumeName: "test--web--1_index", containerPath: "/data/index.1", readOnly },
    { volumeName: "test--web--2_index", containerPath: "/data/index.2", readOnly },
    { volumeName: "test--web_uploads", containerPath: "/data/uploads", readOnly },
  ]);
  expect(inputs).toMatchObject({
    name: "test--backup--d",
    command: ["commands/backup.ts", "/etc/flotilla/backup.json"],
    networkMode: "none",
    restart: "always",
    capabilities: { adds: ["CAP_DAC_OVERRIDE"], drops: ["ALL"] },
    securityOpts: ["no-new-privileges=true"],
  });
});

test("is told all that it is to do, by a secret file and nothing else", async () => {
  const all = await ofBackups({ schedule: "0 4 * * *", timeZone: "Europe/Berlin" });
  const { inputs, secrets: secretInputs, secretOutputs } = find(all, "Container backup-b");
  const { uploads, ...rest } = inputs;
  expect(uploads).toMatchObject([{ file: "/etc/flotilla/backup.json", permissions: "0600" }]);
  expect(secretInputs).toContain("uploads[0].content");
  expect(secretOutputs).toStrictEqual(["uploads"]);
  expect(JSON.stringify(rest)).not.toMatch(/hush|secret/);
  const { parts, services, ...told } = toldTo(all, "b");
  expect(told).toStrictEqual({
    stack: "test",
    target: "folder /backups",
    host: "b",
    agent: "test--agent--b",
    socket: "/run/consul/http.sock",
    container: "test--backup--b",
    network: "none",
    repository: { location: "/target/test/b", env: { RESTIC_PASSWORD: password } },
    verify: "0 5 * * SUN",
    timeZone: "Europe/Berlin",
    token: secrets.management,
  });
  expect(parts.map(({ name }: { name: string }) => name)).toStrictEqual([
    "consul",
    "index.1",
    "index.2",
    "uploads",
  ]);
  expect(parts.every(({ schedule }: { schedule: string }) => schedule === "0 4 * * *")).toBe(true);
  expect(services).toMatchObject({ web: { port: 8000, stopGrace: 20, health: { type: "http", path: "/" } } });
  expect(Object.keys(services)).toStrictEqual(["web"]);
});

test("who does not back up Consul is not given its token", async () => {
  const all = await ofBackups({});
  expect([toldTo(all, "b").token, toldTo(all, "d").token]).toStrictEqual([secrets.management, ""]);
});

test("waits for the volumes of the host's services, its own, and the agent's socket", async () => {
  const all = await ofBackups({});
  const { dependsOn, deleteBeforeReplace, provider, parent } = find(all, "Container backup-b");
  const volumesOf = all.filter(
    ({ type, inputs, provider }) =>
      type.endsWith(":Volume") && provider === "b" && /web|backup/.test(String(inputs.name)),
  );
  const names = volumesOf.map(({ inputs }) => inputs.name);
  expect(names).toEqual(
    expect.arrayContaining([
      "test--web_uploads",
      "test--web--1_index",
      "test--web--2_index",
      "test--backup--b--data",
    ]),
  );
  const wanted = volumesOf.filter(({ inputs }) => !String(inputs.name).includes("logs")).map(({ id }) => id);
  expect(dependsOn).toEqual(expect.arrayContaining(wanted));
  expect(dependsOn.filter((id) => id.startsWith("Container"))).toStrictEqual([]);
  expect([deleteBeforeReplace, provider, parent]).toStrictEqual([true, "b", "Backup backup-b"]);
});

test("has a network only where the target is behind one, and nothing of that mounted", async () => {
  const s3 = { endpoint: "https://s3.example.com", bucket: "b-1", accessKey: "hush-a", secretKey: "hush-s" };
  for (const target of [{ s3 }, { sftp }]) {
    const all = await ofBackups({ target });
    const { inputs } = find(all, "Container backup-b");
    expect(inputs.networkMode).toBe("bridge");
    expect(toldTo(all, "b").network).toBe("bridge");
    expect(JSON.stringify(inputs.volumes)).not.toContain("/target");
    expect(JSON.stringify({ ...inputs, uploads: [] })).not.toContain("hush");
  }
});

test("has an NFS server's folder by a volume of the host's", async () => {
  const all = await ofBackups({ target: { nfs: { server: "10.0.0.9", path: "/backups" } } });
  const { inputs, dependsOn } = find(all, "Container backup-b");
  const { volumeName } = (inputs.volumes as { volumeName: string; containerPath: string }[]).find(
    ({ containerPath }) => containerPath === "/target",
  ) ?? { volumeName: "" };
  expect(volumeName).toMatch(/^test--backup--b--target\.[0-9a-f]{8}$/);
  const [made] = all.filter(({ inputs }) => inputs.name === volumeName);
  expect(made?.inputs.driverOpts).toStrictEqual({ type: "nfs", o: "addr=10.0.0.9", device: ":/backups" });
  expect(dependsOn).toContain(made?.id);
  expect(inputs.networkMode).toBe("none");
});

test("is on hosts that have something to back up", async () => {
  const { files, consul } = of;
  expect(containersOf(await ofBackups({}))).toStrictEqual(["backup-b", "backup-d"]);
  expect(containersOf(await ofBackups({ of: { files } }))).toStrictEqual(["backup-d"]);
  expect(containersOf(await ofBackups({ of: { consul } }))).toStrictEqual(["backup-b"]);
});

test("its records are nothing that is protected: what there is, the target knows", async () => {
  const all = await ofBackups({});
  const below = idsBelow(all, "Backup backup-b").map((id) => find(all, id));
  expect(below.map(({ inputs, protect }) => [inputs.name, protect])).toStrictEqual([
    ["test--backup--b", false],
    ["test--backup--b--data", false],
  ]);
});

test("is nowhere where nothing is to be backed up, and has no image there", async () => {
  const { resources } = await ofConfig({ ...everything, services });
  expect(resources.filter(({ id }) => /backup/i.test(id))).toStrictEqual([]);
});
