import { faultsOf } from "../../support/faults-of.ts";
import { settingsFrom } from "../../support/settings-from.ts";

const worker = { image: "mailer" };
const rule = "must stand beside port, since a service without one is a worker, which answers no requests";

test("a service without a port is one, on its own or beside others", () => {
  expect(faultsOf({ services: { mail: worker } })).toStrictEqual([]);
  expect(faultsOf({ services: { mail: worker, web: { image: "nginx", port: 80 } } })).toStrictEqual([]);
});

test("it is no default, gets no PORT but its own, and does not keep another from being the default", () => {
  const route = { path: "/" };
  const { services } = settingsFrom({
    services: {
      mail: worker,
      cron: { ...worker, env: { PORT: "25" } },
      web: { image: "nginx", port: 80, route },
    },
  });
  const seen = services.map(({ name, env, default: isDefault }) => ({ name, env, isDefault }));
  expect(seen).toStrictEqual([
    { name: "cron", env: { PORT: "25" }, isDefault: false },
    { name: "mail", env: {}, isDefault: false },
    { name: "web", env: { PORT: "80" }, isDefault: true },
  ]);
  expect(
    settingsFrom({ services: { mail: { ...worker, secrets: { PORT: "25" } } } }).services[0]?.secrets,
  ).toStrictEqual({ PORT: "25" });
});

test.each([
  ["health", { type: "tcp" }, "a map"],
  ["health", { timeout: 60 }, "a map"],
  ["health", {}, "an empty map"],
  ["route", { path: "/mail" }, "a map"],
  ["publish", 8025, "8025"],
  ["default", true, "true"],
  ["default", false, "false"],
  ["load", { queue: 1000 }, "a map"],
  ["timeouts", { request: 60 }, "a map"],
  ["sessions", false, "false"],
  ["drain", 5, "5"],
])("it has no %s: %j", (key, value, given) => {
  expect(faultsOf({ services: { mail: { ...worker, [key]: value } } })).toStrictEqual([
    `flotilla:services.mail.${key}: ${rule}, got ${given}`,
  ]);
});

test("where the port is at fault, or the value itself, that alone is told", () => {
  const services = { mail: { ...worker, port: "25", drain: 5 }, cron: { ...worker, drain: "5" } };
  expect(faultsOf({ services })).toStrictEqual([
    'flotilla:services.cron.drain: must be a whole number from 0 to 3600, got "5"',
    'flotilla:services.mail.port: must be a whole number from 1 to 65535, got "25"',
  ]);
});

test("a port that is at fault has no other service called unreachable", () => {
  const route = { path: "/a" };
  const services = {
    web: { image: "nginx", port: 0, default: true },
    api: { image: "api", port: 81, route },
    shop: { image: "shop", port: 82 },
    mail: worker,
  };
  expect(faultsOf({ services })).toHaveLength(2);
});
