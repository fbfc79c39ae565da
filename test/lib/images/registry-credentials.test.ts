import { providerCredentials, registryHost, registryOf } from "../../../lib/images/registry-credentials.ts";

test.each([
  ["nginx:1.29", "docker.io"],
  ["team/app:2", "docker.io"],
  ["docker.io/team/app", "docker.io"],
  ["registry.example.com/app:7", "registry.example.com"],
  ["registry:5000/app@sha256:00", "registry:5000"],
  ["localhost/app", "localhost"],
])("%s is in the registry %s", (image, host) => {
  expect(registryHost(image)).toBe(host);
});

const registry = { address: "registry.example.com/team", username: "me", password: "hush" };
const hub = { address: "docker.io/me", username: "me", password: "hush" };

test.each([
  [registry, "registry.example.com/other/app:7", registry],
  [registry, "nginx:1.29", undefined],
  [{ address: "registry.example.com" }, "registry.example.com/app", undefined],
  [hub, "nginx:1.29", hub],
  [undefined, "nginx:1.29", undefined],
])("%j: its credentials go to nobody but itself (%s)", (given, image, expected) => {
  expect(registryOf(image, given)).toBe(expected);
});

test.each([
  [registry, [{ address: "registry.example.com", username: "me", password: "hush" }]],
  [hub, [{ address: "registry-1.docker.io", username: "me", password: "hush" }]],
  [{ address: "registry.example.com" }, []],
  [undefined, []],
])("%j: the provider is told as much", (given, expected) => {
  expect(providerCredentials(given)).toStrictEqual(expected);
});
