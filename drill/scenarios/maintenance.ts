import { get } from "../../harness/http.ts";
import type { Scenario } from "../scenario.ts";
import type { Stage } from "../stage.ts";

/** What the shared port and each balancer's own one answer. */
async function answers({ fleet }: Stage): Promise<{ status: number; retryAfter: string | undefined }[]> {
  const own = Array.from({ length: fleet.size.balancers }, (_, index) => fleet.balancerUrl(index + 1));
  const all = await Promise.all([fleet.url, ...own].map((url) => get(url)));
  return all.map(({ status, headers }) => ({ status, retryAfter: headers["retry-after"] }));
}

export const maintenance: Scenario[] = [
  {
    name: "maintenance",
    title: "Maintenance, and its end",
    bar: "503 with Retry-After at every balancer at once, and nothing else; 0 failed from its end on",
    needs: "any stack",
    async play(stage) {
      const { stack, service } = stage.fleet;
      const from = stage.load.seconds;
      let back = Number.POSITIVE_INFINITY;
      stage.allow(
        "503 during maintenance",
        ({ status, servedBy, start, end }) => status === 503 && !servedBy && end >= from && start <= back,
      );
      const turn = async (...words: string[]) => {
        const { code, output } = await stage.act(`maintenance ${words[0]}`, () =>
          stack.operate("maintenance", ...words, "--service", service),
        );
        stage.expect(`maintenance ${words[0]} succeeds`, code === 0, output);
      };
      await turn("on", "--retry-after", "77");
      const closed = await answers(stage);
      const isClosed = closed.every(({ status, retryAfter }) => status === 503 && retryAfter === "77");
      stage.expect("every balancer answers 503 and says when to come again", isClosed, closed);
      await turn("off");
      back = stage.load.seconds;
      const open = await answers(stage);
      stage.expect(
        "every balancer answers again",
        open.every(({ status }) => status < 400),
        open,
      );
    },
  },
];
