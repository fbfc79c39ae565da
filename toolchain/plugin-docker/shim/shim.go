// Package shim lets the plugin reach the provider's internal package: Go allows
// the import because this module's path lies below the provider's.
package shim

import (
	"github.com/hashicorp/terraform-plugin-sdk/v2/helper/schema"
	"github.com/terraform-providers/terraform-provider-docker/internal/provider"
)

// NewProvider returns the SDKv2 half of the Docker provider, which holds every
// resource and data source that @pulumi/docker has.
func NewProvider(version string) *schema.Provider {
	return provider.New(version)()
}
