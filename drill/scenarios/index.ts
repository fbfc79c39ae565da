import type { Scenario } from "../scenario.ts";
import { attack } from "./attack.ts";
import { balancers } from "./balancers.ts";
import { calls } from "./calls.ts";
import { changedHosts } from "./changed-hosts.ts";
import { consul } from "./consul.ts";
import { daemon } from "./daemon.ts";
import { dataCentres } from "./data-centres.ts";
import { everyKey } from "./every-key.ts";
import { everyResource } from "./every-resource.ts";
import { failovers } from "./failover.ts";
import { lostHosts } from "./hosts.ts";
import { interrupted } from "./interrupted.ts";
import { lasting } from "./lasting.ts";
import { underLoad } from "./load.ts";
import { everyLoss } from "./losses.ts";
import { maintenance } from "./maintenance.ts";
import { scaling } from "./scaling.ts";
import { servers } from "./servers.ts";
import { sessions } from "./sessions.ts";
import { settings } from "./settings.ts";
import { brokenVersions, rollbacks, rollouts } from "./versions.ts";

/** All there are, in the order in which they are played. */
export const scenarios: readonly Scenario[] = [
  ...scaling,
  ...rollouts,
  ...rollbacks,
  ...brokenVersions,
  ...settings,
  ...calls,
  ...balancers,
  ...consul,
  ...maintenance,
  ...servers,
  ...interrupted,
  ...daemon,
  ...lasting,
  ...sessions,
  ...underLoad,
  ...attack,
  ...lostHosts,
  ...changedHosts,
  ...dataCentres,
  ...failovers,
  everyResource,
  ...everyLoss,
  everyKey,
];
