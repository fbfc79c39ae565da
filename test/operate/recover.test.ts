import type { StateResource } from "../../setup/state.ts";
import {
  type ConsulAnswer,
  type ConsulRequest,
  type DockerAnswer,
  type FakeHosts,
  runProgram,
} from "../support/fake-docker.ts";
import { stackExport } from "../support/stack-export.ts";

const provider = (key: string): StateResource => ({
  urn: `urn:pulumi:dev::flotilla::pulumi:providers:docker::${key}`,
  type: "pulumi:providers:docker",
  inputs: { host: `tcp://${key}:1` },
});

/** Hosts a, b, c and so on, each with a Consul server of its number; of some the engine does not answer. */
class Hosts implements FakeHosts {
  readonly done: string[] = [];
  readonly #silent: string;
  #leader: string;

  constructor(silent: string, leader = "") {
    this.#silent = silent;
    this.#leader = leader;
  }

  docker(endpoint: string, args: readonly string[]): DockerAnswer {
    const key = endpoint.slice("tcp://".length, -":1".length);
    const name = `dev--consul--${"abc".indexOf(key) + 1}`;
    if (this.#silent.includes(key)) return { code: 1, err: "no route to host\n" };
    if (args[0] === "ps") return { out: `${name}\n` };
    if (args[0] === "inspect") return { out: `/${name}\tone\n` };
    if (args.includes("/consul/data/address")) return { out: `10.0.0.${"abc".indexOf(key) + 1}:8302\n` };
    if (args[0] === "restart") {
      this.done.push(args.join(" "));
      this.#leader = "10.0.0.1:8302";
    }
    return { out: "" };
  }

  consul({ path }: ConsulRequest): ConsulAnswer {
    return {
      json: path === "/v1/status/leader" ? this.#leader : ["10.0.0.1:8302", "10.0.0.2:8302", "10.0.0.3:8302"],
    };
  }

  fed(container: string, input: string): void {
    this.done.push(`${container} < ${input}`);
  }

  pulumi(): DockerAnswer {
    return { out: stackExport({}, ["a", "b", "c"].map(provider)) };
  }
}

const recover = (hosts: FakeHosts, ...args: string[]) => runProgram(hosts, "operate/recover.ts", args);

test.concurrent("the one that is left is told so, starts anew, and leads", async () => {
  const hosts = new Hosts("bc");
  const { code, said } = await recover(hosts, "--yes");
  expect(said).toContain(
    "of its servers run dev--consul--1 on host a; lost are those at 10.0.0.2:8302, 10.0.0.3:8302",
  );
  expect(said).toContain("consul: has a leader again; `pulumi up --stack dev` brings it");
  expect([code, hosts.done.at(-1)]).toStrictEqual([0, "restart --time 5 dev--consul--1"]);
  // Of what it is fed, the first line is kept here.
  expect(hosts.done.slice(0, -1)).toStrictEqual(["dev--consul--1 < [\n"]);
});

test.concurrent.each([
  ["most of them run", new Hosts("c"), 0, "there is nothing to recover"],
  ["it has a leader", new Hosts("bc", "10.0.0.1:8302"), 0, "there is nothing to recover"],
  [
    "no host answers",
    new Hosts("abc"),
    1,
    "recover stopped: No host of the stack dev answers: no route to host",
  ],
])("%s: nothing is done", async (_, hosts, expected, words) => {
  const { code, said } = await recover(hosts, "--yes");
  expect([code, hosts.done]).toStrictEqual([expected, []]);
  expect(said).toContain(words);
});

test.concurrent("nobody is there to be asked: nothing is done", async () => {
  const hosts = new Hosts("bc");
  const { code, said } = await recover(hosts);
  expect([code, hosts.done]).toStrictEqual([1, []]);
  expect(said).toContain("recover stopped: Nobody is there to be asked whether to do that: add --yes.");
});
