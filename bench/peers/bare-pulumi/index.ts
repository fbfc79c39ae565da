/** The least that Pulumi can be asked for: a network, and so many containers of one image with nothing that binds them. */
import * as pulumi from "@pulumi/pulumi";
import * as docker from "../../../components/docker.ts";

/** What it is told by its config. */
export interface Config {
  readonly docker: string;
  readonly subnet: string;
  readonly image: string;
  readonly replicas: number;
}

export default async function bare() {
  const config = new pulumi.Config();
  const provider = new docker.Provider("engine", { host: config.require("docker") });
  const name = pulumi.getStack();
  const ipamConfigs = [{ subnet: config.require("subnet") }];
  const network = new docker.Network("network", { name, ipamConfigs }, { provider });
  const image = config.require("image");
  for (let number = 1; number <= config.requireNumber("replicas"); number++)
    new docker.Container(`${name}-${number}`, { image, networkMode: network.name }, { provider });
}
