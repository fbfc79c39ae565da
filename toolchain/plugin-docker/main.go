// The docker plugin of Pulumi: the Terraform provider behind Pulumi's bridge.
package main

import (
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"

	"flotilla/toolchain/plugin-docker/provider"
)

// noSchema stands for the schema that a plugin can be asked for. Only those who
// generate an SDK ask: to serve resources the bridge needs none.
const noSchema = "{}"

func main() {
	tfbridge.Main("docker", provider.Version, provider.Info(), []byte(noSchema))
}
