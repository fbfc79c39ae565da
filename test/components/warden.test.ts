import { Warden } from "../../components/warden.ts";
import { deploy, find } from "../support/deploy.ts";

test.each([
  ["unix:///run/engine.sock", "/run/engine.sock"],
  ["ssh://deployer@b.example", "/var/run/docker.sock"],
])("the engine at %s: its socket, and no network", async (endpoint, hostPath) => {
  const host = {
    key: "b",
    settings: { docker: endpoint },
    images: { warden: { imageId: "sha256:warden" } },
  } as unknown as ConstructorParameters<typeof Warden>[1]["host"];
  const all = await deploy(() => {
    new Warden("warden-b", { stack: "test", host });
  });
  expect(find(all, "Container warden-b").inputs).toMatchObject({
    name: "test--warden--b",
    image: "sha256:warden",
    command: ["test"],
    networkMode: "none",
    restart: "always",
    capabilities: { drops: ["ALL"] },
    securityOpts: ["no-new-privileges=true"],
    readOnly: true,
    volumes: [{ hostPath, containerPath: "/var/run/docker.sock" }],
  });
});
