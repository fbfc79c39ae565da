import { OutOfTime, pause, secondsLeft, withDeadline } from "../../runtime/deadline.ts";

const forever = () => new Promise<never>(() => {});

test("without one there is all the time in the world", () => {
  expect(secondsLeft()).toBe(Number.POSITIVE_INFINITY);
});

test("what is done in time is as if there were none", async () => {
  await expect(withDeadline(5, async () => "done")).resolves.toBe("done");
  const failing = withDeadline(5, () => Promise.reject(new Error("its own")));
  await expect(failing).rejects.toThrow("its own");
});

test("what never answers is ended", async () => {
  const start = performance.now();
  await expect(withDeadline(0.2, forever)).rejects.toThrow(new OutOfTime(0.2));
  expect(performance.now() - start).toBeLessThan(2000);
});

test("what knows what it waited for says so", async () => {
  const work = () =>
    pause(10_000).catch(() => {
      throw new Error("Consul in a-container did not answer");
    });
  await expect(withDeadline(0.1, work)).rejects.toThrow("Consul in a-container did not answer");
});

test("however deep below, no more is had than is left above", async () => {
  const deep = withDeadline(0.2, () => withDeadline(60, async () => [secondsLeft(), await forever()]));
  await expect(deep).rejects.toThrow(OutOfTime);
  const left = await withDeadline(2, () => withDeadline(60, async () => secondsLeft()));
  expect(left).toBeLessThanOrEqual(2);
  expect(left).toBeGreaterThan(1);
});

test("an interruption ends it before its time, with its reason", async () => {
  const interruption = new AbortController();
  const work = withDeadline(60, () => pause(60_000), interruption.signal);
  interruption.abort(new Error("somebody pressed Ctrl-C"));
  await expect(work).rejects.toThrow("somebody pressed Ctrl-C");
});
