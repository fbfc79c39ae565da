/** The images that ours are built from, by the part they play. */
export const baseImages = {
  debian: "debian:trixie-slim",
  consul: "hashicorp/consul:1.22.5",
  consulTemplate: "hashicorp/consul-template:0.41.1",
} as const;
