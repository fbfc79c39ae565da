package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
)

// grace is how long a cancelled command may take to end by itself.
const grace = 5 * time.Second

// command is one run of a script.
type command struct {
	*exec.Cmd
	logsStdout, logsStderr bool
}

func newCommand(args property.Map, script string, previous output) command {
	argv := []string{"/bin/sh", "-c"}
	if interpreter := args.Get("interpreter"); interpreter.IsArray() && interpreter.AsArray().Len() > 0 {
		argv = argv[:0]
		for _, word := range interpreter.AsArray().All {
			argv = append(argv, word.AsString())
		}
	}
	argv = append(argv, text(args, script))

	logging := text(args, "logging")
	both := logging == "" || logging == "stdoutAndStderr"
	made := command{
		Cmd:        exec.Command(argv[0], argv[1:]...),
		logsStdout: both || logging == "stdout",
		logsStderr: both || logging == "stderr",
	}
	made.Dir = text(args, "dir")
	made.Stdin = strings.NewReader(text(args, "stdin"))
	made.Env = environment(args, previous)
	made.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
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
// of them. A cancelled command is ended together with its children.
func (c command) run(ctx context.Context) (output, error) {
	var stdout, stderr bytes.Buffer
	info := p.GetLogger(ctx).InfoStatus
	stdoutLines, stderrLines := &lines{wanted: c.logsStdout, print: info}, &lines{wanted: c.logsStderr, print: info}
	c.Stdout = io.MultiWriter(&stdout, stdoutLines)
	c.Stderr = io.MultiWriter(&stderr, stderrLines)

	if err := c.Start(); err != nil {
		return output{}, err
	}
	ended := make(chan struct{})
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		select {
		case <-ended:
		case <-ctx.Done():
			c.stop(ended)
		}
	}()
	err := c.Wait()
	close(ended)
	<-stopped
	stdoutLines.flush()
	stderrLines.flush()

	if ctx.Err() != nil {
		return output{}, fmt.Errorf("the command was stopped: %w", context.Cause(ctx))
	}
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		return output{}, errors.New(failure(exit, stderr.String()))
	}
	if err != nil {
		return output{}, err
	}
	return output{strings.TrimSuffix(stdout.String(), "\n"), strings.TrimSuffix(stderr.String(), "\n")}, nil
}

// stop asks the command's process group to end, and ends what is left of it
// after the grace.
func (c command) stop(ended <-chan struct{}) {
	_ = syscall.Kill(-c.Process.Pid, syscall.SIGTERM)
	select {
	case <-ended:
	case <-time.After(grace):
	}
	_ = syscall.Kill(-c.Process.Pid, syscall.SIGKILL)
}

// failure has the exit status and the command's own words, never its input or
// its environment.
func failure(exit *exec.ExitError, stderr string) string {
	message := "the command failed: " + exit.Error()
	if words := strings.TrimSpace(stderr); words != "" {
		message += "\n" + words
	}
	return message
}

// lines prints what is written to it line by line.
type lines struct {
	wanted bool
	print  func(string)
	rest   []byte
}

func (l *lines) Write(data []byte) (int, error) {
	if !l.wanted {
		return len(data), nil
	}
	l.rest = append(l.rest, data...)
	for {
		line, rest, found := bytes.Cut(l.rest, []byte("\n"))
		if !found {
			return len(data), nil
		}
		l.print(string(line))
		l.rest = rest
	}
}

func (l *lines) flush() {
	if len(l.rest) > 0 {
		l.print(string(l.rest))
		l.rest = nil
	}
}
