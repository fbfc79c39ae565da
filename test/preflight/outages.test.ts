import * as pulumi from "@pulumi/pulumi";
import { warnOfGaps } from "../../preflight/outages.ts";
import { settingsFrom } from "../support/settings-from.ts";

const warn = jest.spyOn(pulumi.log, "warn").mockResolvedValue();
beforeEach(() => warn.mockClear());

const gaps = (service: Record<string, unknown>) =>
  warnOfGaps(settingsFrom({ services: { web: { image: "nginx", port: 80, ...service } } }));

test("copies that are all stopped at once", () => {
  gaps({ replicas: 4, rollout: { order: "stop-first" } });
  expect(warn.mock.calls).toStrictEqual([
    [
      "service web: under rollout.order stop-first its 4 copies are all stopped at once when they are replaced, and " +
        "requests get 503 until new ones serve. flotilla:services.web.rollout.surge: 1 replaces one after the other.",
    ],
  ]);
});

test.each([
  ["some of which serve on", { replicas: 4, rollout: { order: "stop-first", surge: 3 } }],
  ["one, for which there is no other way", { replicas: 1, rollout: { order: "stop-first" } }],
  ["which new ones are started beside", { replicas: 4 }],
])("copies, %s: nothing is said", (_, service) => {
  gaps(service);
  expect(warn).not.toHaveBeenCalled();
});

test("workers: no request waits for them", () => {
  const rollout = { order: "stop-first" };
  warnOfGaps(settingsFrom({ services: { mail: { image: "mailer", replicas: 4, rollout } } }));
  expect(warn).not.toHaveBeenCalled();
});
