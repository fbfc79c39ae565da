import { find } from "../support/deploy.ts";
import { ofConfig } from "../support/program.ts";

const run = async (jobs: object) => (await ofConfig({ services: {}, jobs })).resources;
const jobs = {
  report: {
    image: "report:1",
    schedule: "30 3 * * *",
    timeZone: "Europe/Berlin",
    overlap: "replace",
    retries: 1,
  },
  seed: { image: "seed:1", once: true },
};

test("is told which jobs its host has, in a file, and has the engine's socket, a volume and no network", async () => {
  const { inputs, ...rest } = find(await run(jobs), "Container scheduler-local");
  expect(inputs).toMatchObject({
    name: "test--scheduler--local",
    image: "sha256:local--programs",
    command: ["commands/scheduler.ts", "/etc/flotilla/scheduler.json"],
    networkMode: "none",
    restart: "always",
    capabilities: { drops: ["ALL"] },
    volumes: [
      { hostPath: "/var/run/docker.sock", containerPath: "/var/run/docker.sock" },
      { volumeName: "test--jobs", containerPath: "/var/lib/flotilla-jobs" },
    ],
  });
  const [{ content }] = inputs.uploads as [{ content: string }];
  expect(JSON.parse(content)).toStrictEqual({
    stack: "test",
    host: "local",
    folder: "/var/lib/flotilla-jobs",
    jobs: [
      {
        name: "report",
        template: "test--jobs--report--local",
        timeout: 3600,
        retries: 1,
        overlap: "replace",
        catchUp: false,
        schedule: { pattern: "30 3 * * *", timeZone: "Europe/Berlin" },
      },
      {
        name: "seed",
        template: "test--jobs--seed--local",
        timeout: 3600,
        retries: 0,
        overlap: "skip",
        catchUp: false,
      },
    ],
  });
  expect(rest.deleteBeforeReplace).toBe(true);
});

test("goes before what ends all runs, and that before what runs are made of", async () => {
  const all = await run(jobs);
  const { takes, dependsOn } = find(all, "Container scheduler-local");
  expect(dependsOn).toEqual(
    expect.arrayContaining(["Command scheduler-local--runs", "Volume scheduler-local--records"]),
  );
  // Nothing of what is deleted before it is made anew.
  expect(Object.values(takes).flat()).toStrictEqual(["RemoteImage local--programs"]);
  const runs = find(all, "Command scheduler-local--runs");
  expect(runs.inputs).not.toHaveProperty("create");
  expect(runs.inputs).not.toHaveProperty("update");
  expect(runs.inputs.delete).toMatch(/end-runs\.ts$/);
  expect(runs.dependsOn).toEqual(
    expect.arrayContaining(["Container report--local", "Container seed--local"]),
  );
});

test("is not there without jobs", async () => {
  expect((await run({})).map(({ id }) => id)).not.toContain("Scheduler scheduler-local");
});
