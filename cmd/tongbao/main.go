// Command tongbao is the platform as one binary. Each command reads its flags,
// calls the package that does the work, and prints what came of it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"tongbao"
)

// command is one word after tongbao.
type command struct {
	name  string
	takes string // what follows the flags
	does  string // for the list
	long  string // for its own help
	run   func(ctx context.Context, c *call) error
}

// call is a command being run.
type call struct {
	flags  *flag.FlagSet
	args   []string
	out    io.Writer
	errors io.Writer
}

// commands in the order of the help. The names, flags and outputs are a
// contract that scripts rely on.
var commands = []command{
	sandboxCommand, serveCommand, benchCommand, verifyCommand, simulateCommand, replayCommand, backupCommand, restoreCommand, moveCommand, archiveCommand,
	listenCommand, triggerCommand, operatorCommand, merchantCommand, versionCommand,
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// errFound says that a check ran and found something wrong; it was printed.
var errFound = errors.New("something is wrong")

func run(ctx context.Context, args []string, out, errs io.Writer) int {
	if len(args) == 0 {
		usage(errs)
		return 2
	}
	switch args[0] {
	case "help", "-h", "-help", "--help":
		if len(args) > 1 {
			args = []string{args[1], "--help"}
			break
		}
		usage(out)
		return 0
	case "-v", "--version":
		args[0] = "version"
	}
	for _, c := range commands {
		if c.name != args[0] {
			continue
		}
		return runCommand(ctx, c, args[1:], out, errs)
	}
	fmt.Fprintf(errs, "tongbao: there is no command %q; `tongbao help` lists them\n", args[0])
	return 2
}

func runCommand(ctx context.Context, c command, args []string, out, errs io.Writer) int {
	flags := flag.NewFlagSet(c.name, flag.ContinueOnError)
	flags.SetOutput(io.Discard) // errors and help are printed below, once
	k := &call{flags: flags, args: args, out: out, errors: errs}
	err := c.run(ctx, k)
	var wrong *usageError
	switch {
	case err == nil:
		return 0
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprintf(out, "usage: tongbao %s %s\n\n%s\n", c.name, c.takes, c.long)
		flags.SetOutput(out)
		if hasFlags(flags) {
			fmt.Fprintln(out, "\nflags:")
			flags.PrintDefaults()
		}
		return 0
	case errors.Is(err, errFound):
		return 1
	case errors.As(err, &wrong):
		fmt.Fprintf(errs, "tongbao %s: %v\n`tongbao help %[1]s` tells more\n", c.name, err)
		return 2
	}
	fmt.Fprintf(errs, "tongbao %s: %v\n", c.name, err)
	return 1
}

// usageError is a call that can't be understood.
type usageError struct{ text string }

func (e *usageError) Error() string { return e.text }

func misused(format string, args ...any) error { return &usageError{fmt.Sprintf(format, args...)} }

// parse reads the flags, wherever they stand among at most most other
// arguments, and returns those.
func (c *call) parse(least, most int) ([]string, error) {
	var rest []string
	args := c.args
	for {
		if err := c.flags.Parse(args); err != nil {
			if errors.Is(err, flag.ErrHelp) {
				return nil, err
			}
			return nil, misused("%v", err)
		}
		args = c.flags.Args()
		if len(args) == 0 {
			break
		}
		rest, args = append(rest, args[0]), args[1:]
	}
	var empty error
	c.flags.Visit(func(f *flag.Flag) {
		if f.Name == "store" && f.Value.String() == "" {
			empty = misused("--store is empty: name the store, or leave the flag out")
		}
	})
	if empty != nil {
		return nil, empty
	}
	if len(rest) < least {
		return nil, misused("something is missing")
	}
	if len(rest) > most {
		return nil, misused("%q is one argument too many", rest[most])
	}
	return rest, nil
}

func hasFlags(flags *flag.FlagSet) (has bool) {
	flags.VisitAll(func(*flag.Flag) { has = true })
	return has
}

func usage(w io.Writer) {
	fmt.Fprintf(w, `Tongbao (通宝) %s: a payments platform in one binary.

usage: tongbao COMMAND [flags]

`, tongbao.Version)
	for _, c := range commands {
		fmt.Fprintf(w, "  %-10s %s\n", c.name, c.does)
	}
	fmt.Fprint(w, `
  tongbao help COMMAND tells more of one. To look around: tongbao sandbox
`)
}

var versionCommand = command{
	name: "version", does: "print the version",
	long: "Prints the version.",
	run: func(_ context.Context, c *call) error {
		if _, err := c.parse(0, 0); err != nil {
			return err
		}
		fmt.Fprintln(c.out, "tongbao", tongbao.Version)
		return nil
	},
}
