import { randomBytes } from "node:crypto";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { crc32, deflateSync } from "node:zlib";
import { docker, ids } from "../../harness/docker.ts";
import { Fleet, whoAnswers } from "../../harness/fleet.ts";
import { get } from "../../harness/http.ts";
import { pagesOnly, unhurried } from "../../harness/load/plan.ts";
import { underLoad } from "../../harness/load/under-load.ts";
import { runInfo } from "../../harness/run-info.ts";
import { say } from "../../harness/say.ts";
import { within } from "../../harness/wait.ts";

const password = randomBytes(12).toString("base64url");

/** What a browser does on a blog, as far as it is needed. */
class Author {
  readonly #url: string;
  #cookies = "wordpress_test_cookie=WP%20Cookie%20check";
  #nonce = "";

  constructor(url: string) {
    this.#url = url;
  }

  async #send(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = { ...init.headers, Cookie: this.#cookies };
    return fetch(new URL(path, this.#url), { ...init, headers, redirect: "manual" });
  }

  async install(): Promise<string> {
    const form = {
      weblog_title: "A blog",
      user_name: "author",
      admin_password: password,
      admin_password2: password,
      pw_weak: "on",
      admin_email: "author@example.com",
    };
    const body = new URLSearchParams(form);
    return (await this.#send("wp-admin/install.php?step=2", { method: "POST", body })).text();
  }

  async logIn(): Promise<void> {
    const body = new URLSearchParams({ log: "author", pwd: password, testcookie: "1" });
    const { headers } = await this.#send("wp-login.php", { method: "POST", body });
    this.#cookies = headers
      .getSetCookie()
      .map((cookie) => cookie.split(";")[0])
      .join("; ");
    this.#nonce = await (await this.#send("wp-admin/admin-ajax.php?action=rest-nonce")).text();
  }

  /** Makes a thing of a kind, by the blog's API; gives where it is. */
  async make(kind: string, body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string>) {
    const about = { ...headers, "X-WP-Nonce": this.#nonce };
    const answer = await this.#send(`?rest_route=/wp/v2/${kind}`, { method: "POST", body, headers: about });
    if (answer.status !== 201) throw new Error(`${answer.status}: ${await answer.text()}`);
    return (await answer.json()) as { link: string; source_url: string };
  }
}

/** A row of the sky's pixels. */
const ofSky = (side: number, y: number) =>
  Buffer.from(Array.from({ length: side }, (_, x) => [x, y, 160]).flat());

/** A picture of so many pixels a side, in PNG's form. */
function picture(side: number, row = ofSky): Uint8Array<ArrayBuffer> {
  const rows = Array.from({ length: side }, (_, y) => [Buffer.from([0]), row(side, y)]);
  const pixels = Buffer.concat(rows.flat());
  const size = Buffer.alloc(13);
  size.writeUInt32BE(side, 0);
  size.writeUInt32BE(side, 4);
  size.set([8, 2], 8);
  const chunks = { IHDR: size, IDAT: deflateSync(pixels), IEND: Buffer.alloc(0) };
  const parts = Object.entries(chunks).map(([name, data]) => {
    const named = Buffer.concat([Buffer.from(name), data]);
    const numbers = Buffer.alloc(8);
    numbers.writeUInt32BE(data.length, 0);
    numbers.writeUInt32BE(crc32(named), 4);
    return Buffer.concat([numbers.subarray(0, 4), named, numbers.subarray(4)]);
  });
  return Uint8Array.from(Buffer.concat([Buffer.from("\x89PNG\r\n\x1a\n", "latin1"), ...parts]));
}

describe("the example wordpress", () => {
  const fleet = Fleet.ofExample("wordpress");
  let author: Author;
  const target = join(runInfo().folder, "target-of-wordpress");
  const sky = picture(255);
  let post = "";
  let upload = "";

  beforeAll(async () => {
    await fleet.create();
    mkdirSync(target);
    fleet.configure(({ backups }) => Object.assign(backups?.target ?? {}, { folder: target }));
    await fleet.stack.setSecret("backups.password", randomBytes(24).toString("base64url"));
    for (const service of ["wordpress.secrets.DB_PASSWORD", "mariadb.secrets.PASSWORD"])
      await fleet.stack.setSecret(`services.${service}`, password);
    await fleet.stack.setSecret("services.wordpress.secrets.SECRET", randomBytes(24).toString("base64url"));
    await fleet.up();
    author = new Author(fleet.url);
  });
  afterAll(() => fleet.stack.run("destroy"));

  const json = { "Content-Type": "application/json" };
  /** When that is due which is written for later: WordPress publishes at once what is due within a minute. */
  let due = 0;

  const serves = async () => {
    expect((await get(post)).body).toContain("What the author wrote.");
    const answer = await fetch(upload);
    expect(answer.status).toBe(200);
    expect(new Uint8Array(await answer.arrayBuffer())).toEqual(sky);
  };
  /** What readers of the first page see of it. */
  const underReaders = async (work: () => Promise<unknown>) => {
    const { samples } = await underLoad(unhurried(pagesOnly(fleet.url)), work);
    const { count, max } = samples.latency(0, Number.POSITIVE_INFINITY);
    const longest = (max / 1000).toFixed(1);
    say(`  readers: ${count} answered, the slowest after ${longest} s; ${samples.failures.length} failed`);
    expect(count).toBeGreaterThan(20);
    return samples;
  };
  /** Has a service's copies replaced. */
  const roll = (name: string) =>
    fleet.up(({ services }) => Object.assign(services[name]?.env ?? {}, { RELEASE: "2" }));

  test("is installed by its own page, and takes a post with a picture", async () => {
    expect(await author.install()).toContain("Success!");
    await author.logIn();
    ({ source_url: upload } = await author.make("media", sky, {
      "Content-Type": "image/png",
      "Content-Disposition": 'attachment; filename="sky.png"',
    }));
    const content = `<p>What the author wrote.</p><img src="${upload}" alt="">`;
    ({ link: post } = await author.make(
      "posts",
      JSON.stringify({ title: "The first post", content, status: "publish" }),
      json,
    ));
    due = Date.now() + 65_000;
    const date_gmt = new Date(due).toISOString().slice(0, 19);
    await author.make(
      "posts",
      JSON.stringify({ title: "Written for later", status: "future", date_gmt }),
      json,
    );
    await serves();
    expect(Object.keys(await whoAnswers(fleet.url))).toHaveLength(2);
    await fleet.stack.run("preview", "--expect-no-changes");
  });

  test("comes back with its data when every container was removed by hand", async () => {
    const before = ids(await fleet.containers());
    await docker("rm", "--force", ...before);
    await fleet.stack.run("up", "--refresh");
    expect(ids(await fleet.containers()).filter((id) => before.includes(id))).toEqual([]);
    await serves();
    // Who had logged in still has.
    await author.make("posts", JSON.stringify({ title: "Again", status: "publish" }), {
      "Content-Type": "application/json",
    });
  });

  test("rolls under load, and no reader sees it", async () => {
    const before = ids(await fleet.servers("wordpress"));
    const { failures } = await underReaders(() => roll("wordpress"));
    expect(ids(await fleet.servers("wordpress")).filter((id) => before.includes(id))).toEqual([]);
    expect(failures).toEqual([]);
    await serves();
  });

  test("has readers wait while its database is replaced", async () => {
    const before = ids(await fleet.servers("mariadb"));
    const { failures } = await underReaders(() => roll("mariadb"));
    const after = ids(await fleet.servers("mariadb"));
    expect(after).toHaveLength(1);
    expect(after).not.toEqual(before);
    expect(failures).toEqual([]);
    await serves();
  });

  test("is back by itself when its database is killed", async () => {
    const [victim] = await fleet.servers("mariadb");
    await underReaders(async () => {
      process.kill(victim?.State.Pid ?? 0, "SIGKILL");
      await within(30, "the database is back", async () => {
        const [now] = await fleet.servers("mariadb");
        expect(now?.RestartCount).toBeGreaterThan(victim?.RestartCount ?? 0);
        await serves();
      });
    });
  });

  const operate = async (program: string, ...args: string[]) => {
    const { code, output } = await fleet.stack.operate(program, ...args);
    expect({ code, output }).toMatchObject({ code: 0 });
    return output;
  };
  const write = (title: string) => author.make("posts", JSON.stringify({ title, status: "publish" }), json);
  /** Titles of all that was published, as readers are given them, in their order. */
  const titles = async () => {
    const pages = [1, 2, 3].map((page) =>
      get(`${fleet.url}?rest_route=/wp/v2/posts&per_page=100&orderby=id&order=asc&page=${page}`),
    );
    const answers = (await Promise.all(pages)).filter(({ status }) => status === 200);
    return answers.flatMap(({ body }) =>
      (JSON.parse(body) as { title: { rendered: string } }[]).map(({ title }) => title.rendered),
    );
  };
  const posts = Array.from({ length: 200 }, (_, index) => `Post ${index + 1}`);
  const noise = picture(2600, (side) => randomBytes(3 * side));
  let large = "";
  let backedUp: string[] = [];

  test("publishes what was written for later by its job, and not by a request", async () => {
    await sleep(Math.max(0, due - Date.now()) + 2000);
    for (let i = 0; i < 10; i++) await get(fleet.url);
    expect(await titles()).not.toContain("Written for later");
    await operate("jobs", "run", "cron");
    expect(await titles()).toContain("Written for later");
    expect(await operate("jobs")).toMatch(/cron +local/);
  });

  test("is backed up with 200 posts and a picture of 20 MB, and that is restored to see whether it works", async () => {
    for (const some of [0, 1, 2, 3].map((part) => posts.filter((_, index) => index % 4 === part)))
      for (const title of some) await write(title);
    const { source_url } = await author.make("media", noise, {
      "Content-Type": "image/png",
      "Content-Disposition": 'attachment; filename="noise.png"',
    });
    // It shows a smaller one, and keeps the original.
    large = source_url.replace("-scaled", "");
    expect(noise.length).toBeGreaterThan(20_000_000);
    backedUp = await titles();
    expect(backedUp).toEqual(expect.arrayContaining(posts));
    say(`  ${(await operate("backup")).trim().replaceAll("\n", "\n  ")}`);
    await operate("backup", "--verify");
    expect(await operate("backups", "--check")).toContain("all well");
    await write("Too late");
    expect(await titles()).toHaveLength(backedUp.length + 1);
  });

  /** That the blog has what the backup held, to the byte, and nothing else. */
  const isAsBackedUp = async () => {
    expect(await titles()).toEqual(backedUp);
    const answer = await fetch(large);
    expect(answer.status).toBe(200);
    expect(Buffer.from(await answer.arrayBuffer()).equals(noise)).toBe(true);
    await serves();
  };

  test("loses the volumes of its database and its uploads, and has again what the backup held", async () => {
    await docker("rm", "--force", ...ids(await fleet.containers()));
    await docker("volume", "rm", `${fleet.name}--mariadb_data`, `${fleet.name}--wordpress_uploads`);
    await fleet.stack.run("up", "--refresh");
    expect((await fetch(large)).status).not.toBe(200);
    await operate("restore", "posts", "--in-place", "--yes");
    await operate("restore", "uploads", "--in-place", "--yes");
    await isAsBackedUp();
    await fleet.stack.run("preview", "--expect-no-changes");
  });

  test("is restored in place under readers, who wait, and once more into a volume beside", async () => {
    await write("Too late again");
    const { failures } = await underReaders(async () => {
      const output = await operate("restore", "posts", "--in-place", "--yes");
      say(`  ${/mariadb: out for .*/.exec(output)?.[0]}`);
    });
    expect(failures).toEqual([]);
    await isAsBackedUp();
    const output = await operate("restore", "uploads");
    const volume = /the volume (\S+)/.exec(output)?.[1] ?? "";
    const size = await docker(
      ...["run", "--rm", "--volume", `${volume}:/v:ro`, "debian:trixie-slim"],
      ...["find", "/v", "-name", "noise.png", "-size", `${noise.length}c`],
    );
    expect(size.trim()).toMatch(/noise\.png$/);
    await isAsBackedUp();
  });
});
