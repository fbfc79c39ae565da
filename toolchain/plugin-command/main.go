// The command plugin of Pulumi, with the one resource that Flotilla uses:
// command:local:Command, as @pulumi/command 1.2.1 knows it.
package main

import (
	"context"
	"fmt"
	"os"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi-go-provider/middleware/cancel"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
)

// version is that of the npm package whose resource the plugin serves.
const version = "1.2.1"

func main() {
	plugin := cancel.Wrap(p.Provider{
		CheckConfig: accept,
		Check:       check,
		Diff:        diff,
		Create:      create,
		Read:        read,
		Update:      update,
		Delete:      remove,
	})
	if err := p.RunProvider(context.Background(), "command", version, plugin); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func accept(_ context.Context, request p.CheckRequest) (p.CheckResponse, error) {
	return p.CheckResponse{Inputs: request.Inputs}, nil
}

func diff(_ context.Context, request p.DiffRequest) (p.DiffResponse, error) {
	changes := map[string]p.PropertyDiff{}
	for name := range inputs {
		old, hadOld := request.OldInputs.GetOk(name)
		fresh, hasFresh := request.Inputs.GetOk(name)
		if hadOld == hasFresh && old.Equals(fresh) {
			continue
		}
		changes[name] = p.PropertyDiff{Kind: kindOfChange(name, hadOld, hasFresh), InputDiff: true}
	}
	return p.DiffResponse{HasChanges: len(changes) > 0, DetailedDiff: changes}, nil
}

// replacing are the changes of a resource that make a new one.
var replacing = map[p.DiffKind]p.DiffKind{p.Add: p.AddReplace, p.Update: p.UpdateReplace, p.Delete: p.DeleteReplace}

// kindOfChange tells what a changed input asks for. Changed triggers always ask
// for a new resource: upstream's words promise an update where there is a
// command for it, but its SDK asks for replacement on triggers[*] all the same.
func kindOfChange(name string, hadOld, hasFresh bool) p.DiffKind {
	kind := p.Update
	switch {
	case !hadOld:
		kind = p.Add
	case !hasFresh:
		kind = p.Delete
	}
	if name == "triggers" {
		return replacing[kind]
	}
	return kind
}

func create(ctx context.Context, request p.CreateRequest) (p.CreateResponse, error) {
	id, err := resource.NewUniqueHex(request.Urn.Name(), 8, 0)
	if err != nil {
		return p.CreateResponse{}, err
	}
	state, err := perform(ctx, "create", request.Properties, output{}, request.DryRun)
	return p.CreateResponse{ID: id, Properties: state}, err
}

func update(ctx context.Context, request p.UpdateRequest) (p.UpdateResponse, error) {
	script := "create"
	if given(request.Inputs, "update") {
		script = "update"
	}
	state, err := perform(ctx, script, request.Inputs, outputOf(request.State), request.DryRun)
	return p.UpdateResponse{Properties: state}, err
}

func remove(ctx context.Context, request p.DeleteRequest) error {
	_, err := perform(ctx, "delete", request.Properties, outputOf(request.Properties), false)
	return err
}

// read keeps what is known: a command leaves nothing behind that could be read.
func read(_ context.Context, request p.ReadRequest) (p.ReadResponse, error) {
	return p.ReadResponse{ID: request.ID, Properties: request.Properties, Inputs: request.Inputs}, nil
}

// perform runs the named script, if it is given, and returns the new state. A
// preview runs nothing, and knows nothing of what the script would print.
func perform(ctx context.Context, script string, args property.Map, previous output, preview bool) (property.Map, error) {
	if !given(args, script) {
		return stateOf(args, property.New(previous.stdout), property.New(previous.stderr)), nil
	}
	if preview {
		return stateOf(args, property.New(property.Computed), property.New(property.Computed)), nil
	}
	printed, err := newCommand(ctx, args, script, previous).run(ctx)
	if err != nil {
		return property.Map{}, err
	}
	return stateOf(args, property.New(printed.stdout), property.New(printed.stderr)), nil
}
