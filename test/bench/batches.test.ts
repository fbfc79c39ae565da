import { setImmediate as turn } from "node:timers/promises";
import { inBatches } from "../../bench/batches.ts";

it("works with so many hands and no more, and keeps the order", async () => {
  let busy = 0;
  let most = 0;
  const results = await inBatches([5, 1, 3, 2, 4], 2, async (turns) => {
    most = Math.max(most, ++busy);
    for (let i = 0; i < turns; i++) await turn();
    busy--;
    return turns * 10;
  });
  expect(results).toEqual([50, 10, 30, 20, 40]);
  expect(most).toBe(2);
});

it("does nothing with nothing", async () => {
  expect(await inBatches([], 3, async () => 1)).toEqual([]);
});
