// Writes the schema that the plugin embeds: see the README.
package main

import (
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/pf/tfgen"

	"flotilla/toolchain/plugin-random/provider"
)

func main() {
	tfgen.Main("random", provider.Info())
}
