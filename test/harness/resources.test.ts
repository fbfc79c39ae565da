import { resourcesOf } from "../../harness/resources.ts";

const urn = (type: string, name: string) => `urn:pulumi:dev::flotilla::${type}::${name}`;
const created = "2026-11-25T10:00:00Z";
const labelled = (role: string) => ({ labels: [{ label: "flotilla.role", value: role }] });

test("custom resources and providers by URN, containers with their role", () => {
  const [container, volume] = ["docker:index/container:Container", "docker:index/volume:Volume"];
  const resources = [
    { urn: urn("pulumi:pulumi:Stack", "flotilla-dev"), type: "pulumi:pulumi:Stack", custom: false, created },
    { urn: urn("pulumi:providers:docker", "local"), type: "pulumi:providers:docker", custom: true, created },
    { urn: urn(container, "front"), type: container, custom: true, created, inputs: labelled("front") },
    { urn: urn(container, "old"), type: container, custom: true, created, delete: true },
    { urn: urn(volume, "data"), type: volume, custom: true, created, inputs: labelled("volumes") },
  ];
  expect(resourcesOf({ deployment: { resources } })).toStrictEqual([
    { urn: urn(container, "front"), type: container, name: "front", role: "front", created },
    { urn: urn(volume, "data"), type: volume, name: "data", created },
    { urn: urn("pulumi:providers:docker", "local"), type: "pulumi:providers:docker", name: "local", created },
  ]);
});

test("a stack that was never brought up has none", () => {
  expect(resourcesOf({ deployment: {} })).toStrictEqual([]);
});
