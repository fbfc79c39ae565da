// Writes schema.json and bridge-metadata.json, which the plugin embeds.
package main

import (
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfgen"

	"flotilla/toolchain/plugin-docker/provider"
)

func main() {
	tfgen.Main("docker", provider.Version, provider.Info([]byte("{}")))
}
