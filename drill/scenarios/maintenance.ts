import { sleep } from "../../harness/wait.ts";
import type { Scenario } from "../scenario.ts";
import type { Stage } from "../stage.ts";

/** What every port answers, as far as maintenance shows in it. */
async function answers(stage: Stage): Promise<{ status: number; retryAfter: string | undefined }[]> {
  return (await stage.ask()).map(({ status, headers }) => ({ status, retryAfter: headers["retry-after"] }));
}

export const maintenance: Scenario[] = [
  {
    name: "maintenance",
    title: "Maintenance, and its end",
    bar: "503 with Retry-After at every balancer at once, and nothing else; 0 failed from a second after its end on",
    needs: "any stack",
    async play(stage) {
      const { stack, service } = stage.fleet;
      const over = stage.allowFromNow(
        "503 during maintenance",
        ({ status, servedBy }) => status === 503 && !servedBy,
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
      // A connection that was open may get one more answer of the time before, as the README says.
      await sleep(1);
      over();
      const open = await answers(stage);
      stage.expect(
        "every balancer answers again",
        open.every(({ status }) => status < 400),
        open,
      );
    },
  },
];
