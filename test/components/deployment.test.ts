import * as pulumi from "@pulumi/pulumi";
import { RandomPassword } from "@pulumi/random/randomPassword.js";
import type { Config } from "../../components/index.ts";
import { find } from "../support/deploy.ts";
import { ofProgram, roleOf } from "../support/program.ts";

const web = { image: "nginx:1.29", port: 80 };
const config = (service: object): Config => ({ protect: false, services: { web: { ...web, ...service } } });

test("a program of somebody else's makes a pool beside another resource", async () => {
  const { resources, outputs } = await ofProgram(async (deploy) => {
    const { pools, outputs } = await deploy(config({ replicas: 2 }));
    new RandomPassword("after", { length: 8 }, { dependsOn: [...pools] });
    return outputs;
  });
  const pool = find(resources, "ServerPool web--local");
  expect(resources.filter(({ type }) => type === pool.type)).toEqual([pool]);
  expect(resources.filter((resource) => roleOf(resource) === "server")).toHaveLength(2);
  expect(find(resources, "RandomPassword after").dependsOn).toContain("Command web--local--registration");
  expect(outputs).toMatchObject({ url: "http://127.0.0.1:8080/", services: { web: { replicas: 2 } } });
});

test("what it hands over as a secret stays one, and nothing else becomes one", async () => {
  const { resources } = await ofProgram(async (deploy) => {
    const secrets = { KEY: pulumi.secret("hush") };
    return (await deploy(config({ secrets, env: { CODE: "007", TIER: pulumi.output("front") } }))).outputs;
  });
  const server = resources.find((resource) => roleOf(resource) === "server");
  const envs = server?.inputs.envs as string[];
  expect(envs).toEqual(["CODE=007", "PORT=80", "TIER=front", "KEY=hush"]);
  expect(server?.secrets.filter((path) => path.startsWith("envs"))).toEqual(["envs[3]"]);
  expect(pulumi.log.warn).not.toHaveBeenCalled();
});

test.each([
  [
    "a secret in plain text",
    { secrets: { KEY: "hush" } },
    /services\.web\.secrets\.KEY: must be stored encrypted/,
  ],
  ["a fault", { port: 0 }, /services\.web\.port: must be a whole number/],
  [
    "what is yet to be made",
    { env: { KEY: pulumi.output(pulumi.unknown) } },
    /services\.web\.env\.KEY is not known before it is made/,
  ],
])("%s is refused", async (_, service, message) => {
  await expect(ofProgram(async (deploy) => (await deploy(config(service))).outputs)).rejects.toThrow(message);
});
