import { randomBytes } from "node:crypto";
import { crc32, deflateSync } from "node:zlib";
import { docker, ids } from "../../harness/docker.ts";
import { Fleet, whoAnswers } from "../../harness/fleet.ts";
import { get } from "../../harness/http.ts";
import { pagesOnly, unhurried } from "../../harness/load/plan.ts";
import { underLoad } from "../../harness/load/under-load.ts";
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

/** A picture of so many pixels a side, in PNG's form. */
function picture(side: number): Uint8Array<ArrayBuffer> {
  const row = (y: number) => [0, ...Array.from({ length: side }, (_, x) => [x, y, 160]).flat()];
  const pixels = Buffer.from(Array.from({ length: side }, (_, y) => row(y)).flat());
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
  const sky = picture(255);
  let post = "";
  let upload = "";

  beforeAll(async () => {
    await fleet.create();
    for (const service of ["wordpress.secrets.DB_PASSWORD", "mariadb.secrets.PASSWORD"])
      await fleet.stack.setSecret(`services.${service}`, password);
    await fleet.stack.setSecret("services.wordpress.secrets.SECRET", randomBytes(24).toString("base64url"));
    await fleet.up();
    author = new Author(fleet.url);
  });
  afterAll(() => fleet.stack.run("destroy"));

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
      { "Content-Type": "application/json" },
    ));
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
});
