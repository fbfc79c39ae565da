import { flapping, gone, type StateChange, stateChanges } from "../../drill/server-states.ts";

test("what HAProxy's checks have found", () => {
  const log = [
    "Server service.web/shop--agent--c is DOWN, reason: Layer4 timeout, check duration: 501ms. 3 active and 0 backup servers left.",
    "Backup Server local.web/shop--agent--c is DOWN via service.web/shop--agent--c. 2 active and 1 backup servers left.",
    "Server service.web/shop--agent--b is DOWN, changed from server-state after a reload. 3 active and 0 backup servers left.",
    'Server service.web/shop--agent--b is DOWN, reason: Health analyze, info: "L4 unsuccessful connection". 2 active left.',
    "Server local.web/shop--web--a--1-0a1b2c3 is UP via service.web/shop--web--a--1-0a1b2c3. 1 active online.",
    "Server service.web/shop--agent--c is UP, reason: Layer7 check passed, code: 200, check duration: 9ms. 4 active online.",
    "Backup Server service.web/shop--agent--d is DOWN, reason: Layer4 timeout, check duration: 1000ms. 3 active left.",
    "",
  ].join("\n");
  expect(stateChanges(log)).toStrictEqual([
    { server: "service.web/shop--agent--c", state: "DOWN" },
    { server: "service.web/shop--agent--b", state: "DOWN" },
    { server: "service.web/shop--agent--c", state: "UP" },
    { server: "service.web/shop--agent--d", state: "DOWN" },
  ]);
});

const changes = (...texts: string[]) =>
  texts.map((text) => {
    const [server = "", state] = text.split(" ");
    return { server, state } as StateChange;
  });

test.each([
  ["nothing", changes(), []],
  ["down and up", changes("c DOWN", "c UP"), []],
  ["two, each once", changes("c DOWN", "b DOWN", "b UP", "c UP"), []],
  ["down for good", changes("c DOWN"), []],
  ["down twice", changes("c DOWN", "c UP", "c DOWN"), ["c: DOWN, UP, DOWN"]],
  ["up twice, beside one that is well", changes("c UP", "b DOWN", "c DOWN", "c UP"), ["c: UP, DOWN, UP"]],
])("servers that flap: %s", (_, seen, found) => {
  expect(flapping(seen)).toStrictEqual(found);
});

test("servers that went down, but for some", () => {
  const seen = changes(
    "service.web/a UP",
    "service.web/c DOWN",
    "service.web/d DOWN",
    "service.shop/d DOWN",
    "service.web/c DOWN",
  );
  expect(gone(seen)).toStrictEqual(["service.web/c", "service.web/d", "service.shop/d"]);
  expect(gone(seen, ["d"])).toStrictEqual(["service.web/c"]);
});
