import { readFile } from "node:fs/promises";
import { ephemeralPorts } from "../../preflight/ephemeral.ts";
import { settingsFrom } from "../support/settings-from.ts";

jest.mock("node:fs/promises");

/** Warnings where the kernel's files hold these texts; undefined for a kernel that has no such file. */
async function warningsOf(
  config: Record<string, unknown>,
  kernel: { range?: string; reserved?: string } = {},
): Promise<string[]> {
  jest.mocked(readFile).mockImplementation(async (file) => {
    const text = String(file).endsWith("_range") ? kernel.range : kernel.reserved;
    if (text === undefined) throw new Error("ENOENT");
    return text;
  });
  const settings = settingsFrom(config);
  return (await Promise.all(settings.hosts.map((host) => ephemeralPorts(settings, host)))).flat();
}

const range = "32768\t60999\n";
const web = { image: "nginx", port: 80, publish: 32768 };
const advice = (key: string, ports: string) =>
  `host local: of the ports that the kernel hands out to clients (net.ipv4.ip_local_port_range: 32768 to 60999), flotilla:${key} takes ${ports}, and may find them taken now and then. Change flotilla:${key}, or add them to net.ipv4.ip_local_reserved_ports.`;

test.each<[string, Record<string, unknown>, { range?: string; reserved?: string }, string[]]>([
  ["ports below", {}, { range }, []],
  ["some of a key's", { consul: { port: 32766, servers: 3 } }, { range }, [advice("consul.port", "32768")]],
  [
    "the first and the last",
    { services: { web }, consul: { port: 60999 } },
    { range },
    [advice("consul.port", "60999"), advice("services.web.publish", "32768")],
  ],
  [
    "all of a key's, but for those that are kept back",
    { loadBalancers: { port: 40000, max: 3 } },
    { range, reserved: "1,40101-40202\n" },
    [advice("loadBalancers.port", "40000, 40303")],
  ],
  ["a host elsewhere", { hosts: { a: { docker: "tcp://a:2376" } }, consul: { port: 40000 } }, { range }, []],
  ["no such kernel", { consul: { port: 40000 } }, {}, []],
])("%s", async (_, config, kernel, warnings) => {
  expect(await warningsOf(config, kernel)).toStrictEqual(warnings);
});
