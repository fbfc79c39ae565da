import { docker } from "../../harness/docker.ts";
import { Fleet } from "../../harness/fleet.ts";
import { within } from "../../harness/wait.ts";
import { changeKey } from "../../lib/consul-keys.ts";
import { routesBackend } from "../../lib/haproxy.ts";
import { attempt } from "../../runtime/program.ts";

const routes = "flotilla/routes";

describe("a balancer", () => {
  const fleet = Fleet.first();
  beforeAll(() => fleet.toStart());

  const inside = async (script: string) => {
    const [balancer] = await fleet.containers("balancer");
    return docker("exec", balancer?.Id ?? "", "sh", "-c", script);
  };
  /** What `pulumi up` would hear of it. */
  const follows = async (text: string) => {
    const [balancer] = await fleet.containers("balancer");
    const command = ["await-servers", "2", "up", routesBackend(text), "BACKEND"];
    return attempt("docker", ["exec", balancer?.Id ?? "", ...command]);
  };

  test("that could not take a configuration says why, keeps the old one, and takes it by itself", async () => {
    const consul = await fleet.consul();
    const text = await consul.value(routes);
    const next = `${text} `;
    await inside("mv /usr/sbin/haproxy /usr/sbin/haproxy.away");
    await consul.put(`/v1/kv/${routes}`, next);
    const { code, stdout } = await follows(next);
    await inside("mv /usr/sbin/haproxy.away /usr/sbin/haproxy");
    expect([code, stdout]).toEqual([
      1,
      expect.stringMatching(/^BACKEND absent\nHAProxy refuses .*haproxy: not found\n$/),
    ]);
    await within(10, "it follows by itself", async () => expect((await follows(next)).code).toBe(0));
    await consul.put(`/v1/kv/${routes}`, text);
    await within(10, "it is as before", async () => expect((await follows(text)).code).toBe(0));
  });

  test("that is told nothing any more keeps what it knows", async () => {
    const consul = await fleet.consul();
    const text = await consul.value(routes);
    await consul.ask("DELETE", `/v1/kv/${routes}`);
    await within(10, "it says so", async () => {
      expect((await follows("")).stdout).toContain(
        "keeps the last good configuration: this Consul does not know",
      );
    });
    expect((await follows(text)).code).toBe(0);
    await consul.put(`/v1/kv/${routes}`, text);
  });

  test("does not go back to an older state, as a Consul server shows while it reads its log", async () => {
    const consul = await fleet.consul();
    const announce = async () => consul.put(`/v1/kv/${changeKey}`, `${performance.now()}`);
    const state = async () =>
      Number(await inside("sed -n 's/^# state: \\([0-9]*\\) .*/\\1/p' /run/flotilla/haproxy.cfg"));
    const processes = () =>
      inside("echo show proc | socat - UNIX-CONNECT:/run/flotilla/master.sock | grep worker");
    // To be said until it is seen: whatever Consul tells of meanwhile is rendered over it.
    const older = (seconds: number) =>
      inside(
        "cd /run/flotilla && sed '/^  server /d; s/^# state: [0-9]*/# state: 7/' haproxy.cfg >older &&" +
          ` touch -d '${seconds} seconds ago' older && mv older haproxy.cfg.rendered`,
      );
    const servers = () => inside("grep -c '^  server ' /run/flotilla/haproxy.cfg; true");
    const complaint = () => inside("cat /run/flotilla/complaint 2>/dev/null; true");
    const before = await state();
    const all = await servers();
    await announce();
    await within(10, "it takes note of the change", async () =>
      expect(await state()).toBeGreaterThan(before),
    );
    const serving = await processes();
    await within(10, "it says so", async () => {
      await older(0);
      expect(await complaint()).toMatch(
        /^keeps the last good configuration: Consul answers by an older state \(7 of .*\)$/m,
      );
    });
    expect(await servers()).toBe(all);
    await announce();
    await within(10, "it goes on", async () =>
      expect(await inside("cat /run/flotilla/complaint; true")).toBe(""),
    );
    // None of this was HAProxy's business, which a worker's age and number show.
    expect((await processes()).split(/\s+/)[0]).toBe(serving.split(/\s+/)[0]);
    // What stays so is the truth: somebody has put Consul back.
    await within(10, "it follows", async () => {
      await older(120);
      expect((await servers()).trim()).toBe("0");
    });
    await announce();
    await within(10, "it is as before", async () => expect(await servers()).toBe(all));
  });

  test("keeps its log within bounds, whatever ends its keeper", async () => {
    const log = "/var/log/flotilla/balancer-local-1.log";
    await inside(`head -c 10000001 /dev/zero | tr '\\0' x >>${log}; echo >>${log}`);
    await inside(
      "for p in /proc/[0-9]*; do grep -qs '^mawk\\|^socat' $p/comm && kill -9 $(basename $p); done; true",
    );
    await within(10, "it writes, and begins a new file", async () => {
      await inside("echo still here | socat - UNIX-SENDTO:/run/flotilla/log.sock");
      expect(Number(await inside(`cat ${log} 2>/dev/null | wc -c`))).toBeLessThan(1_000_000);
    });
    expect(await inside(`grep -c 'still here' ${log}.1`)).toMatch(/^[1-9]/);
  });
});
