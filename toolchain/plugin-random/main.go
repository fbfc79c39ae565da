// The random plugin of Pulumi: the Terraform provider behind Pulumi's bridge.
package main

import (
	"context"
	_ "embed"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/pf/tfbridge"

	"flotilla/toolchain/plugin-random/provider"
)

// schema is written by ./tfgen: see the README.
//
//go:embed schema.json
var schema []byte

func main() {
	tfbridge.Main(context.Background(), "random", provider.Info(),
		tfbridge.ProviderMetadata{PackageSchema: schema})
}
