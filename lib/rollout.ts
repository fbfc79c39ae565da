import type { ServiceSettings } from "../config/settings.ts";

/** States of containers, in Docker's words, that nobody starts again by itself. */
export const stoppedStates: readonly string[] = ["created", "exited", "dead"];

/**
 * Whether a service's containers are started by its registration, and are only made by Pulumi: where others have to be
 * stopped before; and workers, which are at work as soon as they run, so that a version which is refused has to be stopped.
 */
export const isStartedLate = ({ port, rollout }: Pick<ServiceSettings, "port" | "rollout">) =>
  port === undefined || rollout.order === "stop-first";
