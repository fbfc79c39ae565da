import { spawn } from "node:child_process";
import { once } from "node:events";
import { processesWith } from "../../harness/processes.ts";
import { within } from "../../harness/wait.ts";

test("finds what was started with a variable, also by others, until it ends", async () => {
  const variable = `FLOTILLA_TEST=${process.pid}-${Date.now()}`;
  const [name = "", value] = variable.split("=");
  const script = "sleep 30 & echo $!; wait";
  const child = spawn("sh", ["-c", script], { env: { ...process.env, [name]: value }, detached: true });
  const [text] = await once(child.stdout, "data");
  const both = [child.pid, Number(text)].toSorted();
  // A process that is just being started has no environment for an instant.
  await within(5, "both are found", () => expect(processesWith(variable).toSorted()).toStrictEqual(both));
  process.kill(-(child.pid ?? 0), "SIGKILL");
  await once(child, "exit");
  // The other one ends a moment later.
  await within(5, "both are gone", () => expect(processesWith(variable)).toStrictEqual([]));
  expect(processesWith(`${variable}0`)).toStrictEqual([]);
});
