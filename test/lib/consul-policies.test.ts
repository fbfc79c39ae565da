import {
  agentRules,
  balancerRules,
  operatorRules,
  registrationRules,
  serverRules,
} from "../../lib/consul-policies.ts";

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

test.each<[string, string, Record<string, string>]>([
  ["the servers", serverRules("shop"), { "node_prefix shop--consul--": "write", service_prefix: "read" }],
  ["an agent", agentRules("shop", "a"), { "node shop--agent--a": "write", service_prefix: "read" }],
  [
    "a balancer",
    balancerRules("shop"),
    {
      "node_prefix shop--agent--": "read",
      service_prefix: "read",
      "key flotilla/id": "read",
      "key flotilla/routes": "read",
      "key_prefix flotilla/pools/": "read",
      "key_prefix flotilla/maintenance/": "read",
      "key_prefix flotilla/changes/": "read",
    },
  ],
  [
    "pulumi up and the movers",
    registrationRules("shop"),
    {
      "node_prefix shop--agent--": "read",
      "node_prefix shop--consul--": "read",
      service_prefix: "write",
      "key flotilla/placement": "write",
      "key flotilla/routes": "write",
      "key flotilla/changes/last": "write",
      "key_prefix flotilla/pools/": "write",
      "key_prefix flotilla/versions/": "write",
      "key_prefix flotilla/maintenance/": "write",
      "key_prefix flotilla/moving/": "write",
    },
  ],
  [
    "an operator",
    operatorRules,
    {
      "key flotilla/changes/last": "write",
      "key_prefix flotilla/maintenance/": "write",
      "key_prefix flotilla/versions/": "read",
    },
  ],
])("%s may do no more than they have to", (_, rules, expected) => {
  expect(granted(rules)).toStrictEqual(expected);
});
