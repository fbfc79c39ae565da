import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import net from "node:net";
import { join } from "node:path";
import { type Container, docker, ids } from "../../harness/docker.ts";
import { Fleet, type Service } from "../../harness/fleet.ts";
import { runInfo } from "../../harness/run-info.ts";
import { attempt } from "../../runtime/program.ts";

describe("volumes", () => {
  const fleet = Fleet.first();
  const folder = join(runInfo().folder, "volume-of-a-host");
  const worker = {
    image: "debian:trixie-slim",
    command: ["sleep", "infinity"],
    replicas: 1,
    stopGrace: 0,
    rollout: { order: "stop-first", settle: 0 },
  } satisfies Service;
  const depot: Service = {
    ...worker,
    replicas: 2,
    volumes: [
      { name: "all", path: "/all" },
      { name: "own", path: "/own", perReplica: true },
      { name: "host", path: "/host", kind: "bind", source: folder },
      {
        name: "driven",
        path: "/driven",
        kind: "driver",
        driver: "local",
        options: { type: "tmpfs", device: "tmpfs" },
      },
    ],
  };
  const readerOf = (owner: string): Service => ({
    ...worker,
    volumes: [
      { name: "all", path: "/all", owner },
      { name: "host", path: "/host", owner, readOnly: false },
    ],
  });

  const nfs = {
    name: "media",
    path: "/media",
    kind: "nfs",
    server: "127.0.0.1",
    source: "/export",
    options: { nfsvers: 4, soft: true, port: 20_999 },
  };

  beforeAll(async () => {
    mkdirSync(folder);
    await fleet.toStart(({ services }) => {
      services.web.replicas = 1;
    });
  });
  afterAll(() => fleet.toStart());

  const shell = async (container: Container | undefined, command: string) => {
    const { code, output } = await attempt("docker", ["exec", container?.Id ?? "", "sh", "-c", command]);
    return { code, output: output.trim() };
  };
  /** A service's copy of a number. */
  const copy = async (service: string, number = 1) => {
    const all = (await fleet.servers(service)).filter(({ State }) => State.Running);
    return all.find(({ Name }) => Name.includes(`--local--${number}-`));
  };
  const own = async (service: string, number: number) =>
    (await shell(await copy(service, number), "cat /own/who")).output;
  const volumes = async () => {
    const label = `label=flotilla.stack=${fleet.name}`;
    return (await docker("volume", "ls", "--quiet", "--filter", label)).trim().split("\n");
  };

  test("what a host has not is told of before anything changes, all at once", async () => {
    const before = ids(await fleet.containers());
    const missing = join(folder, "missing");
    const { code, output } = await fleet.attemptUp(({ services }) => {
      const volumes = [
        { name: "a", path: "/a", kind: "bind", source: missing },
        { name: "b", path: "/b", kind: "driver", driver: "no-such-driver" },
        nfs,
      ];
      services.depot = { ...worker, volumes };
    });
    expect(code).not.toBe(0);
    expect(output).toContain(
      `host local: folder ${missing}, wanted as a volume (flotilla:services.depot.volumes[0].source), is not to be had: `,
    );
    expect(output).toContain(
      "host local: volume driver no-such-driver, wanted for a volume (flotilla:services.depot.volumes[1].driver), is not to be had: ",
    );
    expect(output).toContain('plugin "no-such-driver" not found');
    expect(output).toContain(
      "host local: NFS server 127.0.0.1, wanted for a volume (flotilla:services.depot.volumes[2].server), takes no connection at port 20999 ",
    );
    expect(existsSync(missing)).toBe(false);
    expect(ids(await fleet.containers())).toEqual(before);
  });

  // As far as a kernel comes that has no NFS.
  const mount = readFileSync("/proc/filesystems", "utf8").includes("\tnfs4\n") ? test.skip : test;
  mount("a folder of an NFS server is mounted by the kernel, with its options", async () => {
    const server = net.createServer().listen(20_999, "127.0.0.1");
    const { code, output } = await fleet.attemptUp(({ services }) => {
      services.depot = { ...worker, volumes: [nfs] };
    });
    server.close();
    expect(code).not.toBe(0);
    expect(output).toMatch(
      /mount :\/export:\S+, data: addr=127\.0\.0\.1,nfsvers=4,port=20999,soft: no such device/,
    );
  });

  test("a folder of the host's, a driver's, one for all copies and one for each; another service has some of them", async () => {
    await fleet.up(({ services }) => {
      // By their names, the reader is made before what it reads is.
      services.depot = depot;
      services.a = readerOf("depot");
    });
    writeFileSync(join(folder, "from-host"), "host");
    for (const number of [1, 2]) {
      const write = `cat /host/from-host && echo ${number} > /own/who && echo ${number} >> /all/who && grep ' /driven ' /proc/mounts`;
      expect((await shell(await copy("depot", number), write)).output).toMatch(
        /^host(tmpfs|\S+) \/driven tmpfs/,
      );
    }
    const reader = await copy("a");
    expect((await shell(reader, "cat /all/who")).output).toBe("1\n2");
    expect((await shell(reader, "touch /all/mine")).output).toContain("Read-only file system");
    expect(await shell(reader, "echo reader > /host/from-reader")).toEqual({ code: 0, output: "" });
    expect(readFileSync(join(folder, "from-reader"), "utf8")).toBe("reader\n");
    await fleet.stack.run("preview", "--refresh", "--expect-no-changes");
  });

  test("a copy's volume waits for it while there are fewer, and its successors have it", async () => {
    await fleet.up(({ services }) => {
      services.depot = { ...depot, replicas: 1 };
    });
    expect(await volumes()).toContain(`${fleet.name}--depot--2_own`);
    await fleet.stack.run("preview", "--expect-no-changes");
    await fleet.up(({ services }) => {
      services.depot = { ...depot, env: { VERSION: "2" } };
    });
    expect(await own("depot", 1)).toBe("1");
    expect(await own("depot", 2)).toBe("2");
  });

  test("a service that gets another name keeps its data", async () => {
    const before = await volumes();
    await fleet.up(({ services }) => {
      delete services.depot;
      services.store = { ...depot, movedFrom: "depot" };
      services.a = readerOf("store");
    });
    expect(await own("store", 1)).toBe("1");
    expect(await own("store", 2)).toBe("2");
    expect((await shell(await copy("a"), "cat /all/who")).output).toBe("1\n2");
    const ofData = (names: string[]) => names.filter((name) => name.includes("_"));
    expect(ofData(await volumes())).toEqual(ofData(before));
  });

  test("npm run volumes shows all that there is, and takes away what the stack has no more", async () => {
    const label = `flotilla.stack=${fleet.name}`;
    const orphan = `${fleet.name}--gone_data`;
    await docker("volume", "create", "--label", label, orphan);
    const { code, output } = await fleet.stack.operate("volumes");
    expect(code).toBe(0);
    expect(output).toMatch(new RegExp(`^local +${orphan} +gone +0B +.* orphan, not in use$`, "m"));
    expect(output).toMatch(
      new RegExp(`^local +${fleet.name}--depot--1_own +store +2B +.* in use by 2$`, "m"),
    );
    expect(output).toMatch(new RegExp(`^local +${fleet.name}--consul--1--data +consul +`, "m"));
    const before = await volumes();
    expect(await fleet.stack.operate("volumes", "--prune", "--yes")).toMatchObject({ code: 0 });
    expect(await volumes()).toEqual(before.filter((name) => name !== orphan));
  });

  test("data that is protected is not deleted with its service, and the way to do it is named", async () => {
    await fleet.up((config) => {
      config.protect = true;
    });
    const { code, output } = await fleet.attemptUp(({ services }) => {
      delete services.store;
      delete services.a;
    });
    expect(code).not.toBe(0);
    expect(output).toMatch(/protected/);
    expect(output).toMatch(/pulumi state unprotect/);
    await fleet.up((config) => {
      config.protect = false;
      config.services.store = { ...depot, movedFrom: "depot" };
    });
    expect(await own("store", 2)).toBe("2");
  });
});
