import fs from "node:fs";
import { parse } from "yaml";

const text = fs.readFileSync(".github/workflows/ci.yml", "utf8");

test("actions are pinned to a commit, whose version stands beside it", () => {
  const uses = [...text.matchAll(/uses: (.*)/g)].map(([, action = ""]) => action);
  const pinned = /^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/;
  expect(uses.filter((action) => !pinned.test(action))).toStrictEqual([]);
  expect(uses.length).toBeGreaterThan(3);
});

test("no preview waits in a group with an up, or ends one", () => {
  const { preview, up } = parse(text, { merge: true }).jobs;
  expect(up.concurrency).toStrictEqual({
    group: expect.stringMatching(/^pulumi-\$\{\{ vars.FLOTILLA_STACK \}\}$/),
    "cancel-in-progress": false,
  });
  expect(preview.concurrency.group).not.toBe(up.concurrency.group);
  expect(preview.concurrency.group).toMatch(/\{ github.ref \}/);
});
