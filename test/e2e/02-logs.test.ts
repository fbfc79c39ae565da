import { type Container, docker, ids } from "../../harness/docker.ts";
import { Fleet, type Service } from "../../harness/fleet.ts";
import { within } from "../../harness/wait.ts";
import { losingNothing } from "./load.ts";

/** MiB that the services here may log. */
const limit = 8;
/** Longer than two rounds of the keeper's take. */
const soon = 40;

const worker = (logs = { maxSize: `${limit}m` }): Service => ({
  image: "debian:trixie-slim",
  replicas: 1,
  command: ["sleep", "infinity"],
  stopGrace: 0,
  rollout: { settle: 0 },
  logs,
});

/** What a service that is up to no good does to its log folder, where its keeper has others' folders beside it. */
const tricks = `
  cd /var/log/flotilla
  fill() { head -c "$1" /dev/zero | tr '\\0' x >"$2"; }
  ln -s /logs/victim/app.log absolute; ln -s ../victim/app.log relative; ln -s /logs/victim folder
  ln -s /usr/local/bin/log-keeper program; ln -s /proc/self/mem memory
  mkfifo pipe; mknod zeros c 1 5
  fill 3M "two names"; ln "two names" "another name"
  fill 1M "a
newline"; fill 1M -delete; fill 1M '$(touch ran)'; fill 1M "$(printf '%0255d' 0)"; fill 1M "; rm -rf x"
  cp /bin/sleep running; fill 2M end; cat end >>running; chmod +x running; setsid ./running 600 >&- 2>&- <&- &
  mkdir -m 000 closed; fill 1M closed/file; chmod 000 closed/file
  mkdir many; perl -e 'for (1..5000) { open F, ">many/$_"; print F "x" x 1000 }'
  perl -e 'for (1..3000) { mkdir "deep"; chdir "deep" } open F, ">file"; print F "x" x 2e6'
  truncate -s 4G length; touch blocks; fallocate -n -l 6M blocks 2>/dev/null
  true`;

/** Goes on until it is killed: what has just been a folder or a file of its own is a link to what is the victim's. */
const swaps = `
  open F, ">/tmp/swaps"; print F $$; close F; chdir "/var/log/flotilla"; mkdir "swapped";
  while (1) {
    for my $name ("swapped", "swapped/app.log", "app.log") {
      if ($name ne "swapped" && -s $name < 1e6) { open F, ">>$name"; print F "x" x 3e6; close F }
      my $target = $name eq "swapped" ? "/logs/victim" : "/logs/victim/app.log";
      for (1..50) {
        rename $name, "aside"; symlink $target, $name; unlink $name; rename "aside", $name;
      }
    }
  }`;

describe("logs of services are bounded", () => {
  const fleet = Fleet.first();
  beforeAll(() =>
    fleet.toStart(({ services }) => {
      services.attacker = worker();
      services.victim = worker();
      services.writer = worker();
    }),
  );

  const one = async (service: string) => (await fleet.servers(service))[0] as Container;
  const shell = async (service: string, script: string, ...flags: string[]) =>
    (await docker("exec", ...flags, (await one(service)).Id, "sh", "-c", script)).trim();
  const keeper = () => fleet.the("keeper");
  /** MiB that a service's folder takes up. */
  const size = async (service: string) => {
    const { Id } = await keeper();
    const script = `du --summarize --block-size=1K /logs/${service} 2>/dev/null; true`;
    // It gives up where a folder that it is in is moved.
    const kibibytes = await within(30, "its size is told", async () => {
      const told = await docker("exec", Id, "sh", "-c", script);
      expect(told).toMatch(/^\d/);
      return told;
    });
    return Number.parseInt(kibibytes, 10) / 1024;
  };
  const isWithin = async (service: string) => {
    const now = await size(service);
    if (now > limit) throw new Error(`${service} has ${now} MiB`);
  };
  /** All that could be changed in a folder. */
  const contents = (service: string) =>
    shell(
      service,
      "cd /var/log/flotilla && find . -printf '%p %y %m %U %s %n %C@ %T@\\n' | sort && sha256sum app.log",
    );

  test("the keeper has the log folders, each for everybody to write, and no way out", async () => {
    const { Id } = await keeper();
    expect((await docker("exec", Id, "stat", "--format=%a", "/logs/victim")).trim()).toBe("1777");
    expect((await docker("exec", Id, "ls", "/logs")).trim().split("\n")).toEqual([
      "attacker",
      "victim",
      "web",
      "writer",
    ]);
    expect((await docker("exec", Id, "ls", "/sys/class/net")).trim()).toBe("lo");
  });

  test("a service that writes three times as much keeps its newest lines, and writes on to the same file", async () => {
    const lines = Math.round((3 * limit * 2 ** 20) / 100);
    // As its own user, which is not root, and whose files are nobody else's.
    const script = `umask 077; exec >>/var/log/flotilla/app.log
      perl -e '$| = 1; for (1..${lines}) { printf "%-98d|\\n", $_; select undef, undef, undef, 0.05 unless $_ % 2000 }'
      for i in $(seq 1000); do sleep 0.1; echo "tick $i"; done`;
    await shell("writer", script, "--user=1234", "--detach");
    await within(120, "it has written all", async () => {
      expect(await shell("writer", "tail -n 1 /var/log/flotilla/app.log")).toMatch(/^tick/);
    });
    await within(soon, "it is within the limit", () => isWithin("writer"));
    const kept = (await shell("writer", "cat /var/log/flotilla/app.log")).split("\n");
    const numbers = kept.filter((line) => line.endsWith("|")).map((line) => Number.parseInt(line, 10));
    // The first line is what is left of one.
    const whole = numbers.slice(1);
    expect(whole.at(-1)).toBe(lines);
    expect(whole).toEqual(whole.toSorted((a, b) => a - b));
    expect(whole.length).toBeGreaterThan(10_000);
    expect(await shell("writer", "stat --format='%a %u' /var/log/flotilla/app.log")).toBe("600 1234");
    const tick = await shell("writer", "tail -n 1 /var/log/flotilla/app.log");
    await within(10, "it writes on", async () => {
      expect(await shell("writer", "tail -n 1 /var/log/flotilla/app.log")).not.toBe(tick);
    });
  });

  test("whatever a service does to its folder, it stays within its limit, and others' are not touched", async () => {
    await shell(
      "victim",
      "for i in $(seq 60000); do echo a line of the log $i; done >/var/log/flotilla/app.log",
    );
    const before = await contents("victim");
    await shell("attacker", tricks);
    expect(await size("attacker")).toBeGreaterThan(limit);
    await shell("attacker", `exec perl -e '${swaps}'`, "--detach");
    await within(120, "it is within the limit", () => isWithin("attacker"));
    // Again and again, so that links are met on the way.
    for (let i = 0; i < 3; i++) {
      await shell("attacker", `head -c ${limit}M /dev/urandom >/var/log/flotilla/more-${i}`);
      await within(soon, "it is within the limit again", () => isWithin("attacker"));
    }
    await shell("attacker", "kill $(cat /tmp/swaps)");
    expect(await contents("victim")).toBe(before);
    expect(await shell("attacker", "ls -A /var/log/flotilla")).not.toMatch(/^ran$/m);
    expect((await keeper()).RestartCount).toBe(0);
  });

  test("who stalls his own folder's care stalls nobody else's", async () => {
    const names = `perl -e 'chdir "/var/log/flotilla"; for (1..100000) { open F, ">", sprintf "%s-%d", "n" x 200, $_ }'`;
    await shell("attacker", names);
    await shell("writer", `head -c ${2 * limit}M /dev/zero >/var/log/flotilla/flood`);
    await within(soon, "the other one is within the limit", () => isWithin("writer"));
    await within(120, "so is this one", async () => {
      const count = await shell("attacker", "find /var/log/flotilla | wc -l");
      if (Number(count) > limit * 1024) throw new Error(`${count} files`);
    });
  });

  test("another limit is another keeper, and nobody else is touched", async () => {
    const others = async () => ids(await fleet.containers()).filter((id) => id !== before.Id);
    const before = await keeper();
    const untouched = await others();
    await losingNothing(fleet.url, () =>
      fleet.up(({ services }) => {
        services.writer = worker({ maxSize: "2m" });
      }),
    );
    const after = await keeper();
    expect(after.Id).not.toBe(before.Id);
    expect((await others()).filter((id) => id !== after.Id)).toEqual(untouched);
    await within(soon, "it is within the new limit", async () => {
      if ((await size("writer")) > 2) throw new Error("it is not");
    });
    await fleet.stack.run("preview", "--refresh", "--expect-no-changes");
  });

  test("a service that goes takes its log volume along", async () => {
    await fleet.up(({ services }) => {
      for (const service of ["attacker", "victim", "writer"]) delete services[service];
    });
    expect(await docker("volume", "ls", "--quiet", "--filter", `name=${fleet.name}--logs--`)).toBe(
      `${fleet.name}--logs--web\n`,
    );
    expect((await docker("exec", (await keeper()).Id, "ls", "/logs")).trim()).toBe("web");
  });
});
