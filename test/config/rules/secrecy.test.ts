import { parseSettings } from "../../../config/parse.ts";
import { context, faultsOf } from "../../support/faults-of.ts";
import { asConfig, fileWith } from "../../support/stack-file.ts";

const web = { image: "nginx", port: 80 };
const secretKeys = new Set(["services", "registry"]);
const inOpen =
  "must not be encrypted, since it is used in the open: only env and secrets of a service or a job, secrets of what they require, the registry's user name and password, and the password and keys of backups are kept secret";
const plain = (path: string) =>
  `flotilla:${path}: must be stored encrypted, got plain text: pulumi config set --secret --path 'flotilla:${path}'`;

/** Faults where the values at these places, written with dots, are encrypted in the stack's file. */
function faultsWith(values: Record<string, unknown>, ...encrypted: string[]): string[] {
  const file = fileWith(values, (path) => encrypted.includes(path.join(".")));
  return faultsOf(values, { secretKeys, file });
}

describe("a secret", () => {
  const services = { web: { ...web, secrets: { A: "hunter2", B: "hunter3" } } };

  test("is fine when it is encrypted", () => {
    expect(faultsWith({ services }, "services.web.secrets.A", "services.web.secrets.B")).toStrictEqual([]);
  });

  test("is a fault in plain text beside one that is encrypted", () => {
    expect(faultsWith({ services }, "services.web.secrets.A")).toStrictEqual([
      plain("services.web.secrets.B"),
    ]);
  });

  test("is a fault in a registry's password beside a user name that is encrypted", () => {
    const registry = { address: "r.example", username: "me", password: "hunter2" };
    expect(faultsWith({ registry }, "registry.username")).toStrictEqual([plain("registry.password")]);
    expect(faultsWith({ registry }, "registry.password")).toStrictEqual([]);
  });

  test.each<[string, Record<string, unknown>]>([
    ["services.web.image", {}],
    ["services.web.health.path", { health: { path: "hunter2" } }],
    ["services.web.command.0", { command: ["hunter2"] }],
    ["services.web.entrypoint.0", { entrypoint: ["hunter2"] }],
    ["services.web.build.args.A", { image: undefined, build: { context: "app", args: { A: "hunter2" } } }],
  ])("is a fault where it can't be kept: %s", (place, values) => {
    const all = { services: { web: { ...web, ...values } } };
    const shown = place.replace(/\.(\d+)$/, "[$1]");
    expect(faultsWith(all, place)).toStrictEqual([`flotilla:${shown}: ${inOpen}`]);
  });

  test("is a fault as a whole section", () => {
    const file = "config: { flotilla:services: { secure: v1:AAAA } }";
    expect(faultsOf({ services }, { secretKeys, file })).toStrictEqual([`flotilla:services: ${inOpen}`]);
  });

  test("under env is one of the settings' secrets", () => {
    const values = { services: { web: { ...web, env: { A: "hunter2", B: "b" }, secrets: { C: "c" } } } };
    const file = fileWith(values, (path) => ["A", "C"].includes(String(path.at(-1))));
    const parsed = parseSettings(asConfig(values), {
      ...context,
      secretKeys: new Set(["services"]),
      file,
    });
    expect(parsed).toMatchObject({
      unclear: [],
      settings: { services: [{ env: { B: "b", PORT: "80" }, secrets: { A: "hunter2", C: "c" } }] },
    });
  });
});

describe("config that is not the file's", () => {
  const services = { web: { ...web, env: { A: "1" }, secrets: { B: "2" } } };
  const other = { services: { web: { ...web, env: { A: "0" }, secrets: { B: "2" } } } };

  test.each([
    ["none", undefined],
    ["one with less in it", fileWith({ services: { web } }, () => false)],
    ["one with another value", fileWith(other, (path) => path.includes("secrets"))],
  ])("counts as secret where it can be: %s", (_, file) => {
    const parsed = parseSettings(asConfig({ services }), {
      ...context,
      secretKeys: new Set(["services"]),
      file,
    });
    expect(parsed).toMatchObject({
      unclear: ["services"],
      settings: { services: [{ env: { PORT: "80" }, secrets: { A: "1", B: "2" } }] },
    });
  });

  test("is not secret where no part is", () => {
    const plain = { services: { web: { ...web, env: { A: "1" } } } };
    const parsed = parseSettings(asConfig(plain), context);
    expect(parsed).toMatchObject({ unclear: [], settings: { services: [{ env: { A: "1" }, secrets: {} }] } });
  });
});

describe("a variable", () => {
  const quotes =
    "must be in quotes, or set with --type string: as it is written, Pulumi takes it for a number, a date or a boolean, and changes it";

  /** Typed in the file, and what Pulumi hands over. */
  test.each([
    ["5", 5],
    ["-1", -1],
    ["1.5", 1.5],
    ["true", true],
    ["yes", "yes"],
    ["1:30", "1:30"],
    ["'007'", "007"],
    ['"2024-01-01"', "2024-01-01"],
  ])("arrives as it is typed: %s", (typed, given) => {
    expect(faultsOfTyped(typed, given)).toStrictEqual([]);
  });

  test.each([
    ["1e3", 1000],
    ["007", 7],
    ["010", 8],
    ["1.10", 1.1],
    ["0x10", 16],
    ["0o17", 15],
    ["1_000", 1000],
    [".5", 0.5],
    ["+5", 5],
    ["TRUE", true],
    ["2024-01-01", "2024-01-01 00:00:00 +0000 UTC"],
    ["2001-12-14t21:59:43.10-05:00", "2001-12-14 21:59:43.1 -0500 -0500"],
  ])("is a fault where it would not: %s", (typed, given) => {
    expect(faultsOfTyped(typed, given)).toStrictEqual([`flotilla:services.web.env.A: ${quotes}`]);
  });

  function faultsOfTyped(typed: string, given: unknown): string[] {
    const file = `config: { flotilla:services: { web: { image: nginx, port: 80, env: { A: ${typed} } } } }`;
    return faultsOf({ services: { web: { ...web, env: { A: given } } } }, { file });
  }
});

test("no value of a variable, a command or a secret is ever shown", () => {
  const marked = "hunter2";
  const bad = [
    marked,
    `${marked}\0`,
    [marked],
    { [`${marked}=`]: marked },
    { A: { b: marked } },
    { A: `${marked}\0` },
    { PORT: marked },
  ];
  const places = ["env", "secrets", "command", "entrypoint"];
  const configs = [
    ...places.flatMap((place) => bad.map((value) => ({ services: { web: { ...web, [place]: value } } }))),
    ...bad.map((args) => ({ services: { web: { port: 80, build: { context: "app", args } } } })),
    ...bad.map((password) => ({ registry: { address: "r.example", username: "me", password } })),
  ];
  for (const config of configs) {
    for (const keys of [secretKeys, new Set<string>()]) {
      expect(faultsOf(config, { secretKeys: keys }).join()).not.toContain(marked);
    }
  }
});
