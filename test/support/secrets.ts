import { createHash } from "node:crypto";
import { uuidOf } from "../../lib/uuid.ts";

const password = (purpose: string) => `password-of-credentials-${purpose}`;
const token = (purpose: string) => uuidOf(`secret ${password(purpose)}`);

/** The public name of a token. */
export const accessorOf = (purpose: string) => uuidOf(`accessor ${password(purpose)}`);
export const accessorOfAgent = (host: string) => uuidOf(`accessor ${password("agent")} ${host}`);

/** The secrets of a stack that `deploy` runs, as they follow from its random passwords. */
export const secrets = {
  management: token("management"),
  server: token("agent"),
  agent: uuidOf(`secret ${password("agent")} local`),
  balancer: token("balancer"),
  registration: token("registration"),
  operator: token("operator"),
  authority: password("authority"),
  gossipKey: createHash("sha256").update(password("gossip")).digest("base64"),
  statsPassword: password("stats"),
};
