package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
)

// command is one run of a script.
type command struct {
	*exec.Cmd
	script                 string
	logsStdout, logsStderr bool
}

// newCommand makes a command of a script, beneath a shell unless another
// interpreter is asked for. Cancelling the context kills that shell, not what it
// has started: a script that wants to end with it says "exec".
func newCommand(ctx context.Context, args property.Map, name string, previous output) command {
	argv := []string{"/bin/sh", "-c"}
	if interpreter := args.Get("interpreter"); interpreter.IsArray() && interpreter.AsArray().Len() > 0 {
		argv = argv[:0]
		for _, word := range interpreter.AsArray().All {
			argv = append(argv, word.AsString())
		}
	}
	script := text(args, name)
	argv = append(argv, script)

	logging := text(args, "logging")
	both := logging == "" || logging == "stdoutAndStderr"
	made := command{
		Cmd:        exec.CommandContext(ctx, argv[0], argv[1:]...),
		script:     script,
		logsStdout: both || logging == "stdout",
		logsStderr: both || logging == "stderr",
	}
	made.Dir = text(args, "dir")
	if stdin := text(args, "stdin"); stdin != "" {
		made.Stdin = strings.NewReader(stdin)
	}
	made.Env = environment(args, previous)
	return made
}

func environment(args property.Map, previous output) []string {
	env := os.Environ()
	if own := args.Get("environment"); own.IsMap() {
		for name, value := range own.AsMap().AllStable {
			env = append(env, name+"="+value.AsString())
		}
	}
	if wanted := args.Get("addPreviousOutputInEnv"); wanted.IsBool() && !wanted.AsBool() {
		return env
	}
	if previous.stdout != "" {
		env = append(env, "PULUMI_COMMAND_STDOUT="+previous.stdout)
	}
	if previous.stderr != "" {
		env = append(env, "PULUMI_COMMAND_STDERR="+previous.stderr)
	}
	return env
}

// run streams the command's lines to Pulumi's log as they come, and returns all
// of them once nothing holds its outputs any more: not the shell's children either.
//
// A line of more than 64 KiB ends the reading of lines, and with it everything:
// the command can write no further, and is waited for without end. That is the
// official plugin's behaviour, kept so that it is met here first.
func (c command) run(ctx context.Context) (output, error) {
	var stdout, stderr, both bytes.Buffer
	all := &shared{writer: &both}
	logged, log := io.Pipe()
	c.Stdout = teeTo(c.logsStdout, log, &stdout, all)
	c.Stderr = teeTo(c.logsStderr, log, &stderr, all)

	read := make(chan struct{})
	go func() {
		defer close(read)
		for lines := bufio.NewScanner(logged); lines.Scan(); {
			p.GetLogger(ctx).InfoStatus(lines.Text())
		}
	}()
	err := c.Run()
	_ = log.Close()
	<-read

	if err != nil {
		// The script and its words, never its input or its environment.
		return output{}, fmt.Errorf("%w: running %q:\n%s", err, c.script, both.String())
	}
	return output{strings.TrimSuffix(stdout.String(), "\n"), strings.TrimSuffix(stderr.String(), "\n")}, nil
}

func teeTo(wanted bool, log io.Writer, writers ...io.Writer) io.Writer {
	if wanted {
		writers = append(writers, log)
	}
	return io.MultiWriter(writers...)
}

// shared is written to by two outputs at once.
type shared struct {
	sync.Mutex
	writer io.Writer
}

func (s *shared) Write(data []byte) (int, error) {
	s.Lock()
	defer s.Unlock()
	return s.writer.Write(data)
}
