import * as pulumi from "@pulumi/pulumi";
import { VolumeContainer, type VolumeContainerArgs } from "../../components/volume-container.ts";
import { deploy, find, idsBelow } from "../support/deploy.ts";
import { dockerHosts } from "../support/hosts.ts";
import { settingsFrom } from "../support/settings-from.ts";

const volumeLabels = [
  { label: "flotilla.host", value: "local" },
  { label: "flotilla.role", value: "volumes" },
  { label: "flotilla.stack", value: "test" },
];

const networkNames = { networkName: "test", controlNetworkName: "test--control" };

describe("a Docker host", () => {
  const run = (config: Record<string, unknown>) => deploy(() => void dockerHosts(settingsFrom(config)));

  test("has the network, our images and the logs, all made by its own provider", async () => {
    const all = await run({});
    expect(idsBelow(all, "DockerHost local")).toStrictEqual([
      "Container local--logs",
      "Network local--control",
      "Network local--network",
      "RemoteImage local--balancer",
      "RemoteImage local--consul",
      "RemoteImage local--front",
      "RemoteImage local--log-keeper",
      "RemoteImage local--warden",
      "Volume local--logs--test--logs",
      "VolumeContainer local--logs",
    ]);
    expect(find(all, "docker local").inputs).toStrictEqual({ host: "unix:///var/run/docker.sock" });
    for (const { type, provider } of all.filter(({ type }) => type.startsWith("docker:"))) {
      expect([type, provider]).toStrictEqual([type, "local"]);
    }
    expect(find(all, "DockerHost local").outputs).toStrictEqual(networkNames);
  });

  const [a, b, c] = [1, 2, 3].map((i) => ({ docker: `tcp://h${i}:2376`, address: `10.0.0.${i}` }));
  test.each<[string, Record<string, unknown>]>([
    ["one", { local: {} }],
    ["two", { a, b }],
    [
      "three, of which one has no Consul server",
      { a: { ...a, consulServers: [] }, b: { ...b, consulServers: [1, 2] }, c: { ...c, consulServers: [3] } },
    ],
  ])("has networks of its own, which leave the lower half to fixed addresses: %s", async (_, hosts) => {
    const all = await run({ hosts, network: { subnet: "10.9.0.0/24", controlSubnet: "10.9.1.0/26" } });
    const bridge = { driver: "bridge", attachable: false };
    const data = { subnet: "10.9.0.0/24", gateway: "10.9.0.1", ipRange: "10.9.0.128/25" };
    const control = { subnet: "10.9.1.0/26", gateway: "10.9.1.1", ipRange: "10.9.1.32/27" };
    const networks = all.filter(({ type }) => type.endsWith(":Network"));
    expect(networks.map(({ id, provider, inputs }) => ({ id, provider, inputs }))).toStrictEqual(
      Object.keys(hosts).flatMap((key) => [
        {
          id: `Network ${key}--network`,
          provider: key,
          inputs: { name: "test", ...bridge, ipamConfigs: [data] },
        },
        {
          id: `Network ${key}--control`,
          provider: key,
          inputs: { name: "test--control", ...bridge, ipamConfigs: [control] },
        },
      ]),
    );
    expect(networks.every(({ deleteBeforeReplace }) => deleteBeforeReplace)).toBe(true);
    for (const key of Object.keys(hosts))
      expect(find(all, `DockerHost ${key}`).outputs).toStrictEqual(networkNames);
  });

  test("has our images by the names of their content", async () => {
    const all = await run({});
    for (const role of ["consul", "balancer", "front", "log-keeper", "warden"]) {
      expect(find(all, `RemoteImage local--${role}`).inputs.name).toMatch(
        new RegExp(`^flotilla/test--${role}:[0-9a-f]{12}$`),
      );
    }
  });

  test("has the image of what moves copies only where there are copies that move", async () => {
    const services = { web: { image: "nginx", port: 80, replicasPer: "datacenter", hosts: ["a"] } };
    const all = await run({ hosts: { a, b }, services });
    const movers = all.filter(({ id }) => /^RemoteImage .*--programs$/.test(id));
    expect(movers.map(({ id, provider }) => [id, provider])).toStrictEqual([
      ["RemoteImage a--programs", "a"],
    ]);
    expect(movers[0]?.inputs.name).toMatch(/^flotilla\/test--programs:[0-9a-f]{12}$/);
  });

  test("keeps the logs on a volume that is never protected", async () => {
    const all = await run({ protect: true });
    expect(find(all, "Volume local--logs--test--logs")).toMatchObject({
      inputs: { name: "test--logs", labels: volumeLabels },
      protect: false,
    });
    expect(find(all, "Container local--logs").inputs).toMatchObject({
      name: "test--volumes--logs--local",
      image: "sha256:local--front",
      volumes: [{ volumeName: "test--logs", containerPath: "/var/log/flotilla", readOnly: false }],
    });
  });
});

describe("a volume container", () => {
  const volumes = [
    { name: "test-a", path: "/a" },
    { name: "test-b", path: "/b", readOnly: true },
  ];
  const run = (args: Partial<VolumeContainerArgs> = {}) =>
    deploy(
      () =>
        void new VolumeContainer("data", {
          stack: "test",
          host: "local",
          containerName: "test-volumes-data-local",
          image: pulumi.output("sha256:front"),
          volumes,
          protect: true,
          ...args,
        }),
    );

  test.each([
    [0, ["Container data"]],
    [1, ["Container data", "Volume data--test-a"]],
    [2, ["Container data", "Volume data--test-a", "Volume data--test-b"]],
  ])("of %i volumes", async (count, ids) => {
    const all = await run({ volumes: volumes.slice(0, count) });
    const made = all.filter(({ type }) => type.startsWith("docker:")).map(({ id }) => id);
    expect(made.sort()).toStrictEqual(ids);
    // Or they would be deleted by themselves, 2 s each time that Pulumi takes a stack away.
    expect(idsBelow(all, "VolumeContainer data")).toStrictEqual(["Container data"]);
  });

  test("is created but never started, and costs no volume to replace", async () => {
    const { inputs, deleteBeforeReplace } = find(await run(), "Container data");
    expect(inputs).toStrictEqual({
      name: "test-volumes-data-local",
      image: "sha256:front",
      labels: volumeLabels,
      logDriver: "local",
      logOpts: { "max-file": "3", "max-size": "10m" },
      restart: "no",
      start: false,
      mustRun: false,
      removeVolumes: true,
      user: "65534:65534",
      capabilities: { drops: ["ALL"] },
      securityOpts: ["no-new-privileges=true"],
      readOnly: true,
      networkMode: "none",
      volumes: [
        { volumeName: "test-a", containerPath: "/a", readOnly: false },
        { volumeName: "test-b", containerPath: "/b", readOnly: true },
      ],
    });
    expect(deleteBeforeReplace).toBe(true);
  });

  test.each([true, false])("protects its volumes: %j", async (protect) => {
    const all = await run({ protect });
    expect(find(all, "Volume data--test-a")).toMatchObject({
      inputs: { name: "test-a", labels: volumeLabels },
      protect,
    });
    expect(find(all, "Container data").protect).toBe(false);
  });

  test("of one volume less leaves the other volume as it is", async () => {
    const [both, one] = [await run(), await run({ volumes: volumes.slice(0, 1) })];
    expect(find(one, "Volume data--test-a")).toStrictEqual(find(both, "Volume data--test-a"));
  });
});
