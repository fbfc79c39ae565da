// Package provider describes the random provider to Pulumi, under the names
// that the npm package @pulumi/random uses.
package provider

import (
	"context"
	"errors"
	"strings"

	pf "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/pf/tfbridge"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/terraform-providers/terraform-provider-random/shim"
)

// Version is that of the npm package whose resources the plugin serves.
const Version = "4.21.2"

// Info maps every resource that @pulumi/random has.
func Info() tfbridge.ProviderInfo {
	resources := map[string]*tfbridge.ResourceInfo{}
	for _, kind := range []string{"bytes", "id", "integer", "password", "pet", "shuffle", "string", "uuid", "uuid4", "uuid7"} {
		resources["random_"+kind] = &tfbridge.ResourceInfo{Tok: token(kind)}
	}
	resources["random_bytes"].ComputeID = base64AsID
	return tfbridge.ProviderInfo{
		Name:         "random",
		Version:      Version,
		P:            pf.ShimProvider(shim.NewProvider()),
		MetadataInfo: tfbridge.NewProviderMetadata([]byte("{}")),
		Resources:    resources,
	}
}

func token(kind string) tokens.Type {
	name := "Random" + strings.ToUpper(kind[:1]) + kind[1:]
	return tokens.Type("random:index/r" + name[1:] + ":" + name)
}

// base64AsID stands in for the id that the Terraform resource lacks. An id can't
// be secret: upstream uses the same value, so moving to its plugin changes nothing.
func base64AsID(_ context.Context, state resource.PropertyMap) (resource.ID, error) {
	value := state["base64"]
	if value.IsSecret() {
		value = value.SecretValue().Element
	}
	if !value.IsString() {
		return "", errors.New("random bytes came back without their base64 form")
	}
	return resource.ID(value.StringValue()), nil
}
