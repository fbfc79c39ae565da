import {
  asHeld,
  catalogueDiff,
  getsRequests,
  type Held,
  leavingOf,
  registrationOf,
} from "../../lib/catalogue.ts";

const http = {
  type: "http",
  path: "/health",
  method: "GET",
  host: "localhost",
  interval: 1,
  checkTimeout: 1.5,
} as const;
const web = { name: "web", port: 8000, health: http, sessions: false } as const;
const db = {
  ...web,
  name: "db",
  port: 5432,
  health: { ...http, type: "tcp", path: "/", interval: 0.5 },
} as const;

test("an instance, which has just passed its check", () => {
  expect(registrationOf(web, "dev-web-a-1-0a1b2c3")).toStrictEqual({
    ID: "dev-web-a-1-0a1b2c3",
    Name: "web",
    Address: "dev-web-a-1-0a1b2c3",
    Port: 8000,
    Tags: ["flotilla"],
    Meta: {
      "haproxy-uri": "/health",
      "haproxy-host": "localhost",
      "haproxy-inter": "500ms",
      "haproxy-timeout": "1500ms",
      "haproxy-options": "",
    },
    Check: {
      CheckID: "dev-web-a-1-0a1b2c3:health",
      Name: "GET /health",
      Interval: "1s",
      Timeout: "1.5s",
      HTTP: "http://dev-web-a-1-0a1b2c3:8000/health",
      Method: "GET",
      Header: { Host: ["localhost"] },
      Status: "passing",
    },
  });
});

test("one that is asked by HEAD, which is told only where it is so", () => {
  const { Meta, Check } = registrationOf({ ...web, health: { ...http, method: "HEAD" as const } }, "w1");
  expect(Meta["haproxy-method"]).toBe("HEAD");
  expect(Check).toMatchObject({ Name: "HEAD /health", Method: "HEAD" });
});

test("what HAProxy could read as something else is written so that it can't", () => {
  const { Meta, Check } = registrationOf({ ...web, health: { ...http, path: "/a'b?c=%20" } }, "w1");
  expect(Meta["haproxy-uri"]).toBe("/a\\'b?c=%20");
  expect(Check?.HTTP).toBe("http://w1:8000/a'b?c=%20");
});

test("that TCP is spoken, and where those come that require it, is told where it is so, and told anew where it changes", () => {
  const meta = (service: object) => registrationOf({ ...db, ...service }, "d1").Meta;
  expect(meta({ protocol: "http" })).toStrictEqual(meta({}));
  const tcp = { ...db, protocol: "tcp", provides: 5432 } as const;
  expect(meta(tcp)).toStrictEqual({ ...meta({}), "haproxy-protocol": "tcp", "haproxy-provides": "5432" });
  const [plain, told] = [registrationOf(db, "d1"), registrationOf(tcp, "d1")];
  expect(catalogueDiff(tcp, ["d1"], { d1: told }).change).toStrictEqual([]);
  expect(catalogueDiff(tcp, ["d1"], { d1: plain }).change).toStrictEqual(["d1"]);
  expect(catalogueDiff(db, ["d1"], { d1: told }).change).toStrictEqual(["d1"]);
});

test.each([
  ["what keeps to it", "sessions", "weight 0"],
  ["what nobody else is there for", "last resort", "backup"],
] as const)(
  "an instance that is to leave is reached and checked as before, and given nothing but %s",
  (_, scope, options) => {
    const { Port, Meta } = registrationOf(web, "w1");
    const next = { ...web, port: 9000, health: { ...http, path: "/ready" } };
    const leaving = leavingOf(next, "w1", { Port, Meta }, scope);
    expect(leaving).toMatchObject({ ID: "w1", Port: 8000, Meta: { ...Meta, "haproxy-options": options } });
    // Wanted once more, it is to be given everything again.
    expect(catalogueDiff(web, ["w1"], { w1: leaving }).change).toStrictEqual(["w1"]);
  },
);

test("a worker is there to be seen: it has nothing by which balancers would find it, and nothing to check", () => {
  const mail = { name: "mail" };
  const worker = registrationOf(mail, "m1");
  expect(worker).toStrictEqual({ ID: "m1", Name: "mail", Address: "m1", Port: 0, Tags: [], Meta: {} });
  expect(catalogueDiff(mail, ["m1"], { m1: worker })).toStrictEqual({ add: [], change: [], remove: [] });
  expect(getsRequests(worker)).toBe(false);
});

test("a service that becomes a worker, or ceases to be one, has its instances told anew; until then they are what they were", () => {
  const asWorker = { name: "web" };
  const [answering, worker] = [registrationOf(web, "w1"), registrationOf(asWorker, "w1")];
  expect(catalogueDiff(asWorker, ["w1"], { w1: answering }).change).toStrictEqual(["w1"]);
  expect(catalogueDiff(web, ["w1"], { w1: worker }).change).toStrictEqual(["w1"]);
  expect(asHeld(asWorker, "w1", answering)).toMatchObject({ Port: 8000, Tags: ["flotilla"] });
  expect(asHeld(web, "w1", worker)).toMatchObject({ Port: 0, Tags: [] });
});

test("an instance that is checked by connecting", () => {
  const { Meta, Check } = registrationOf(db, "d1");
  expect(Meta).toStrictEqual({
    "haproxy-uri": "",
    "haproxy-host": "",
    "haproxy-inter": "250ms",
    "haproxy-timeout": "1500ms",
    "haproxy-options": "",
  });
  expect(Check).toStrictEqual({
    CheckID: "d1:health",
    Name: "TCP connection",
    Interval: "0.5s",
    Timeout: "1.5s",
    TCP: "d1:5432",
    Status: "passing",
  });
});

describe("what has to be done", () => {
  const held = (...instances: string[]): Record<string, Held> =>
    Object.fromEntries(instances.map((id) => [id, registrationOf(web, id)]));

  test.each([
    ["nothing wanted, nothing there", [], {}, [], [], []],
    ["a first roll-out", ["w2", "w1"], {}, ["w1", "w2"], [], []],
    ["nothing to do", ["w1", "w2"], held("w2", "w1"), [], [], []],
    ["one more", ["w1", "w2", "w3"], held("w1", "w2"), ["w3"], [], []],
    ["one less", ["w1", "w2"], held("w1", "w2", "w3"), [], [], ["w3"]],
    ["a new version", ["w4", "w3"], held("w2", "w1"), ["w3", "w4"], [], ["w1", "w2"]],
    ["all away", [], held("w2", "w1"), [], [], ["w1", "w2"]],
  ])("%s", (_, desired, there, add, change, remove) => {
    expect(catalogueDiff(web, desired, there)).toStrictEqual({ add, change, remove });
  });

  test.each([
    ["path", { ...web, health: { ...web.health, path: "/ready" } }],
    ["type", { ...web, health: { ...web.health, type: "tcp" } }],
    ["host", { ...web, health: { ...web.health, host: "shop.example" } }],
    ["interval", { ...web, health: { ...web.health, interval: 2 } }],
    ["time to answer", { ...web, health: { ...web.health, checkTimeout: 2 } }],
    ["port", { ...web, port: 9000 }],
  ] as const)("another %s is a change to instances that serve already, and to them only", (_, service) => {
    expect(catalogueDiff(service, ["w3", "w2", "w1"], held("w1", "w2"))).toStrictEqual({
      add: ["w3"],
      change: ["w1", "w2"],
      remove: [],
    });
  });

  test("the path says nothing while connecting is all there is to a check", () => {
    const there = { d1: registrationOf(db, "d1") };
    const other = { ...db, health: { ...db.health, path: "/other" } };
    expect(catalogueDiff(other, ["d1"], there)).toStrictEqual({ add: [], change: [], remove: [] });
  });
});
