import { addressOf, type Container, docker, ids } from "../../harness/docker.ts";
import { Fleet, type Service } from "../../harness/fleet.ts";
import { ownConfinement } from "../../lib/confinement.ts";
import { attempt } from "../../runtime/program.ts";
import { losingNothing } from "./load.ts";

/** Numbers of capabilities in the kernel, as far as they are asked for here. */
const bits: Record<string, number> = {
  CAP_DAC_OVERRIDE: 1,
  CAP_FOWNER: 3,
  CAP_KILL: 5,
  CAP_SETGID: 6,
  CAP_SETUID: 7,
  CAP_NET_BIND_SERVICE: 10,
  CAP_NET_RAW: 13,
  CAP_SYS_TIME: 25,
};
const mask = (names: readonly string[]) =>
  names.reduce((sum, name) => sum | (1n << BigInt(bits[name] ?? 99)), 0n);
/** What Docker gives by itself. */
const usual = 0xa80425fbn;

/** The rights of a container's first process, by the kernel. */
async function rightsOf({ Id }: Container) {
  const status = await docker("exec", "--user=0", Id, "cat", "/proc/1/status");
  const value = (name: string) => new RegExp(`^${name}:\\s*(.*)$`, "m").exec(status)?.[1] ?? "";
  const bitsOf = (name: string) => BigInt(`0x${value(name)}`);
  return {
    effective: bitsOf("CapEff"),
    most: bitsOf("CapBnd"),
    noNewPrivileges: value("NoNewPrivs") === "1",
    uid: value("Uid").split("\t")[0],
  };
}

/** What a shell in a container says, and whether it ends well. */
const shell = async ({ Id }: Container, command: string, ...flags: string[]) => {
  const { code, output } = await attempt("docker", ["exec", ...flags, Id, "sh", "-c", command]);
  return { code, output: output.trim() };
};

const everything: Partial<Service> = {
  command: undefined,
  entrypoint: ["sleep", "infinity"],
  workingDir: "/opt",
  user: "65534:65534",
  init: true,
  capabilities: { drop: ["ALL"] },
  readOnly: true,
  tmpfs: [{ path: "/scratch", size: "4m" }, "/srv"],
  shmSize: "16m",
  ulimits: { nofile: { soft: 500, hard: 600 }, core: -1 },
  extraHosts: ["shop.example:10.0.0.5", "gateway:host-gateway"],
};

describe("containers are confined", () => {
  const fleet = Fleet.first();
  beforeAll(() => fleet.toStart());

  const one = async (): Promise<Container> => (await fleet.servers("tool"))[0] as Container;
  /** Gives the worker other keys. */
  const toolWith = async (keys: Partial<Service>): Promise<Container> => {
    await fleet.up(({ services }) => {
      services.tool = {
        image: "debian:trixie-slim",
        replicas: 1,
        command: ["sleep", "infinity"],
        stopGrace: 0,
        rollout: { settle: 0 },
        ...keys,
      } as Service;
    });
    return one();
  };

  test.each(["front", "balancer", "consul", "agent", "warden", "keeper"] as const)(
    "%s has what its role needs, and nothing else",
    async (role) => {
      const confinement = ownConfinement(role);
      for (const container of await fleet.containers(role)) {
        const { most, effective, noNewPrivileges, uid } = await rightsOf(container);
        expect(most).toBe(mask(confinement.capabilities.add));
        expect(effective).toBe(confinement.user ? 0n : most);
        expect(noNewPrivileges).toBe(true);
        expect(uid).toBe(confinement.user?.split(":")[0] ?? "0");
        const { code, output } = await shell(container, "touch /var/tmp/there");
        expect(output).toMatch(confinement.readOnly ? /Read-only file system/ : /^$/);
        expect(code === 0).toBe(!confinement.readOnly);
      }
    },
  );

  test("HAProxy serves as a user without any rights", async () => {
    for (const { Id } of await fleet.containers("balancer")) {
      const workers =
        "for p in /proc/[0-9]*; do grep -q haproxy $p/comm && grep -E '^(Uid|CapEff)' $p/status; done; true";
      const { output } = await shell({ Id } as Container, workers);
      expect(output).toMatch(/Uid:\t[1-9]\d*\t.*\nCapEff:\t0+$/m);
    }
  });

  test("nobody but the warden has the engine's socket", async () => {
    const isSocket = ({ Source }: { Source: string }) => /\.sock$/.test(Source);
    const having = (await fleet.containers()).filter(({ Mounts }) => Mounts.some(isSocket));
    expect(ids(having)).toEqual([(await fleet.the("warden")).Id]);
    const [server] = await fleet.servers();
    expect(
      (await shell(server as Container, "find / -xdev -name 'docker*.sock'; ls /var/run")).output,
    ).not.toContain("docker");
  });

  test("a server reaches no port of Consul's, at no address and by no name, though it reaches those of its neighbours", async () => {
    const consul = [...(await fleet.containers("consul")), await fleet.the("agent")];
    const [server, neighbour] = (await fleet.servers()) as [Container, Container];
    const addresses = (containers: readonly Container[]) =>
      containers.flatMap(({ NetworkSettings }) =>
        Object.values(NetworkSettings.Networks).map(({ IPAddress }) => IPAddress),
      );
    const ports = [8300, 8301, 8302, 8500, 8501, 8502, 8503, 8600];
    const targets = [...addresses(consul), ...consul.map(({ Name }) => Name.slice(1))].flatMap((host) =>
      ports.map((port) => `${host}:${port}`),
    );
    const open = addresses([neighbour]).map((address) => `${address}:8000`);
    const probe = `
import concurrent.futures, socket, sys
def is_open(target):
    host, port = target.rsplit(":", 1)
    try:
        socket.create_connection((host, int(port)), 2).close()
        return True
    except OSError:
        return False
targets = sys.argv[1:]
with concurrent.futures.ThreadPoolExecutor(64) as pool:
    print(" ".join(t for t, is_it in zip(targets, pool.map(is_open, targets)) if is_it))`;
    const reached = await docker("exec", server.Id, "python3", "-c", probe, ...targets, ...open);
    expect(targets.length).toBeGreaterThanOrEqual(9 * ports.length);
    expect(reached.trim().split(" ")).toEqual(open);
  });

  test("in the network of the servers the agent listens nowhere: balancers ask it by a socket", async () => {
    const agent = await fleet.the("agent");
    const own = addressOf(agent, fleet.name);
    // In the kernel's table, addresses are hexadecimal with the last byte first; 0A is LISTEN.
    const hex = (address: string) =>
      Buffer.from(address.split(".").map(Number).reverse()).toString("hex").toUpperCase();
    const table = await docker("exec", agent.Id, "cat", "/proc/net/tcp", "/proc/net/tcp6", "/proc/net/udp");
    const listening = table.split("\n").flatMap((row) => {
      const [, address = "", , state] = row.trim().split(/\s+/);
      return state === "0A" || state === "07" ? [address.split(":")[0]] : [];
    });
    expect(listening).toContain(hex("127.0.0.1"));
    expect(listening).not.toContain(hex(own));
    expect(listening.filter((address) => /^0+$/.test(address ?? ""))).toEqual([]);
  });

  test("a server has no raw sockets, and no new privileges", async () => {
    for (const server of await fleet.servers()) {
      const { most, noNewPrivileges } = await rightsOf(server);
      expect(most).toBe(usual & ~mask(["CAP_NET_RAW"]));
      expect(noNewPrivileges).toBe(true);
      const raw = "import socket; socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)";
      // Root could, if anybody.
      expect((await shell(server, `python3 -c '${raw}'`, "--user=0")).output).toContain("PermissionError");
    }
  });

  test("a service that needs more is given it", async () => {
    const tool = await toolWith({ capabilities: { add: ["NET_RAW", "sys_time"] }, noNewPrivileges: false });
    const { most, noNewPrivileges } = await rightsOf(tool);
    expect(most).toBe(usual | mask(["CAP_SYS_TIME"]));
    expect(noNewPrivileges).toBe(false);
  });

  test("all that a service can be kept from, and given", async () => {
    const tool = await toolWith(everything);
    expect(await rightsOf(tool)).toEqual({ effective: 0n, most: 0n, noNewPrivileges: true, uid: "65534" });
    const says = async (command: string) => (await shell(tool, command)).output;
    expect(await says("id -u; id -g; pwd; cat /proc/1/comm; ulimit -n; ulimit -H -n; ulimit -c")).toBe(
      "65534\n65534\n/opt\ndocker-init\n500\n600\nunlimited",
    );
    expect(await says("df --block-size=1M --output=size /scratch /dev/shm | tail -n 2 | tr -d ' '")).toBe(
      "4\n16",
    );
    expect(await says("grep -cE '^10.0.0.5\tshop.example$|^[0-9.]+\tgateway$' /etc/hosts")).toBe("2");
    expect(await says("touch /scratch/a /srv/a /dev/shm/a /var/log/flotilla/confined && echo written")).toBe(
      "written",
    );
    for (const place of ["/tmp/a", "/opt/a", "/etc/a"])
      expect(await says(`touch ${place}`)).toContain("Read-only file system");
    await fleet.stack.run("preview", "--refresh", "--expect-no-changes");
  });

  test("a folder in memory is still its user's after a restart", async () => {
    const tool = await one();
    await docker("restart", "--time=0", tool.Id);
    expect((await shell(tool, "touch /scratch/b /srv/b && ls /scratch /srv")).output).toBe(
      "/scratch:\nb\n\n/srv:\nb",
    );
  });

  test("what is taken back is back", async () => {
    const before = await one();
    const without = await toolWith({ ...everything, tmpfs: undefined });
    expect(without.Id).not.toBe(before.Id);
    expect((await shell(without, "ls /")).output).not.toContain("scratch");
    const plain = await toolWith({});
    const { output } = await shell(
      plain,
      "id -u; pwd; df --block-size=1M --output=size /dev/shm | tail -n 1 | tr -d ' '; tr '\\0' ' ' </proc/1/cmdline",
    );
    expect(output).toBe("0\n/\n64\nsleep infinity");
  });

  test("the default service is confined further without losing a request, and watched as a new version is", async () => {
    const output = await losingNothing(fleet.url, () =>
      fleet.up(({ services }) => {
        delete services.tool;
        Object.assign(services.web, {
          readOnly: true,
          capabilities: { drop: ["ALL"] },
          init: true,
          user: "nobody",
        });
      }),
    );
    expect(output).toContain("web: watching whether they go on passing");
    for (const server of await fleet.servers()) expect((await rightsOf(server)).most).toBe(0n);
    await fleet.stack.run("preview", "--refresh", "--expect-no-changes");
  });
});
