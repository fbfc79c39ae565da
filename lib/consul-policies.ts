/** Consul policies (HCL), as small as each role allows. */

/** An agent keeps its own node up to date and looks services up. */
export const agentRules = `
node_prefix "" { policy = "write" }
service_prefix "" { policy = "read" }
agent_prefix "" { policy = "read" }
`;

/** A balancer only reads. */
export const balancerRules = `
node_prefix "" { policy = "read" }
service_prefix "" { policy = "read" }
key_prefix "flotilla/" { policy = "read" }
`;

/** What `pulumi up` does through the agents: registrations, pools and routes. */
export const registrationRules = `
node_prefix "" { policy = "read" }
service_prefix "" { policy = "write" }
key_prefix "flotilla/" { policy = "write" }
`;
