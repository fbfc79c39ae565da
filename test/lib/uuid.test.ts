import { uuidOf } from "../../lib/uuid.ts";

test("the same text always gives the same UUID, since nodes and tokens are known by it", () => {
  expect(uuidOf("dev dc1 server 1")).toBe("6c9c5507-4f01-45bc-8389-541dae9a829c");
  expect(uuidOf("dev dc1 server 2")).not.toBe(uuidOf("dev dc1 server 1"));
});

test("version 4, variant 1, as Consul wants it", () => {
  for (let i = 0; i < 100; i++) {
    expect(uuidOf(String(i))).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/);
  }
});
