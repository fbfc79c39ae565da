package main

import (
	"context"
	"fmt"
	"slices"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
)

// inputs holds what each input has to be.
var inputs = map[string]shape{
	"create":                 {"a string", property.Value.IsString},
	"update":                 {"a string", property.Value.IsString},
	"delete":                 {"a string", property.Value.IsString},
	"stdin":                  {"a string", property.Value.IsString},
	"dir":                    {"a string", property.Value.IsString},
	"environment":            {"a map of strings", isMapOfStrings},
	"interpreter":            {"a list of strings", isListOfStrings},
	"triggers":               {"a list", property.Value.IsArray},
	"addPreviousOutputInEnv": {"a boolean", property.Value.IsBool},
	"logging":                {fmt.Sprintf("one of %q", loggings), isLogging},
}

var loggings = []string{"stdoutAndStderr", "stdout", "stderr", "none"}

type shape struct {
	name string
	fits func(property.Value) bool
}

func check(_ context.Context, request p.CheckRequest) (p.CheckResponse, error) {
	response := p.CheckResponse{Inputs: request.Inputs}
	for name, value := range request.Inputs.AllStable {
		want, known := inputs[name]
		switch {
		case !known:
			response.Failures = append(response.Failures, p.CheckFailure{
				Property: name, Reason: "this build of the command plugin has no such input",
			})
		case value.IsComputed() || value.IsNull() || want.fits(value):
		default:
			response.Failures = append(response.Failures, p.CheckFailure{
				Property: name, Reason: "must be " + want.name,
			})
		}
	}
	return response, nil
}

func isListOfStrings(value property.Value) bool {
	return value.IsArray() && !slices.ContainsFunc(value.AsArray().AsSlice(), isNotString)
}

func isMapOfStrings(value property.Value) bool {
	if !value.IsMap() {
		return false
	}
	for _, element := range value.AsMap().All {
		if isNotString(element) {
			return false
		}
	}
	return true
}

func isNotString(value property.Value) bool { return !value.IsString() && !value.IsComputed() }

func isLogging(value property.Value) bool {
	return value.IsString() && slices.Contains(loggings, value.AsString())
}

// given tells whether an input is there, be it a value that is not known yet.
func given(values property.Map, name string) bool { return !values.Get(name).IsNull() }

// text is the string that an input or an output holds, or nothing.
func text(values property.Map, name string) string {
	if value := values.Get(name); value.IsString() {
		return value.AsString()
	}
	return ""
}

// output is what a command printed.
type output struct{ stdout, stderr string }

func outputOf(state property.Map) output {
	return output{text(state, "stdout"), text(state, "stderr")}
}

// stateOf is a command's state: its inputs and what it printed, which may tell a
// secret as soon as one of the inputs is secret.
func stateOf(args property.Map, stdout, stderr property.Value) property.Map {
	secret := property.New(args.Delete("stdout", "stderr")).HasSecrets()
	return args.
		Set("stdout", stdout.WithSecret(secret)).
		Set("stderr", stderr.WithSecret(secret))
}
