import { once } from "node:events";
import net from "node:net";
import { nfsFaults } from "../../preflight/nfs.ts";
import { attempt } from "../../runtime/program.ts";
import { settingsFrom } from "../support/settings-from.ts";

jest.mock("../../runtime/program.ts");
const socat = jest.mocked(attempt);
beforeEach(() => socat.mockReset());

/** What is amiss with a volume on the last of the hosts. */
async function faults(volume: object, hosts: object = { here: {} }, containers = ["agent"]) {
  const volumes = [{ name: "media", path: "/media", kind: "nfs", source: "/export", ...volume }];
  const settings = settingsFrom({ hosts, services: { web: { image: "nginx", port: 80, volumes } } });
  const host = settings.hosts.at(-1);
  if (!host) throw new Error("no host");
  const running = containers.map((role) => ({
    name: role,
    stack: "test",
    role,
    ports: [],
    ipv6: false,
    consul: "",
  }));
  return nfsFaults(settings, host, running);
}

test("on this machine it is tried from here", async () => {
  const server = net.createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as net.AddressInfo;
  const volume = { server: "127.0.0.1", options: { port } };
  expect(await faults(volume)).toStrictEqual([]);
  server.close();
  await once(server, "close");
  expect(await faults(volume)).toStrictEqual([
    `host here: NFS server 127.0.0.1, wanted for a volume (flotilla:services.web.volumes[0].server), takes no connection at port ${port} (connect ECONNREFUSED 127.0.0.1:${port}). Start it, or let the host reach it.`,
  ]);
  expect(await faults({ ...volume, options: { port, proto: "udp" } })).toStrictEqual([]);
  expect(socat).not.toHaveBeenCalled();
});

const away = { away: { docker: "ssh://away", address: "10.0.0.2" } };

test.each<[string, string, string[]]>([
  ["it does", "", []],
  [
    "it does not",
    "socat[7] E connecting to AF=2 10.0.0.9:2049: Connection timed out",
    [
      "host away: NFS server 10.0.0.9, wanted for a volume (flotilla:services.web.volumes[0].server), takes no connection at port 2049 (timed out). Start it, or let the host reach it.",
    ],
  ],
  ["there is no telling", "exec: socat: not found", []],
])("elsewhere it is tried by the host's agent: %s", async (_, stderr, lines) => {
  socat.mockResolvedValue({ code: stderr ? 1 : 0, stdout: "", stderr, output: stderr });
  expect(await faults({ server: "10.0.0.9" }, away)).toStrictEqual(lines);
  expect(socat.mock.lastCall?.[1]).toStrictEqual([
    ..."--host ssh://away exec agent socat -u /dev/null TCP:10.0.0.9:2049,connect-timeout=5".split(" "),
  ]);
});

test("nobody is asked where nobody could tell", async () => {
  expect(await faults({ server: "10.0.0.9" }, away, [])).toStrictEqual([]);
  expect(await faults({ server: "localhost" }, away)).toStrictEqual([]);
  expect(socat).not.toHaveBeenCalled();
});
