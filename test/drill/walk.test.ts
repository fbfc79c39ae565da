import type { Exception } from "../../drill/exceptions.ts";
import { shortfallOf } from "../../drill/walk.ts";
import type { Failure } from "../../harness/load/samples.ts";

const failed = (end: number, reason = "status 503"): Failure => ({
  client: "GET",
  method: "GET",
  start: end - 0.1,
  end,
  reason,
});
const exception: Exception = { what: "front", why: "ports", bound: 2 };

test.each([
  ["none", [], undefined, 1, undefined],
  ["one", [failed(3)], undefined, 1, "1 requests failed in 0.0 s: 1 × status 503"],
  [
    "kinds",
    [failed(3), failed(4, "refused"), failed(5)],
    undefined,
    1,
    "3 requests failed in 2.0 s: 2 × status 503, 1 × refused",
  ],
  ["within the bound", [failed(3), failed(5)], exception, 1, undefined],
  [
    "beyond the bound",
    [failed(3), failed(5.1)],
    exception,
    1,
    "2 requests failed in 2.1 s, more than the 2 s that are allowed: 2 × status 503",
  ],
  ["within the bound where time is taken leniently", [failed(3), failed(12)], exception, 5, undefined],
])("what is wrong with a step's failures: %s", (_, failures, allowed, lenience, shortfall) => {
  expect(shortfallOf(failures, allowed, lenience)).toBe(shortfall);
});
