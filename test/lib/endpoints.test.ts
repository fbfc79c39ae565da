import { healthyEndpoints } from "../../lib/endpoints.ts";

const entry = (name: string, host: string, meta?: Record<string, string>) => ({
  Node: { Node: `test--agent--${host}` },
  Service: { ID: name, Port: 80, ...(meta && { Meta: meta }) },
});

test("endpoints are told by name, with their hosts; those that are about to leave are none", () => {
  const entries = [
    entry("b", "one"),
    entry("a", "two", { "haproxy-options": "" }),
    entry("c", "one", { "haproxy-options": "backup" }),
  ];
  expect(healthyEndpoints(entries, "test")).toStrictEqual([
    { name: "a", port: 80, host: "two" },
    { name: "b", port: 80, host: "one" },
  ]);
  expect(healthyEndpoints([], "test")).toStrictEqual([]);
});
