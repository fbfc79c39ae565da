/** What programs of others may import. */
export type * from "../config/settings.ts";
export type { Config } from "./config-input.ts";
export { ConsulAgent } from "./consul-agent.ts";
export { ConsulCluster } from "./consul-cluster.ts";
export { Credentials } from "./credentials.ts";
export { DataCentre } from "./data-centre.ts";
export { type Deployment, deploy } from "./deployment.ts";
export { DockerHost } from "./docker-host.ts";
export { HaproxyTier } from "./haproxy-tier.ts";
export { imagePlans } from "./image-plans.ts";
export { Images } from "./images.ts";
export { RoutingTable } from "./routing-table.ts";
export { ServerPool } from "./server-pool.ts";
