import * as pulumi from "@pulumi/pulumi";
import type { Credentials } from "./credentials.ts";
import type * as docker from "./docker.ts";
import { secretFile } from "./secret-file.ts";

/** A Consul server or agent. */
export interface ConsulNode {
  /** By which those who call tell a server from an agent, which must not pass for one. */
  readonly role: "server" | "client";
  readonly datacenter: string;
  /** Its name as a node. */
  readonly name: string;
}

/** What a node of Consul's shows, and asks of others, when they speak to each other: files that its configuration names. */
export function tlsFiles(
  credentials: Credentials,
  { role, datacenter, name }: ConsulNode,
): docker.types.input.ContainerUpload[] {
  // As Consul wants it (verify_server_hostname).
  const own = credentials.certificateOf(`${role}.${datacenter}.consul`, name);
  return [
    { file: "/consul/tls/authority.pem", content: credentials.authority },
    secretFile("/consul/tls/own.pem", pulumi.interpolate`${own.certificate}${own.key}`),
  ];
}
