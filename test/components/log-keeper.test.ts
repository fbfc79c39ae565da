import { find } from "../support/deploy.ts";
import { everything, ofConfig, roleOf } from "../support/program.ts";

const run = async (services: Record<string, unknown>) => (await ofConfig({ services })).resources;
const web = { image: "nginx:1.29", port: 80 };

test("has the log volumes of the host's services, the rights that it needs for them, and no network", async () => {
  const all = await run({ web, mailer: { image: "mailer:1", logs: { maxSize: "1.5g" } } });
  const { inputs, ...rest } = find(all, "Container keeper-local");
  expect(inputs).toStrictEqual({
    name: "test--keeper--local",
    image: "sha256:local--log-keeper",
    command: ["mailer=1536", "web=100"],
    labels: [
      { label: "flotilla.host", value: "local" },
      { label: "flotilla.role", value: "keeper" },
      { label: "flotilla.stack", value: "test" },
    ],
    logDriver: "local",
    logOpts: { "max-file": "3", "max-size": "10m" },
    restart: "always",
    removeVolumes: true,
    capabilities: { adds: ["CAP_DAC_OVERRIDE", "CAP_FOWNER"], drops: ["ALL"] },
    securityOpts: ["no-new-privileges=true"],
    readOnly: true,
    networkMode: "none",
    volumes: [
      { volumeName: "test--logs--mailer", containerPath: "/logs/mailer" },
      { volumeName: "test--logs--web", containerPath: "/logs/web" },
    ],
    destroyGraceSeconds: 1,
  });
  expect(rest).toMatchObject({
    parent: "LogKeeper keeper-local",
    provider: "local",
    deleteBeforeReplace: true,
  });
});

test("comes after what makes the volumes, and before nothing", async () => {
  const { resources } = await ofConfig(everything);
  expect(find(resources, "Container keeper-d").dependsOn).toStrictEqual([
    "Container db--d--logs",
    "Container web--d--logs",
    "RemoteImage d--log-keeper",
  ]);
  const after = resources.filter(({ dependsOn }) => dependsOn.some((id) => / keeper-/.test(id)));
  expect(after.map(({ id }) => id)).toStrictEqual([]);
});

test("each host has one, for the services that run there", async () => {
  const { resources } = await ofConfig(everything);
  const commands = resources
    .filter((resource) => roleOf(resource) === "keeper")
    .map(({ id, inputs }) => [id, inputs.command]);
  expect(commands).toStrictEqual([
    ["Container keeper-b", ["web=100"]],
    ["Container keeper-d", ["db=100", "web=100"]],
  ]);
});

test("without services there is none", async () => {
  expect((await run({})).filter((resource) => roleOf(resource) === "keeper")).toStrictEqual([]);
});

test("one more service, and another limit, change no other container", async () => {
  const before = await run({ web });
  const after = await run({ web: { ...web, logs: { maxSize: "1g" } }, mailer: { image: "mailer:1" } });
  const containers = before.filter((resource) => roleOf(resource) !== "");
  const changed = containers.filter(
    ({ id, inputs }) => JSON.stringify(inputs) !== JSON.stringify(find(after, id).inputs),
  );
  expect(changed.map(({ id }) => id)).toStrictEqual(["Container keeper-local"]);
});
