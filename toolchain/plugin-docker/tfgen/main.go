// Writes the schema, to compare its names with those of the npm package.
package main

import (
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfgen"

	"flotilla/toolchain/plugin-docker/provider"
)

func main() {
	tfgen.Main("docker", provider.Version, provider.Info())
}
