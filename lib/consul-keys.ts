/** Where things stand in Consul's KV store. */

/** A text that comes out of one Consul only: one that has lost its data has another. */
export const identityKey = "flotilla/id";

/** Names of the Consul servers that there are to be. */
export const consulServersKey = "flotilla/consul/servers";

/** The balancers' routing table. A Consul without it does not know the stack. */
export const routesKey = "flotilla/routes";

/** Which services there are, workers too, and on which hosts: where one goes, it is written before anything is deleted. */
export const placementKey = "flotilla/placement";

/** Below it stands {@link changeKey} alone: templates get the index of what is listed, not of a single key. */
export const changesFolder = "flotilla/changes/";

/** Written anew before each change of what balancers read: see `announceChange`. */
export const changeKey = `${changesFolder}last`;

/** Below it stands how many instances of each service there are to be on each host. */
export const poolsFolder = "flotilla/pools/";

/**
 * Below it stands what runs on a host of each service whose copies move, by host and service: see `Moving` in
 * commands/support/registrar.ts.
 */
export const movingFolder = "flotilla/moving/";

/** What runs on a host of a service whose copies move. */
export const movingKey = (service: string, host: string) => `${movingFolder}${host}/${service}`;

/** How many instances of a service there are to be on a host. */
export const poolKey = (service: string, host: string) => `${poolsFolder}${service}/${host}`;
