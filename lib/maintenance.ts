/** Below it Consul keeps which services are in maintenance. */
export const maintenanceFolder = "flotilla/maintenance/";

/** Where balancers look whether a service is in maintenance: what it holds is Retry-After's seconds. */
export const maintenanceKey = (service: string) => maintenanceFolder + service;
