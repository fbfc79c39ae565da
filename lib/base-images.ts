/** The images that ours are built from, by the part they play; `consul.image` may name another for Consul. */
export const baseImages = {
  debian: "debian:trixie-slim",
  consul: "hashicorp/consul:1.14.11",
  consulTemplate: "hashicorp/consul-template:0.41.1",
} as const;
