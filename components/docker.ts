/**
 * What the program uses of @pulumi/docker. That package's index loads each resource when it is first asked for, but an
 * ES module import asks for all of them at once: half a second a run. So it is taken file by file.
 */
export type { types } from "@pulumi/docker";
export { Container, type ContainerArgs } from "@pulumi/docker/container.js";
export { Network } from "@pulumi/docker/network.js";
export { Provider } from "@pulumi/docker/provider.js";
export { RemoteImage } from "@pulumi/docker/remoteImage.js";
export { Volume } from "@pulumi/docker/volume.js";
