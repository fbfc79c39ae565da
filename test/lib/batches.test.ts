import { batchesOf } from "../../lib/batches.ts";

test.each([
  [0, 1, []],
  [1, 1, [[1]]],
  [3, 1, [[1], [2], [3]]],
  [
    4,
    2,
    [
      [1, 2],
      [3, 4],
    ],
  ],
  [5, 2, [[1, 2], [3, 4], [5]]],
  [4, 4, [[1, 2, 3, 4]]],
  [2, 500, [[1, 2]]],
])("%i replicas, %i at once: %j", (replicas, surge, batches) => {
  expect(batchesOf({ replicas, surge })).toStrictEqual(batches);
});
