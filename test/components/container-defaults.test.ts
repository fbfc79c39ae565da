import { containerDefaults, limits } from "../../components/container-defaults.ts";

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
