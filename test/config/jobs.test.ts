import { faultsOf } from "../support/faults-of.ts";
import { settingsFrom } from "../support/settings-from.ts";

const web = { image: "nginx", port: 80 };
const job = { service: "web", command: ["x"], once: true };
const twoHosts = { a: { address: "10.0.0.1" }, b: { docker: "ssh://b", address: "10.0.0.2" } };
const trigger =
  "must have exactly one of schedule (times as cron has them), once (true) and before (a service)";
const source =
  "must have exactly one of service (whose image it runs), build (a folder with a Dockerfile) and image";

/** What a job is found to be at fault for, beside a service `web`. */
const faults = (of: object, others: Record<string, unknown> = {}) =>
  faultsOf({ services: { web }, jobs: { j: of }, ...others }).map((line) => line.replace("flotilla:", ""));

describe("a job is at fault", () => {
  const keys =
    "service, build, image, pin, command, entrypoint, workingDir, user, env, secrets, requires, volumes, readOnly, tmpfs, cpus, memory, schedule, timeZone, once, before, timeout, retries, overlap, catchUp, host";
  const times = 'must be times as cron has them, such as "30 3 * * *" or "@daily", that come one day';
  test.each<[string, object, string]>([
    ["with a port", { ...job, port: 80 }, `jobs.j.port: is no known key; allowed here: ${keys}`],
    ["without a trigger", { ...job, once: undefined }, `jobs.j: ${trigger}, got none of them`],
    ["with two", { ...job, schedule: "@daily" }, `jobs.j: ${trigger}, got schedule and once`],
    [
      "with all",
      { ...job, schedule: "@daily", before: "web" },
      `jobs.j: ${trigger}, got schedule, once and before`,
    ],
    [
      "with a minute 61",
      { image: "a", schedule: "61 * * * *" },
      `jobs.j.schedule: ${times}, got "61 * * * *"`,
    ],
    [
      "on a day that never comes",
      { image: "a", schedule: "0 0 30 2 *" },
      `jobs.j.schedule: ${times}, got "0 0 30 2 *"`,
    ],
    ["by seconds", { image: "a", schedule: "* * * * * *" }, `jobs.j.schedule: ${times}, got "* * * * * *"`],
    [
      "in a place without clocks",
      { image: "a", schedule: "@daily", timeZone: "Mars" },
      'jobs.j.timeZone: must be the name of a time zone, such as Europe/Berlin, got "Mars"',
    ],
    [
      "with a time zone and no times",
      { ...job, timeZone: "Europe/Berlin" },
      'jobs.j.timeZone: must stand beside schedule, since nothing else has times, got "Europe/Berlin"',
    ],
    [
      "with overlap and no times",
      { ...job, overlap: "allow" },
      'jobs.j.overlap: must stand beside schedule, since nothing else has times, got "allow"',
    ],
    [
      "with catchUp and no times",
      { ...job, catchUp: true },
      "jobs.j.catchUp: must stand beside schedule, since nothing else has times, got true",
    ],
    [
      "with an overlap of its own",
      { image: "a", schedule: "@daily", overlap: "wait" },
      'jobs.j.overlap: must be "skip", "replace" or "allow", got "wait"',
    ],
    ["without an image", { command: ["x"], once: true }, `jobs.j: ${source}, got none of them`],
    ["with two images", { ...job, image: "a" }, `jobs.j: ${source}, got service and image`],
    [
      "of a folder that is not there",
      { build: "./none", once: true },
      'jobs.j.build: must be a folder that exists, relative to the project, got "./none"',
    ],
    [
      "with a pin and no image",
      { ...job, pin: false },
      "jobs.j.pin: must stand beside image, since only that has a tag to look up, got false",
    ],
    [
      "of a service that is not there",
      { ...job, service: "w" },
      'jobs.j.service: must be one of the services (web), got "w"',
    ],
    [
      "that runs what the service runs",
      { service: "web", once: true },
      "jobs.j.command: must say what is to run beside service, which would run as a copy of it does, got nothing",
    ],
    [
      "before a service that is not there",
      { image: "a", before: "w" },
      'jobs.j.before: must be one of the services (web), got "w"',
    ],
    [
      "with no time",
      { ...job, timeout: 0 },
      "jobs.j.timeout: must be a whole number from 1 to 604800, got 0",
    ],
    [
      "with too many retries",
      { ...job, retries: 101 },
      "jobs.j.retries: must be a whole number from 0 to 100, got 101",
    ],
    [
      "on a host that is not there",
      { ...job, host: "b" },
      'jobs.j.host: must be one of the hosts (local), got "b"',
    ],
    [
      "with a secret in plain text",
      { ...job, secrets: { KEY: "1" } },
      "jobs.j.secrets.KEY: must be stored encrypted, got plain text: pulumi config set --secret --path 'flotilla:jobs.j.secrets.KEY'",
    ],
    [
      "with a volume of a service that is not there",
      { ...job, volumes: [{ name: "v", path: "/v", owner: "w" }] },
      'jobs.j.volumes[0].owner: must be one of the services (web), got "w"',
    ],
    [
      "with a volume that its owner has not",
      { ...job, volumes: [{ name: "v", path: "/v", owner: "web" }] },
      'jobs.j.volumes[0].owner: must be a service that has a volume v of its own (web has none), got "web"',
    ],
    [
      "with a file system where the kernel's is",
      { ...job, tmpfs: ["/proc"] },
      'jobs.j.tmpfs[0]: must not be a place where every container has something mounted already, got "/proc"',
    ],
    [
      "that requires what is not there",
      { ...job, requires: { db: { service: "db" } } },
      'jobs.j.requires.db.service: must be one of the services (web), got "db"',
    ],
    [
      "that requires what waits for it",
      { image: "a", before: "web", requires: { web: { service: "web" } } },
      'jobs.j.requires.web.service: must be a service that is there without web, which waits for this job, got "web"',
    ],
    [
      "with one variable told twice",
      { ...job, env: { A: "1" }, requires: { web: { service: "web", env: { A: "{{host}}" } } } },
      "jobs.j.requires.web.env.A: must not have the name of a variable in env as well",
    ],
  ])("%s", (_, of, fault) => {
    expect(faults(of)).toStrictEqual([fault]);
  });

  test("with the name of a service, or of an image of ours", () => {
    expect(faultsOf({ services: { web }, jobs: { web: { image: "a", once: true } } })).toStrictEqual([
      "flotilla:jobs.web: must not have the name of a service, by which images are named",
    ]);
    expect(faultsOf({ jobs: { front: { image: "a", once: true } } })[0]).toMatch(
      /^flotilla:jobs.front: must not be named/,
    );
    expect(faultsOf({ jobs: { A: { image: "a", once: true } } })[0]).toMatch(
      /^flotilla:jobs.A: must have a name of/,
    );
  });

  test("of a service whose volume is one copy's alone, or that borrows such a one", () => {
    const store = { image: "a", port: 81, publish: 81, rollout: { order: "stop-first" } };
    const own = { ...store, volumes: [{ name: "v", path: "/v", perReplica: true }] };
    const lone = { ...store, volumes: [{ name: "v", path: "/v", shared: false }] };
    const of = (store: object, more: object) =>
      faultsOf({ services: { web, store }, jobs: { j: { command: ["x"], once: true, ...more } } });
    expect(of(own, { service: "store" })).toStrictEqual([
      "flotilla:jobs.j.volumes: must be said ([] for none), since of store's volumes v is one copy's alone, got nothing",
    ]);
    expect(of(own, { service: "store", volumes: [] })).toStrictEqual([]);
    const volumes = [{ name: "v", path: "/v", owner: "store" }];
    expect(of(own, { image: "a", volumes })[0]).toMatch(
      /whose volume v is one for all its copies, got "store"$/,
    );
    expect(of(lone, { image: "a", volumes })[0]).toMatch(/that shares its volume v, got "store"$/);
  });

  test("on a host where its service is not, or with services that are nowhere together", () => {
    const services = {
      web: { ...web, hosts: ["a"] },
      store: { image: "b", port: 81, publish: 81, hosts: ["b"] },
    };
    const of = (j: object) => faultsOf({ hosts: twoHosts, services, jobs: { j } });
    expect(of({ ...job, host: "b" })).toStrictEqual([
      'flotilla:jobs.j.host: must be a host that service web runs on (a), got "b"',
    ]);
    expect(of({ service: "web", command: ["x"], before: "store" })).toStrictEqual([
      "flotilla:jobs.j: must have to do with services that have a host in common, which web and store have not",
    ]);
  });

  test("all at once", () => {
    expect(faults({ port: 1, image: "a", schedule: "x", timeout: -1, host: "z" }).length).toBeGreaterThan(3);
  });
});

describe("a job", () => {
  const jobOf = (jobs: object, services: object = { web }, more: object = {}) =>
    settingsFrom({ services, jobs, ...more }).jobs[0];

  test("is run as its service is, but for what it says itself", () => {
    const service = {
      ...web,
      user: "1000",
      command: ["serve"],
      memory: "64m",
      cpus: 0.5,
      readOnly: true,
      env: { A: "1", B: "2" },
      secrets: { S: "s", T: "t" },
      capabilities: { drop: ["ALL"] },
      volumes: [{ name: "v", path: "/v" }],
      requires: { db: { service: "db", env: { DB: "{{host}}" }, onChange: { signal: "SIGHUP" } } },
    };
    const db = { image: "b", port: 81, protocol: "tcp" };
    const own = { command: ["migrate"], before: "web", memory: "128m", env: { B: "3", T: "plain" } };
    expect(jobOf({ migrate: { service: "web", ...own } }, { web: service, db })).toMatchObject({
      name: "migrate",
      source: { kind: "service", service: "web" },
      trigger: { kind: "before", service: "web" },
      command: ["migrate"],
      user: "1000",
      memory: 128,
      cpus: "0.5",
      readOnly: true,
      env: { A: "1", B: "3", PORT: "80", T: "plain" },
      secrets: { S: "s" },
      capabilities: { add: [], drop: ["ALL"] },
      volumes: [{ name: "v", path: "/v", of: "web", readOnly: false }],
      requires: [{ key: "db", service: "db", env: { DB: "{{host}}" } }],
      timeout: 3600,
      retries: 0,
      hosts: ["local"],
      isPlaced: false,
    });
  });

  test("by itself is confined as a service is, and reads the volumes that it borrows", () => {
    const store = { image: "s", port: 81, volumes: [{ name: "data", path: "/data" }] };
    const volumes = [{ name: "data", path: "/in", owner: "store" }];
    const settings = jobOf({ report: { image: "r", schedule: "@daily", volumes } }, { store });
    expect(settings).toMatchObject({
      source: { kind: "image", image: "r", pin: true },
      trigger: { kind: "schedule", pattern: "@daily", timeZone: "UTC" },
      overlap: "skip",
      catchUp: false,
      noNewPrivileges: true,
      volumes: [{ name: "data", path: "/in", of: "store", owner: "store", readOnly: true }],
    });
    expect(settings?.requires).toStrictEqual([]);
  });

  test("with an entrypoint of its own leaves its service's command", () => {
    const service = { ...web, command: ["serve"] };
    expect(
      jobOf({ j: { service: "web", entrypoint: ["sh"], once: true } }, { web: service }),
    ).not.toHaveProperty("command");
  });

  test("is where it is told to be, or where its service runs and nothing is drained", () => {
    const hosts = { ...twoHosts, c: { docker: "ssh://c", address: "10.0.0.3", state: "drained" } };
    const of = (more: object, on?: string[]) =>
      jobOf({ j: { ...job, ...more } }, { web: { ...web, ...(on && { hosts: on }) } }, { hosts })?.hosts;
    expect(of({})).toStrictEqual(["a", "b"]);
    expect(of({ host: "b" })).toStrictEqual(["b"]);
    expect(of({}, ["b"])).toStrictEqual(["b"]);
    expect(() => of({ host: "c" })).toThrow("must be a host that is not drained");
  });

  test("has services stand for it alone, which need no route then", () => {
    const db = { image: "b", port: 81, protocol: "tcp" };
    const jobs = { j: { ...job, requires: { db: { service: "db" } } } };
    const { services } = settingsFrom({ services: { web, db }, jobs });
    expect(services.find(({ name }) => name === "db")).toMatchObject({ provides: 81 });
  });
});
