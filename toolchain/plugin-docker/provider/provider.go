// Package provider describes the Docker provider to Pulumi, under the names
// that the npm package @pulumi/docker uses.
package provider

import (
	"strings"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	sdkv2 "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim/sdk-v2"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/terraform-providers/terraform-provider-docker/shim"
)

// Version is that of the npm package whose resources the plugin serves.
const Version = "5.2.0"

// Info maps every resource and data source of @pulumi/docker but Image, which
// upstream writes by hand, outside the Terraform provider.
func Info() tfbridge.ProviderInfo {
	return tfbridge.ProviderInfo{
		Name:         "docker",
		Version:      Version,
		P:            sdkv2.NewProvider(shim.NewProvider(Version)),
		MetadataInfo: tfbridge.NewProviderMetadata([]byte("{}")),
		Config: map[string]*tfbridge.SchemaInfo{
			"host": {Default: &tfbridge.DefaultInfo{
				EnvVars: []string{"DOCKER_HOST"},
				Value:   "unix:///var/run/docker.sock",
			}},
			"registry_auth": {Name: "registryAuth"},
		},
		Resources: map[string]*tfbridge.ResourceInfo{
			"docker_buildx_builder": {Tok: resource("BuildxBuilder")},
			"docker_config":         {Tok: resource("ServiceConfig"), Fields: autoNamed()},
			"docker_container": {Tok: resource("Container"), Fields: fields{
				"name":              autoName(),
				"command":           {Name: "command"},
				"networks_advanced": {Name: "networksAdvanced"},
			}},
			"docker_image":          {Tok: resource("RemoteImage")},
			"docker_network":        {Tok: resource("Network"), Fields: autoNamed()},
			"docker_plugin":         {Tok: resource("Plugin"), Fields: autoNamed()},
			"docker_registry_image": {Tok: resource("RegistryImage"), Fields: autoNamed()},
			"docker_secret":         {Tok: resource("Secret"), Fields: autoNamed()},
			"docker_service":        {Tok: resource("Service"), Fields: autoNamed()},
			"docker_tag":            {Tok: resource("Tag")},
			"docker_volume":         {Tok: resource("Volume"), Fields: autoNamed()},
		},
		DataSources: map[string]*tfbridge.DataSourceInfo{
			"docker_image":                    {Tok: function("getRemoteImage")},
			"docker_logs":                     {Tok: function("getLogs")},
			"docker_network":                  {Tok: function("getNetwork")},
			"docker_plugin":                   {Tok: function("getPlugin")},
			"docker_registry_image":           {Tok: function("getRegistryImage")},
			"docker_registry_image_manifests": {Tok: function("getRegistryImageManifests")},
		},
	}
}

type fields = map[string]*tfbridge.SchemaInfo

// autoName makes a name of the resource's own name, a dash and random hex digits.
func autoName() *tfbridge.SchemaInfo { return tfbridge.AutoName("name", 255, "-") }

func autoNamed() fields { return fields{"name": autoName()} }

func resource(name string) tokens.Type { return tokens.Type(function(name)) }

func function(name string) tokens.ModuleMember {
	file := strings.ToLower(name[:1]) + name[1:]
	return tokens.ModuleMember("docker:index/" + file + ":" + name)
}
