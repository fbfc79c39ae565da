import * as pulumi from "@pulumi/pulumi";
import { Mover } from "../../components/mover.ts";
import { deploy, find } from "../support/deploy.ts";

type Args = ConstructorParameters<typeof Mover>[1];

test("has the sockets of the engine and the agent, no network, and its token in a file", async () => {
  const host = { key: "b", settings: { docker: "unix:///run/engine.sock" } };
  const image = { imageId: "sha256:mover" };
  const mount = { volumeName: "socket", containerPath: "/run/consul", readOnly: true };
  const agent = { containerName: "test--agent--b", socketMount: mount };
  const registration = { accessorId: pulumi.output("id"), secretId: pulumi.secret("token") };
  const all = await deploy(() => {
    const args = { stack: "test", host, image, agent, credentials: { registration } } as unknown as Args;
    new Mover("mover-b", args);
  });
  const { inputs } = find(all, "Container mover-b");
  expect(inputs).toMatchObject({
    name: "test--mover--b",
    image: "sha256:mover",
    command: ["commands/mover.ts", "/etc/flotilla/mover.json"],
    networkMode: "none",
    restart: "always",
    capabilities: { drops: ["ALL"] },
    volumes: [{ hostPath: "/run/engine.sock", containerPath: "/var/run/docker.sock" }, mount],
  });
  const [{ content, ...file }] = inputs.uploads as [Record<string, string>];
  expect(file).toStrictEqual({ file: "/etc/flotilla/mover.json", permissions: "0600" });
  expect(JSON.parse(content ?? "")).toStrictEqual({
    stack: "test",
    host: "b",
    agent: "test--agent--b",
    socket: "/run/consul/http.sock",
    token: "token",
    tokenId: "id",
  });
});
