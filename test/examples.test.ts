import type { Registered } from "./support/deploy.ts";
import { ofStackFile, roleOf } from "./support/program.ts";

const examples = ["counter", "php-web", "wordpress"];

test("the examples' stacks can live beside each other and the dev stack", async () => {
  const addresses: string[] = [];
  for (const stack of ["dev", ...examples]) {
    for (const { inputs } of (await ofStackFile(stack)).resources) {
      const ports = (inputs.ports ?? []) as { external: number }[];
      const subnets = (inputs.ipamConfigs ?? []) as { subnet: string }[];
      addresses.push(
        ...ports.map(({ external }) => `port ${external}`),
        ...subnets.map(({ subnet }) => subnet),
      );
    }
  }
  expect(addresses.length).toBeGreaterThan(40);
  expect(new Set(addresses).size).toBe(addresses.length);
});

const envsOf = (resources: readonly Registered[], service: string) =>
  resources
    .filter((one) => roleOf(one) === "server" && one.name.includes(`--${service}--`))
    .map(({ inputs }) => (inputs.envs as string[]).join(" "));

test.each([
  ["wordpress", "wordpress", "DB_HOST=wordpress--front--local:3306"],
  ["counter", "web", "STORE=counter--front--local:6379"],
])("of %s, %s is told where is what it requires", async (stack, service, told) => {
  const { resources } = await ofStackFile(stack);
  const envs = envsOf(resources, service);
  expect(envs).toHaveLength(2);
  for (const env of envs) expect(env).toContain(told);
});

test.each(examples)("%s leaves no data behind that is protected", async (stack) => {
  const { resources } = await ofStackFile(stack);
  expect(resources.filter(({ protect }) => protect)).toStrictEqual([]);
});
