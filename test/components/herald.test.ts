import * as pulumi from "@pulumi/pulumi";
import { Herald } from "../../components/herald.ts";
import { deploy, find } from "../support/deploy.ts";
import { settingsFrom } from "../support/settings-from.ts";

type Args = ConstructorParameters<typeof Herald>[1];

test("is told who wants to know of what, where that is, and its token, in a file", async () => {
  const host = { key: "local", settings: { docker: "unix:///run/engine.sock" } };
  const image = { imageId: "sha256:programs" };
  const mount = { volumeName: "socket", containerPath: "/run/consul", readOnly: true };
  const agent = { containerName: "test--agent--local", socketMount: mount };
  const credentials = { balancer: { secretId: pulumi.secret("token") } };
  const onChange = { command: ["/bin/told"] };
  const { services } = settingsFrom({
    services: {
      web: { image: "a", port: 80, requires: { db: { service: "store", env: {}, onChange } } },
      other: { image: "a", port: 81, publish: 81, requires: { db: { service: "store", env: {} } } },
      store: { image: "b", port: 6379, protocol: "tcp", provides: 7000 },
    },
  });
  const all = await deploy(() => {
    const args = { stack: "test", host, image, agent, services, credentials } as unknown as Args;
    new Herald("herald-local", args);
  });
  const { inputs } = find(all, "Container herald-local");
  expect(inputs).toMatchObject({
    name: "test--herald--local",
    image: "sha256:programs",
    command: ["commands/herald.ts", "/etc/flotilla/herald.json"],
    networkMode: "none",
    restart: "always",
    readOnly: false,
    capabilities: { drops: ["ALL"] },
    volumes: [{ hostPath: "/run/engine.sock", containerPath: "/var/run/docker.sock" }, mount],
  });
  const [{ content, ...file }] = inputs.uploads as [Record<string, string>];
  expect(file).toStrictEqual({ file: "/etc/flotilla/herald.json", permissions: "0600" });
  expect(JSON.parse(content ?? "")).toStrictEqual({
    stack: "test",
    host: "local",
    agent: "test--agent--local",
    socket: "/run/consul/http.sock",
    token: "token",
    listeners: [
      {
        service: "web",
        requirement: "db",
        provider: "store",
        address: { host: "test--front--local", port: 7000 },
        onChange,
      },
    ],
  });
});
