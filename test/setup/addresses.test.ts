import { addresses } from "../../setup/addresses.ts";

test("lists every address, and how to show the secrets, but no secret", () => {
  const outputs = {
    url: "http://127.0.0.1:8080",
    loadBalancers: [
      { name: "dev-balancer-1", url: "http://127.0.0.1:8181", statsUrl: "http://127.0.0.1:9001" },
    ],
    consul: [{ name: "dev-consul-1", url: "http://127.0.0.1:8500" }],
    statsPassword: "[secret]",
  };
  expect(addresses("dev", outputs)).toBe(`open            http://127.0.0.1:8080
dev-balancer-1  http://127.0.0.1:8181  statistics: http://127.0.0.1:9001
dev-consul-1    http://127.0.0.1:8500

Secrets, after eval "$(npm run --silent env)":
  pulumi stack output --show-secrets statsPassword   for the statistics pages
  pulumi stack output --show-secrets consulToken     for Consul
`);
});

test("names the stack where it is not the one that is meant anyway", () => {
  expect(addresses("counter", { url: "http://127.0.0.1:8120" })).toContain(
    "pulumi stack output --stack counter --show-secrets consulToken",
  );
});

test("says nothing where there is nothing to open", () => {
  expect(addresses("dev", {})).toBe("");
});
