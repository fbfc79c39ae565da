import fs from "node:fs";
import * as pulumi from "@pulumi/pulumi";
import { parse } from "yaml";
import { deploy, type Registered } from "./support/deploy.ts";

/** Runs the whole program with a stack's config, given as in its file. */
async function run(stack: string, config: Record<string, unknown>): Promise<Registered[]> {
  const texts = Object.entries(config).map(([key, value]) => [
    key,
    typeof value === "string" ? value : JSON.stringify(value),
  ]);
  return deploy(async () => {
    pulumi.runtime.setAllConfig(Object.fromEntries(texts), []);
    await jest.isolateModulesAsync(async () => void (await import("../index.ts")));
  }, stack);
}

const fileOf = (stack: string) => parse(fs.readFileSync(`Pulumi.${stack}.yaml`, "utf8")).config;

test("dev", async () => {
  const all = await run("dev", fileOf("dev"));
  console.log(all.map((r) => `${r.type} ${r.name} ${r.provider}`).join("\n"));
  expect(all.length).toBeGreaterThan(10);
});
