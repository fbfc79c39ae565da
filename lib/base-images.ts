/** The images that ours are built from, by the part they play; `consul.image` may name another for Consul. */
export const baseImages = {
  debian: "debian:trixie-slim",
  consul: "hashicorp/consul:1.14.11",
  consulTemplate: "hashicorp/consul-template:0.41.1",
  node: "node:24.21.0-trixie-slim",
} as const;

export type BaseImage = (typeof baseImages)[keyof typeof baseImages];

/**
 * What these tags stand for, by which set-up pulls them: the digest of an index, which holds the images of all
 * architectures. `node setup/pin-base-images.ts` writes it here. One that is undefined has never been looked up in the
 * registry, and is pulled by its tag: whatever that stands for then.
 */
export const digests: Readonly<Record<BaseImage, string | undefined>> = {
  "debian:trixie-slim": "sha256:a29215f6a35e51e22adffa17f89e9d2ef06214e64a2bad10d765c46aea49f11f",
  "hashicorp/consul:1.14.11": undefined,
  "hashicorp/consul-template:0.41.1": undefined,
  "node:24.21.0-trixie-slim": undefined,
};
