import type { ServiceSettings } from "../config/settings.ts";

/** States of containers, in Docker's words, that nobody starts again by itself. */
export const stoppedStates: readonly string[] = ["created", "exited", "dead"];

/** Whether a service's copies move between the hosts of a data centre: each has more containers than are to run there. */
export const isMoving = ({ replicasPer }: Pick<ServiceSettings, "replicasPer">) =>
  replicasPer === "datacenter";

/**
 * Whether a service's containers are started by its registration, and are only made by Pulumi: where others have to be
 * stopped before; workers, which are at work as soon as they run, so that a version which is refused has to be stopped; and
 * where not all are to run.
 */
export const isStartedLate = (service: Pick<ServiceSettings, "port" | "rollout" | "replicasPer">) =>
  service.port === undefined || service.rollout.order === "stop-first" || isMoving(service);
