import * as pulumi from "@pulumi/pulumi";
import type * as docker from "./docker.ts";

/** A file with secrets that a container is given: for root alone, who owns all that is uploaded. */
export function secretFile(file: string, content: pulumi.Input<string>): docker.types.input.ContainerUpload {
  return { file, content: pulumi.secret(content), permissions: "0600" };
}
