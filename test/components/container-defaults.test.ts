import { confined, containerDefaults, limits } from "../../components/container-defaults.ts";

test("what all containers have in common", () => {
  expect(containerDefaults({ stack: "dev", host: "a", role: "server", service: "web" })).toStrictEqual({
    labels: [
      { label: "flotilla.host", value: "a" },
      { label: "flotilla.role", value: "server" },
      { label: "flotilla.service", value: "web" },
      { label: "flotilla.stack", value: "dev" },
    ],
    logDriver: "local",
    logOpts: { "max-size": "10m", "max-file": "3" },
    restart: "always",
    removeVolumes: true,
  });
});

test.each([
  [{}, {}],
  [{ cpus: "0.5" }, { cpus: "0.5" }],
  [{ memory: 128 }, { memory: 128, memorySwap: 128 }],
  [
    { cpus: "2", memory: 128 },
    { cpus: "2", memory: 128, memorySwap: 128 },
  ],
  [{ cpus: undefined, memory: undefined }, {}],
])("limits of %j", (given, limit) => {
  expect(limits(given)).toStrictEqual(limit);
});

test.each(["agent", "balancer", "consul", "front", "keeper", "volumes", "warden"] as const)(
  "%s, as all of our own, has no capability but those it is given, and gets none",
  (role) => {
    expect(containerDefaults({ stack: "dev", host: "a", role })).toMatchObject({
      capabilities: { drops: ["ALL"] },
      securityOpts: ["no-new-privileges=true"],
      readOnly: !["agent", "balancer", "consul"].includes(role),
    });
  },
);

test.each([
  [
    { capabilities: { add: [], drop: [] }, noNewPrivileges: false, readOnly: false },
    { securityOpts: ["no-new-privileges=false"], readOnly: false },
  ],
  [
    { user: "1:2", capabilities: { add: ["CAP_KILL"], drop: [] }, noNewPrivileges: true, readOnly: true },
    {
      user: "1:2",
      capabilities: { adds: ["CAP_KILL"] },
      securityOpts: ["no-new-privileges=true"],
      readOnly: true,
    },
  ],
])("confinement of %j", (given, args) => {
  expect(confined(given)).toStrictEqual(args);
});
