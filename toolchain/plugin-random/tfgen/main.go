// Writes schema.json and bridge-metadata.json, which the plugin embeds.
package main

import (
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/pf/tfgen"

	"flotilla/toolchain/plugin-random/provider"
)

func main() {
	tfgen.Main("random", provider.Info([]byte("{}")))
}
