// The random plugin of Pulumi: the Terraform provider behind Pulumi's bridge.
package main

import (
	"context"
	_ "embed"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/pf/tfbridge"

	"flotilla/toolchain/plugin-random/provider"
)

// Both files are written by ./tfgen before this is compiled.
var (
	//go:embed schema.json
	schema []byte
	//go:embed bridge-metadata.json
	metadata []byte
)

func main() {
	tfbridge.Main(context.Background(), "random", provider.Info(metadata),
		tfbridge.ProviderMetadata{PackageSchema: schema})
}
