import { type FakeHosts, runCommand } from "../support/fake-docker.ts";

test("ends all runs of the host, and takes them away", async () => {
  const asked: string[] = [];
  const host: FakeHosts = {
    docker(endpoint, args) {
      asked.push(`${endpoint} ${args.join(" ")}`);
      return { out: args[0] === "ps" ? "test--jobs--a--h--1-1\ntest--jobs--b--h--4-2\n" : "" };
    },
    consul: () => ({ status: 500 }),
  };
  const args = { stack: "test", docker: "tcp://h:1", host: "h" };
  expect(await runCommand(host, "end-runs", args)).toStrictEqual({
    code: 0,
    said: "jobs: test--jobs--a--h--1-1 was under way, and is ended\njobs: test--jobs--b--h--4-2 was under way, and is ended\n",
  });
  const [list, ...rest] = asked;
  expect(list).toMatch(
    / ps --all .*label=flotilla\.host=h .*label=flotilla\.role=run .*label=flotilla\.stack=test$/,
  );
  expect(rest).toStrictEqual([
    "tcp://h:1 stop -t 10 test--jobs--a--h--1-1 test--jobs--b--h--4-2",
    "tcp://h:1 rm --force --volumes test--jobs--a--h--1-1 test--jobs--b--h--4-2",
  ]);
});
