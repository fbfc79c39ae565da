import { askedBy } from "./health.ts";
import { spokenAt } from "./images.ts";
import { isMap } from "./merge.ts";
import type { Passage } from "./service.ts";

/** What it speaks: by its image, its check, its port. */
export function speech(passage: Passage): void {
  const { service, known, port, notes } = passage;
  if (port === undefined) return;
  const asked =
    isMap(service.healthcheck) && service.healthcheck.test !== undefined
      ? askedBy(service.healthcheck.test)
      : undefined;
  const spoken = spokenAt(port);
  const ofCheck =
    asked?.kind === "redis" || asked?.kind === "postgres" || asked?.kind === "mysql" ? asked.kind : undefined;
  // Who asks a database in his check need not be one.
  const isStore = known !== undefined || spoken !== undefined || service.build === undefined;
  if (known?.protocol === "tcp" && (known.port === port || spoken !== undefined)) {
    passage.protocol = "tcp";
    if (known.check) passage.check = known.check;
  } else if (
    known === undefined &&
    asked?.kind !== "http" &&
    (spoken !== undefined || (ofCheck !== undefined && isStore))
  ) {
    passage.protocol = "tcp";
    const check = ofCheck ?? (spoken === "tcp" ? undefined : spoken);
    if (check) passage.check ??= check;
  }
  if (passage.protocol === "tcp")
    notes.changed("protocol", "tcp: balancers hand on connections, and copies see the balancer's address");
}
