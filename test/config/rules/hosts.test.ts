import { parseSettings } from "../../../config/parse.ts";
import { context, faultsOf } from "../../support/faults-of.ts";
import { asConfig } from "../../support/stack-file.ts";

const certificates = ["ca.pem", "cert.pem", "key.pem"].map((file) => `certs/${file}`);
const lookUp = (path: string) => {
  if (["certs", "half"].includes(path)) return "folder";
  return [...certificates, "half/cert.pem"].includes(path) ? "file" : undefined;
};
const tcp = "tcp://a:2376";
const open =
  "flotilla:hosts.a.docker: must not be tcp:// without TLS, since whoever reaches that port owns the machine: set hosts.a.tls " +
  "to a folder with ca.pem, cert.pem and key.pem, or DOCKER_TLS_VERIFY and DOCKER_CERT_PATH in the environment; " +
  'hosts.a.insecure: true takes it as it is; got "tcp://a:2376"';

test.each<[Record<string, unknown>, boolean, string[]]>([
  [{ docker: tcp }, false, [open]],
  [{ docker: tcp }, true, []],
  [{ docker: tcp, insecure: true }, false, []],
  [{ docker: tcp, insecure: false }, false, [open]],
  [{ docker: tcp, tls: "certs" }, false, []],
  [{ docker: tcp, tls: "certs" }, true, []],
  [{ docker: "ssh://a" }, false, []],
  [{}, false, []],
  [
    { docker: tcp, tls: "nowhere" },
    false,
    ['flotilla:hosts.a.tls: must be a folder that exists, relative to the project, got "nowhere"'],
  ],
  [
    { docker: tcp, tls: "half" },
    false,
    [
      'flotilla:hosts.a.tls: must be a folder with ca.pem, cert.pem and key.pem in it, got "half" without ca.pem and key.pem',
    ],
  ],
  [
    { docker: "ssh://a", tls: "certs" },
    false,
    ['flotilla:hosts.a.tls: must stand with a tcp:// endpoint only, got "certs" with "ssh://a"'],
  ],
  [
    { insecure: true },
    false,
    ["flotilla:hosts.a.insecure: must stand with a tcp:// endpoint without TLS only, got true"],
  ],
  [
    { docker: tcp, tls: "certs", insecure: true },
    false,
    ["flotilla:hosts.a.insecure: must stand with a tcp:// endpoint without TLS only, got true"],
  ],
  [
    { docker: tcp, tls: 1 },
    false,
    ["flotilla:hosts.a.tls: must be a folder, relative to the project, got 1"],
  ],
])("%j, TLS in the environment: %j", (a, hasClientTls, faults) => {
  expect(faultsOf({ hosts: { a } }, { hasClientTls, lookUp })).toStrictEqual(faults);
});

test("what is set for TLS goes wherever the endpoint goes", () => {
  const config = asConfig({ hosts: { a: { docker: tcp, tls: "certs" } } });
  const parsed = parseSettings(config, { ...context, lookUp });
  expect("settings" in parsed && parsed.settings.hosts).toStrictEqual([
    {
      key: "a",
      docker: { host: tcp, tls: "certs" },
      address: "127.0.0.1",
      datacenter: "dc1",
      consulServers: [1, 2, 3],
    },
  ]);
});
