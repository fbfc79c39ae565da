import { type Batch, type Failure, Samples } from "../../harness/load/samples.ts";

function batch(changes: Partial<Batch> & { answers?: readonly [start: number, latency: number][] }): Batch {
  const { answers = [], ...rest } = changes;
  return {
    starts: Float64Array.from(answers, ([start]) => start),
    latencies: Float32Array.from(answers, ([, latency]) => latency),
    slow: 0,
    failures: [],
    served: [],
    breaks: [],
    messages: 0,
    ...rest,
  };
}

const failure = (end: number): Failure => ({
  client: "GET",
  method: "GET",
  start: end - 0.1,
  end,
  reason: "status 503",
});

function samplesOf(...batches: Batch[]): Samples {
  const samples = new Samples();
  for (const one of batches) samples.add(one);
  return samples;
}

test("every request counts, whatever became of it", () => {
  const samples = samplesOf(
    batch({ answers: [[0, 5]], slow: 2 }),
    batch({ answers: [[1, 5]], failures: [failure(1), failure(2)] }),
  );
  expect(samples.requests).toBe(6);
});

test.each([
  ["all", 0, 100, { count: 100, p50: 50, p99: 99, max: 100 }],
  ["the second half", 50, 100, { count: 50, p50: 75, p99: 100, max: 100 }],
  ["one", 10, 11, { count: 1, p50: 11, p99: 11, max: 11 }],
  ["none", 200, 300, { count: 0, p50: 0, p99: 0, max: 0 }],
])("latency of %s of the answers", (_, from, to, summary) => {
  const answers = Array.from({ length: 100 }, (_, index): [number, number] => [index, index + 1]);
  const [first, second] = [answers.slice(0, 30), answers.slice(30)];
  // In whatever order they came.
  const samples = samplesOf(batch({ answers: second.reverse() }), batch({ answers: first }));
  expect(samples.latency(from, to)).toStrictEqual(summary);
});

test("the timeline has answers where they ended, and failures where they were seen", () => {
  const answers: [number, number][] = [
    [0.1, 100],
    [0.9, 200],
    [2.5, 4],
  ];
  const samples = samplesOf(batch({ answers, failures: [failure(1.5), failure(1.6)] }));
  const slices = samples.timeline(1);
  expect(slices.map(({ at, answers, failures }) => [at, answers, failures])).toStrictEqual([
    [0, 1, 0],
    [1, 1, 2],
    [2, 1, 0],
  ]);
  expect(slices[2]).toMatchObject({ p50: 4, max: 4 });
});

test("who served whom between two moments", () => {
  const served = (client: string, by: string, from: number, to: number) => ({ client, by, from, to });
  const samples = samplesOf(
    batch({ served: [served("at a", "1", 0, 1), served("at b", "4", 2, 3)] }),
    batch({ served: [served("at a", "3", 2, 3), served("at a", "2", 2.5, 2.9), served("at a", "5", 2, 4)] }),
    batch({ served: [served("at a", "3", 2, 3)] }),
  );
  expect(samples.servers(1, 3, (client) => client === "at a")).toStrictEqual(["2", "3"]);
  expect(samples.servers(0, 9, () => true)).toStrictEqual(["1", "2", "3", "4", "5"]);
});
