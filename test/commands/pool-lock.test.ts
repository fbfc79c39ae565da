import { PassThrough } from "node:stream";
import { withPoolLock } from "../../commands/support/pool-lock.ts";
import type { DockerEngine } from "../../runtime/docker.ts";

/** An engine on which somebody else has the lock for so many attempts. */
function held(attempts: number): DockerEngine {
  let left = attempts;
  const pipe = () => {
    const holder = new PassThrough();
    setImmediate(() => {
      if (left-- > 0) holder.emit("error", new Error("flock ended with exit code 1"));
      else holder.emit("data", Buffer.from("locked\n"));
    });
    return holder;
  };
  return { pipe } as unknown as DockerEngine;
}

test("work waits for its turn, and gives what it gives", async () => {
  expect(await withPoolLock(held(2), "agent", "web", async () => "done")).toBe("done");
});

test("it waits longer where the other one may have to wait itself, and says for how long it has", async () => {
  const never = withPoolLock(held(Number.POSITIVE_INFINITY), "agent", "web", async () => "done", -59);
  await expect(never).rejects.toThrow(
    "web: its pool can't be worked on after 1 s: another command is at work on it",
  );
});
