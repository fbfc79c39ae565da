import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { notYet, until, within } from "../../runtime/command.ts";
import { withDeadline } from "../../runtime/deadline.ts";

// Programs take their time to start on a busy machine.
jest.setTimeout(60_000);

const forever = () => new Promise<never>(() => {});

describe("within", () => {
  test("looks until it sees", async () => {
    let looks = 0;
    const look = async () => (++looks < 3 ? notYet() : looks);
    await expect(within(5, "never", look, 1)).resolves.toBe(3);
  });

  test("says what it complains of and the last reason", async () => {
    await expect(within(0, "no quorum", async () => notYet("1 of 3"))).rejects.toThrow(
      "no quorum after 0 s: 1 of 3",
    );
    await expect(within(0, "", async () => notYet("1 of 3"))).rejects.toThrow(/^1 of 3$/);
  });

  test("a look that hangs ends with what surrounds it", async () => {
    const look = withDeadline(0.2, () => within(60, "no quorum", forever));
    await expect(look).rejects.toThrow("no answer for 0.2 s");
  });

  test("a look that is cut short leaves the reason of the one before", async () => {
    let looks = 0;
    const look = async () => (++looks === 1 ? notYet("no leader") : withDeadline(60, forever));
    await expect(withDeadline(0.3, () => within(60, "no quorum", look, 1))).rejects.toThrow("no leader");
  });

  test("until is content with nothing", async () => {
    await expect(until(0, async () => undefined)).resolves.toBeUndefined();
    await expect(until(5, async () => "seen")).resolves.toBe("seen");
  });
});

describe("a command", () => {
  const modules = ["command", "deadline", "program"].map(
    (name) => `import * as ${name} from "${process.cwd()}/runtime/${name}.ts";`,
  );

  /** Starts a command with such a body, which has its arguments in `args`. */
  function start(body: string, limit = "60", args: unknown = {}): ChildProcess {
    const source = `${modules.join("\n")}\ncommand.main(async (args) => { ${body} }, ${limit});`;
    const child = spawn(process.execPath, ["--input-type=module", "--eval", source]);
    child.stdin.end(JSON.stringify(args));
    return child;
  }

  async function outcome(child: ChildProcess): Promise<{ code: number | null; said: string }> {
    const [said, [code]] = await Promise.all([text(child.stderr as never), once(child, "exit")]);
    return { code, said };
  }

  /** The first words that it says. */
  const words = async (child: ChildProcess) => String((await once(child.stderr as never, "data"))[0]);

  test.concurrent("is told its arguments", async () => {
    const child = start("command.say(args.greeting)", "60", { greeting: "hello" });
    expect(await outcome(child)).toStrictEqual({ code: 0, said: "hello\n" });
  });

  test.concurrent("ends with one message where it fails", async () => {
    const child = start('throw new command.CommandFailure("what to do")');
    expect(await outcome(child)).toStrictEqual({ code: 1, said: "what to do\n" });
  });

  test.concurrent("ends only once all that it said is read, however slowly", async () => {
    const child = start('throw new Error(Array(40).fill("z".repeat(3999)).join("\\n"))');
    await sleep(1500);
    expect((await outcome(child)).said).toHaveLength(160_000);
  });

  test.concurrent("ends with its time, and with what it has started", async () => {
    const child = start('await program.run("sleep", ["50"])', "0.5");
    const { code, said } = await outcome(child);
    expect({ code, said }).toStrictEqual({ code: 1, said: "sleep 50 ended with code 124:\n\n" });
  });

  test.concurrent("its time may come from its arguments", async () => {
    const child = start("await new Promise(() => setInterval(() => {}, 1000))", "(args) => args.seconds", {
      seconds: 0.5,
    });
    expect(await outcome(child)).toStrictEqual({ code: 1, said: "no answer for 0.5 s\n" });
  });

  const work = 'command.say("at work"); await program.run("sleep", ["50"])';

  test.concurrent.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ] as const)("ends soon at %s", async (signal, code) => {
    const child = start(work);
    await words(child);
    const asked = performance.now();
    child.kill(signal);
    expect(await outcome(child)).toStrictEqual({ code, said: `stopped: ${signal}\n` });
    expect(performance.now() - asked).toBeLessThan(5000);
  });

  test.concurrent("ends soon where nobody reads what it says", async () => {
    const child = start(
      'for (;;) { command.say("still at work"); await new Promise((f) => setTimeout(f, 50)); }',
    );
    await words(child);
    const gone = performance.now();
    child.stderr?.destroy();
    const [code] = await once(child, "exit");
    expect(code).toBe(1);
    expect(performance.now() - gone).toBeLessThan(5000);
  });

  test.concurrent.each(["plugin", "pulumi"] as const)("ends soon where its %s is gone", async (killed) => {
    const body = `${modules.join("\n")}command.main(async () => { ${work} });`;
    const plugin = 'echo {} | "$NODE" --input-type=module --eval "$BODY"; true';
    const pulumi = spawn("sh", ["-c", 'sh -c "$PLUGIN" & echo $!; wait'], {
      env: { ...process.env, NODE: process.execPath, BODY: body, PLUGIN: plugin },
    });
    const [pid] = await once(pulumi.stdout, "data");
    await words(pulumi);
    const gone = performance.now();
    process.kill(killed === "plugin" ? Number(pid) : (pulumi.pid ?? 0), "SIGKILL");
    // All that holds its end of the pipe.
    expect(await text(pulumi.stderr)).toBe("stopped: whoever started it is gone\n");
    expect(performance.now() - gone).toBeLessThan(5000);
  });
});
