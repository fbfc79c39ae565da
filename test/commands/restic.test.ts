import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { Restic } from "../../commands/support/backups/restic.ts";
import { programsOnPath, writeProgram } from "../support/programs-on-path.ts";

jest.setTimeout(60_000);
jest.spyOn(process.stderr, "write").mockReturnValue(true);

/** Writes down what it is called with, and then does what `does` says. */
const folder = programsOnPath({
  restic: 'printf "%s\\n" "$*" >>"$here/called"; env >"$here/env"\n. "$here/does"',
});
const does = (script: string) => writeProgram(folder(), "does", script);
const read = (file: string) => readFileSync(join(folder(), file), "utf8");
/** How it was called, each time, less what it always is. */
const calls = () =>
  read("called")
    .trim()
    .split("\n")
    .map((line) => line.replace("--no-cache --retry-lock 2m ", ""));

const repository = { location: "/target/dev/a", env: { RESTIC_PASSWORD: "hush-password" } };
let restic: Restic;
beforeEach(() => {
  does("exit 0");
  restic = new Restic(repository);
});
afterEach(() => restic.close());

const summary = '{"message_type":"summary","snapshot_id":"4f1d2c3b","total_bytes_processed":1536}';
const of = { host: "dev/a", part: "uploads" };

describe("what it is given", () => {
  test("has nothing of ours in its environment but where programs are", async () => {
    process.env.OURS = "hush-ours";
    try {
      await restic.run(["version"]);
    } finally {
      delete process.env.OURS;
    }
    // Bash's own.
    const own = /^(PWD|SHLVL|_|OLDPWD)=/;
    const env = read("env")
      .trim()
      .split("\n")
      .filter((line) => !own.test(line));
    expect(env.sort()).toStrictEqual(
      [
        `PATH=${process.env.PATH}`,
        "HOME=/root",
        "RESTIC_REPOSITORY=/target/dev/a",
        "RESTIC_PASSWORD=hush-password",
      ].sort(),
    );
  });

  test("has the cache that it may have", async () => {
    const cached = new Restic(repository, { cache: "/var/cache" });
    await cached.run(["version"]);
    await restic.run(["version"]);
    cached.close();
    expect(read("called")).toBe(
      "--cache-dir /var/cache --retry-lock 2m version\n--no-cache --retry-lock 2m version\n",
    );
  });

  test("has the key of SSH in a file of its own, which goes, and no secret in what anybody sees", async () => {
    const ssh = { key: "hush-key\n", knownHost: "backups.example.com ssh-ed25519 AAAA\n" };
    const remote = new Restic({ ...repository, ssh });
    await remote.run(["version"]);
    expect(read("called")).not.toContain("hush");
    const [, key = "", hosts = ""] =
      /sftp\.args=-i (\S+) -o UserKnownHostsFile=(\S+) -o StrictHostKeyChecking=yes -o BatchMode=yes /.exec(
        read("called"),
      ) ?? [];
    expect([readFileSync(key, "utf8"), readFileSync(hosts, "utf8")]).toStrictEqual([ssh.key, ssh.knownHost]);
    expect(statSync(key).mode & 0o777).toBe(0o600);
    remote.close();
    expect([existsSync(key), existsSync(hosts)]).toStrictEqual([false, false]);
  });
});

describe("what is wrong", () => {
  const json = '{"message_type":"exit_error","code":1,"message":"Fatal: no space left"}';
  const ofItem =
    '{"message_type":"error","error":{"message":"read /data/a: input/output error"},"item":"/data/a"}';
  test.each<[string, number, string, string]>([
    ["there is nothing", 10, "Fatal: repository does not exist", "there are no backups at the target yet"],
    ["it is locked", 11, "unable to create lock", "somebody else is at work on the backups: try again later"],
    [
      "it is another one's",
      12,
      "Fatal: wrong password",
      "the password is not that of the backups that are there (flotilla:backups.password)",
    ],
    ["it says so", 1, "Fatal: unable to open", "Fatal: unable to open"],
    ["it says so as JSON", 1, json, "Fatal: no space left"],
    [
      "it could not read all",
      3,
      `${ofItem}\n${json}`,
      "read /data/a: input/output error; Fatal: no space left",
    ],
    ["it says what is no JSON after all", 1, "{ nothing", "{ nothing"],
    ["it says much", 1, "one\ntwo\n\nthree\nfour", "two; three; four"],
    [
      "it says what is none of it",
      1,
      "repository 4f1d opened (version 2)\nusing parent snapshot 4f1d\ncreated new cache in /c\nno",
      "no",
    ],
    ["it says nothing", 7, "", "restic ended with exit code 7"],
  ])("%s", async (_, code, said, message) => {
    does(`printf %s '${said}' >&2; exit ${code}`);
    await expect(restic.run(["check"])).rejects.toThrow(new Error(message));
  });

  test("it is not there", async () => {
    const { PATH } = process.env;
    process.env.PATH = "/nowhere";
    await expect(restic.run(["check"])).rejects.toThrow("ENOENT");
    process.env.PATH = PATH;
  });
});

describe("a repository", () => {
  test("that is there is left as it is", async () => {
    await restic.open({ isNew: true });
    await restic.open({ isNew: false });
    expect(calls()).toStrictEqual(["cat config", "cat config"]);
  });

  test("that never was is made", async () => {
    does('[[ $* == *"cat config" ]] && exit 10; exit 0');
    await restic.open({ isNew: true });
    expect(calls()).toStrictEqual(["cat config", "init"]);
  });

  test("that is gone is not made anew by itself", async () => {
    does("exit 10");
    await expect(restic.open({ isNew: false })).rejects.toThrow(/are gone from the target.*--begin-anew$/);
    expect(calls()).toStrictEqual(["cat config"]);
  });

  test("of another password is not made anew either", async () => {
    does("exit 12");
    await expect(restic.open({ isNew: true })).rejects.toThrow("the password is not that");
    expect(calls()).toStrictEqual(["cat config"]);
  });
});

describe("backups that there are", () => {
  test("are told of by what they are of, the oldest first", async () => {
    const snapshot = (id: string, time: string, tags: string[], size?: number) => ({
      ...{ id, time, tags, hostname: "dev/a" },
      ...(size !== undefined && { summary: { total_bytes_processed: size } }),
    });
    const all = [
      snapshot("b", "2026-11-30T04:00:00.123456789+01:00", ["uploads"], 2),
      snapshot("a", "2026-11-29T03:00:00Z", ["uploads"]),
      snapshot("c", "2026-11-30T03:00:00Z", ["posts"], 3),
    ];
    does(`echo '${JSON.stringify(all)}'`);
    expect(Object.fromEntries(await restic.snapshots("dev/a"))).toStrictEqual({
      posts: [{ id: "c", time: "2026-11-30T03:00:00.000Z", size: 3 }],
      uploads: [
        { id: "a", time: "2026-11-29T03:00:00.000Z", size: 0 },
        { id: "b", time: "2026-11-30T03:00:00.123Z", size: 2 },
      ],
    });
    expect(calls()).toStrictEqual(["snapshots --json --no-lock --host dev/a"]);
  });

  test.each(["null", "[]", ""])("are none: %p", async (printed) => {
    does(`printf %s '${printed}'`);
    expect((await restic.snapshots("dev/a")).size).toBe(0);
  });

  test("hold what comes", async () => {
    does("printf 'what there was'");
    const { output, ended } = restic.dump("4f1d", "/posts.dump");
    expect(await text(output)).toBe("what there was");
    await ended;
    expect(calls()).toStrictEqual(["dump --no-lock 4f1d /posts.dump"]);
  });

  test("can't be read", async () => {
    does("printf half; echo 'Fatal: pack is damaged' >&2; exit 1");
    const { output, ended } = restic.dump("4f1d", "/posts.dump");
    const all = Promise.all([text(output), ended]);
    await expect(all).rejects.toThrow(new Error("Fatal: pack is damaged"));
  });
});

describe("backing up", () => {
  test("a folder", async () => {
    does(`echo '{"message_type":"status","percent_done":0.5}'; echo '${summary}'`);
    expect(await restic.backup({ folder: "/data/uploads" }, of)).toMatchObject({
      id: "4f1d2c3b",
      size: 1536,
    });
    expect(calls()).toStrictEqual([
      "backup --json --host dev/a --tag uploads --group-by host,tags /data/uploads",
    ]);
  });

  test("what was not read whole is taken back", async () => {
    does(
      `[[ $* == *forget* ]] && exit 0; echo '${summary}'; echo 'could not read /data/uploads/a' >&2; exit 3`,
    );
    await expect(restic.backup({ folder: "/data/uploads" }, of)).rejects.toThrow(
      new Error("could not read /data/uploads/a"),
    );
    expect(calls().at(-1)).toBe("forget 4f1d2c3b");
  });

  const error = (message: string) => JSON.stringify({ message_type: "error", error: { message } });

  test("what was deleted while it was read is not missed", async () => {
    const vanished = error("lstat /data/uploads/a: no such file or directory");
    does(`echo '${summary}'; echo '${vanished}' >&2; exit 3`);
    expect(await restic.backup({ folder: "/data/uploads" }, of)).toMatchObject({ id: "4f1d2c3b" });
    does(
      `echo '${summary}'; printf '%s\\n' '${vanished}' '${error("read /data/b: input/output error")}' >&2; exit 3`,
    );
    await expect(restic.backup({ folder: "/data/uploads" }, of)).rejects.toThrow("input/output error");
  });

  test("without a word of what was made is none", async () => {
    await expect(restic.backup({ folder: "/data/uploads" }, of)).rejects.toThrow(
      "restic ended with exit code 0",
    );
  });

  // As restic does, which keeps nothing of what has not come to its end.
  const reads = `while IFS= read -r line; do echo "$line" >>"$here/fed"; done; echo >"$here/kept"; echo '${summary}'`;

  test("what is fed", async () => {
    does(reads);
    const made = await restic.backup(
      {
        file: "/posts.dump",
        feed: async (input) => {
          input.write("one\n");
          input.end("two\n");
        },
      },
      of,
    );
    expect([made.id, read("fed")]).toStrictEqual(["4f1d2c3b", "one\ntwo\n"]);
    expect(calls()[0]).toMatch(/ --stdin --stdin-filename \/posts\.dump$/);
  });

  test("what fails while it is fed is not kept, and said why", async () => {
    does(reads);
    const feed = async (input: NodeJS.WritableStream) => {
      input.write("one\n");
      while (!existsSync(join(folder(), "fed"))) await sleep(20);
      throw new Error("the dump ended too early");
    };
    await expect(restic.backup({ file: "/posts.dump", feed }, of)).rejects.toThrow(
      new Error("the dump ended too early"),
    );
    expect([existsSync(join(folder(), "fed")), existsSync(join(folder(), "kept"))]).toStrictEqual([
      true,
      false,
    ]);
  });

  test("that it takes no more is said in its own words", async () => {
    does("read -r line; echo 'Fatal: no space left' >&2; exit 1");
    const feed = async (input: NodeJS.WritableStream) => {
      for (;;) {
        await new Promise<void>((resolve, reject) => {
          input.write("one\n".repeat(10_000), (error) => (error ? reject(error) : resolve()));
        });
      }
    };
    await expect(restic.backup({ file: "/posts.dump", feed }, of)).rejects.toThrow(
      new Error("Fatal: no space left"),
    );
  });
});

test("messages come one by one, and what is no message is left out", async () => {
  does(`printf '{"message_type":"a"}\\nno message\\n{"broken_packs"'; sleep 0.1; printf ':["p"]}\\n'`);
  const messages: object[] = [];
  await restic.run(["check", "--json"], { onMessage: (message) => messages.push(message) });
  expect(messages).toStrictEqual([{ message_type: "a" }, { broken_packs: ["p"] }]);
});
