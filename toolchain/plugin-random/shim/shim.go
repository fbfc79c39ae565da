// Package shim lets the plugin reach the provider's internal package: Go allows
// the import because this module's path lies below the provider's.
package shim

import (
	"github.com/hashicorp/terraform-plugin-framework/provider"
	random "github.com/terraform-providers/terraform-provider-random/internal/provider"
)

// NewProvider returns the Terraform provider of random values.
func NewProvider() provider.Provider { return random.New() }
