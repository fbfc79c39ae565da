import * as pulumi from "@pulumi/pulumi";
import { deploy } from "flotilla";

const config = new pulumi.Config();

export default async () => {
  // What flotilla's README has as config may stand here for all stacks, and for one in its Pulumi.<stack>.yaml.
  const { outputs } = await deploy({
    services: {
      web: { image: config.require("image"), port: config.requireNumber("port"), replicas: 2 },
    },
  });
  return outputs;
};
