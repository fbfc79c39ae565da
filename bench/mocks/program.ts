/** Runs the program under Pulumi's mocks for so many hosts; prints what that took, as JSON. Started by bench/mocks.ts. */
import * as pulumi from "@pulumi/pulumi";
import flotilla from "../../index.ts";
import type { Cost } from "../mocks.ts";

const [hosts = 1, replicas = 1] = process.argv.slice(2).map(Number);

let [resources, inputs] = [0, 0];
await pulumi.runtime.setMocks(
  {
    newResource(args) {
      resources++;
      inputs += JSON.stringify(args.inputs).length;
      return { id: `${args.name}-id`, state: { ...args.inputs, ...computed(args) } };
    },
    call({ token }) {
      throw new Error(`no mock for the call ${token}`);
    },
  },
  "flotilla",
  "bench",
);
pulumi.runtime.setAllConfig(
  {
    "flotilla:hosts": JSON.stringify(
      Object.fromEntries(Array.from({ length: hosts }, (_, i) => host(i + 1))),
    ),
    "flotilla:services": JSON.stringify({ web: { build: "./examples/simple-server", port: 8000, replicas } }),
  },
  [],
);

const { user, system } = process.cpuUsage();
await flotilla();
await pulumi.runtime.disconnect();
const used = process.cpuUsage({ user, system });
const cost: Cost = {
  seconds: (used.user + used.system) / 1e6,
  memory: process.resourceUsage().maxRSS / 1024,
  resources,
  inputs: inputs / 2 ** 20,
};
console.log(JSON.stringify(cost));

function host(number: number) {
  const address = `10.9.${number >> 8}.${number & 255}`;
  return [`h${number}`, { docker: `ssh://deploy@${address}`, address }] as const;
}

/** What the providers would compute. */
function computed({ type, name }: pulumi.runtime.MockResourceArgs): object {
  if (type === "command:local:Command") return { stdout: "2" };
  if (type === "docker:index/container:Container") return { name: `${name}-0a1b2c3` };
  if (type === "docker:index/remoteImage:RemoteImage") return { imageId: `sha256:${name}` };
  if (type === "random:index/randomPassword:RandomPassword") return { result: `password-of-${name}` };
  return {};
}
