import { agentRules, balancerRules, registrationRules } from "../../lib/consul-policies.ts";

/** Which access a policy grants, by kind of resource. */
function granted(rules: string): Record<string, string> {
  const lines = rules.trim().split("\n");
  return Object.fromEntries(
    lines.map((line) => {
      const [, kind, prefix, access] = /^(\w+) "([^"]*)" \{ policy = "(\w+)" \}$/.exec(line) ?? [];
      return [`${kind} ${prefix}`.trim(), access ?? `not understood: ${line}`];
    }),
  );
}

test("each role may do no more than it has to", () => {
  expect([agentRules, balancerRules, registrationRules].map(granted)).toStrictEqual([
    { node_prefix: "write", service_prefix: "read", agent_prefix: "read" },
    { node_prefix: "read", service_prefix: "read", "key_prefix flotilla/": "read" },
    { node_prefix: "read", service_prefix: "write", "key_prefix flotilla/": "write" },
  ]);
});
