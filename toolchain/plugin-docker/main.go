// The docker plugin of Pulumi: the Terraform provider behind Pulumi's bridge.
package main

import (
	_ "embed"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"

	"flotilla/toolchain/plugin-docker/provider"
)

// Both files are written by ./tfgen before this is compiled.
var (
	//go:embed schema.json
	schema []byte
	//go:embed bridge-metadata.json
	metadata []byte
)

func main() {
	tfbridge.Main("docker", provider.Version, provider.Info(metadata), schema)
}
