import { parse } from "yaml";
import { type Given, withValues, withWritten } from "../../config/given.ts";

const given = (services: unknown, written = services): Given => ({
  values: { services },
  written: { services: written },
});
const web = { image: "shop:1", replicas: 2, hosts: ["a", "b"], env: { TIER: "front" } };

it.each([
  ["nothing", {}, web],
  ["another section", { protect: "false" }, web],
  ["a value", { services: '{"web":{"replicas":5}}' }, { ...web, replicas: 5 }],
  ["a list", { services: '{"web":{"hosts":["c"]}}' }, { ...web, hosts: ["c"] }],
  [
    "a variable, as it is written",
    { services: '{"web":{"env":{"ID":12345678901234567890}}}' },
    { ...web, env: { TIER: "front", ID: "12345678901234567890" } },
  ],
])(
  "what the stack says goes before what the program does: %s",
  (_, config: Record<string, string>, merged) => {
    const { services, ...others } = withValues(config, given({ web }));
    expect(JSON.parse(services ?? "")).toEqual({ web: merged });
    const { services: _services, ...untouched } = config;
    expect(others).toEqual(untouched);
  },
);

it.each([
  ["no file", "", { web: { port: 80, env: { KEY: { secure: "" } } } }],
  ["a value in the file", services("port: 81"), { web: { port: 81, env: { KEY: { secure: "" } } } }],
  ["one that is plain there", services("env: { KEY: open }"), { web: { port: 80, env: { KEY: "open" } } }],
  [
    "an encrypted one",
    services("env: { KEY: { secure: v1:abc } }"),
    { web: { port: 80, env: { KEY: { secure: "v1:abc" } } } },
  ],
  ["an encrypted map", services("env: { secure: v1:abc }"), { web: { port: 80, env: { secure: "v1:abc" } } }],
])("the file says what is secret: %s", (_, text, merged) => {
  const { values } = given({ web: { port: 80, env: { KEY: "hush" } } });
  const written = { services: { web: { port: 80, env: { KEY: { secure: "" } } } } };
  expect(parse(withWritten(text, { values, written })).config["flotilla:services"]).toEqual(merged);
});

function services(web: string): string {
  return `config:\n  flotilla:services:\n    web:\n      ${web}\n`;
}
