import {
  atOverlap,
  dueOf,
  type JobRecord,
  jobHosts,
  lastBegun,
  missedInAll,
  nextId,
  OUTPUT_KEPT,
  pauseBefore,
  RUNS_KEPT,
  type Run,
  Tail,
  withRun,
} from "../../lib/jobs.ts";

const at = (time: string) => new Date(`2026-03-01T${time}Z`);
const run = (id: number, outcome: Run["outcome"] = "succeeded", more: Partial<Run> = {}): Run => ({
  id,
  cause: "schedule",
  due: "",
  outcome,
  attempts: 1,
  ...more,
});

describe("what is due of a schedule for each quarter of an hour", () => {
  const schedule = { pattern: "*/15 * * * *", timeZone: "UTC" };
  test.each([
    { what: "nothing before its time", seen: "10:00:00", now: "10:14:59", due: {} },
    { what: "a run at its time", seen: "10:00:00", now: "10:15:00", due: { run: at("10:15:00") } },
    { what: "none twice", seen: "10:15:00", now: "10:15:00.100", due: {} },
    { what: "a run that is a little late", seen: "10:00:00", now: "10:16:00", due: { run: at("10:15:00") } },
    {
      what: "a missed one where it is later",
      seen: "10:00:00",
      now: "10:16:00.001",
      due: { missed: { last: at("10:15:00"), times: 1 } },
    },
    {
      what: "all that were missed, as one",
      seen: "09:00:00",
      now: "10:20:00",
      due: { missed: { last: at("10:15:00"), times: 5 } },
    },
    {
      what: "a run, and those before it that were missed",
      seen: "09:40:00",
      now: "10:15:30",
      due: { run: at("10:15:00"), missed: { last: at("10:00:00"), times: 2 } },
    },
  ])("$what", ({ seen, now, due }) => {
    expect(dueOf(schedule, at(seen), at(now))).toStrictEqual(due);
  });

  test("is not counted without end", () => {
    const now = new Date("2036-03-01T00:05:00Z");
    const last = new Date("2036-03-01T00:00:00Z");
    expect(dueOf(schedule, at("00:00:00"), now)).toStrictEqual({ missed: { last, times: 1000 } });
  });
});

test.each([
  ["skip", 0, "start"],
  ["skip", 1, "skip"],
  ["replace", 0, "start"],
  ["replace", 1, "end the others"],
  ["allow", 3, "start"],
] as const)("with overlap %s and %i under way: %s", (overlap, underWay, what) => {
  expect(atOverlap(overlap, underWay)).toBe(what);
});

test("pauses grow, up to five minutes", () => {
  expect([1, 2, 3, 7, 60].map(pauseBefore)).toStrictEqual([5000, 10_000, 20_000, 300_000, 300_000]);
});

describe("a record", () => {
  const many = (count: number) => Array.from({ length: count }, (_, index) => run(index + 1));

  test("takes a run, and what becomes of it", () => {
    const { record } = withRun({ runs: [run(1)] }, run(2, "under way"));
    expect(nextId(record)).toBe(3);
    expect(withRun(record, run(2, "failed")).record.runs).toStrictEqual([run(1), run(2, "failed")]);
    expect(nextId({ runs: [] })).toBe(1);
  });

  test("keeps the last runs", () => {
    const { record, gone } = withRun({ runs: many(RUNS_KEPT) }, run(RUNS_KEPT + 1));
    expect(record.runs).toHaveLength(RUNS_KEPT);
    expect(gone).toStrictEqual([run(1)]);
    expect(nextId(record)).toBe(RUNS_KEPT + 2);
  });

  test("keeps what is under way, however old", () => {
    const runs = [run(1, "under way"), ...many(RUNS_KEPT).slice(1)];
    const { record, gone } = withRun({ runs }, run(RUNS_KEPT + 1));
    expect(gone).toStrictEqual([run(2)]);
    expect(record.runs[0]).toStrictEqual(run(1, "under way"));
  });

  test("tells the last run that was begun, and how often none was", () => {
    const record: JobRecord = {
      runs: [run(1, "missed"), run(2), run(3, "missed", { times: 4 }), run(4, "skipped")],
    };
    expect(lastBegun(record)).toStrictEqual(run(2));
    expect(missedInAll(record)).toBe(5);
    expect(lastBegun({ runs: [] })).toBeUndefined();
  });
});

describe("the end of what is printed", () => {
  test("is all of it where that is short", () => {
    const tail = new Tail(10);
    for (const part of ["ab", "", "cdefgh", "ij"]) tail.add(Buffer.from(part));
    expect(tail.text()).toBe("abcdefghij");
  });

  test("is its last bytes where it is not, and tells how many are missing", () => {
    const tail = new Tail(10);
    for (const digit of "0123456789012345678901234") tail.add(Buffer.from(digit));
    expect(tail.text()).toBe("… (15 bytes before)\n5678901234");
    tail.add(Buffer.from("x"));
    expect(tail.text()).toBe("… (16 bytes before)\n678901234x");
  });

  test("is bounded", () => {
    const tail = new Tail();
    for (let index = 0; index < 1000; index++) tail.add(Buffer.alloc(1024, "x"));
    expect(tail.text().length).toBeLessThan(OUTPUT_KEPT + 100);
  });
});

describe("the place of a job", () => {
  const hosts = [
    { key: "a", datacenter: "dc1" },
    { key: "b", datacenter: "dc1" },
    { key: "c", datacenter: "dc2" },
  ];
  const before = { kind: "before", service: "web" } as const;
  test.each([
    { of: { trigger: before, hosts: ["a", "b", "c"] }, among: "abc", keys: ["a", "c"] },
    { of: { trigger: before, hosts: ["a", "b", "c"] }, among: "bc", keys: ["b", "c"] },
    { of: { trigger: before, hosts: ["b"] }, among: "abc", keys: ["b"] },
    { of: { trigger: { kind: "once" } as const, hosts: ["a", "b", "c"] }, among: "abc", keys: ["a"] },
    { of: { trigger: { kind: "once" } as const, hosts: ["a", "b"] }, among: "bc", keys: [] },
  ])("of $of among $among is $keys", ({ of, among, keys }) => {
    expect(
      jobHosts(
        of,
        hosts.filter(({ key }) => among.includes(key)),
      ),
    ).toStrictEqual(keys);
  });
});
