// Command diagnops answers "why is it slow?" from the metrics that are there: once (why), for many recorded incidents
// (replay), or for one that it carries with it (demo). What depends on what it finds out itself, as far as metrics tell (init).
//
// This package is the edge: flags, files, terminals, signals, exit codes and logs. What is decided is decided in
// packages engine and rules, which know none of these. Results go to stdout, everything else to stderr.
package main

import (
	"context"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	_ "time/tzdata" // zones must be there on machines that have none installed

	"github.com/alecthomas/kong"
	"github.com/rs/zerolog"
)

// cli is every flag and sub-command.
type cli struct {
	Log logFlags `embed:"" prefix:"log." group:"Logging"`

	Why        whyCmd        `cmd:"" help:"Answer \"why is it slow?\" once, from a recorded incident or a Prometheus."`
	Init       initCmd       `cmd:"" help:"Look at a Prometheus and write down what there is and what depends on what."`
	Replay     replayCmd     `cmd:"" help:"Analyse recorded or past incidents again, many at once."`
	Demo       demoCmd       `cmd:"" help:"Replay a recorded real incident and answer it on the terminal."`
	Plan       planCmd       `cmd:"" help:"What to start first, who is hit by a failure, and what has no second: from the topology."`
	Check      checkCmd      `cmd:"" help:"Check files, and name every problem with file, line, field and rule."`
	Test       testCmd       `cmd:"" help:"Test rule packs: what must be answered from made-up metrics."`
	Experiment experimentCmd `cmd:"" help:"Tell from a table of trials which factor it is, which it is not, and what to try next."`
	Version    versionCmd    `cmd:"" help:"Print the version."`
}

// streams are what a command talks to.
type streams struct {
	out, err io.Writer
	log      zerolog.Logger
	self     string // how the program was called, for commands to try next
}

// gcPercent lets the heap grow fivefold between collections (GOGC is 100 by default): an incident is some twenty
// megabytes that live for as many milliseconds, and collecting them in between is a tenth of the time.
const gcPercent = 400

func main() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// After the first signal the second one kills: nobody may be trapped in a slow shutdown.
	context.AfterFunc(ctx, stop)
	code := run(ctx, os.Args, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run is the program: args as in os.Args, returns the exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	var c cli
	exit := &exitRequest{}
	parser := kong.Must(&c,
		kong.Name("diagnops"),
		kong.Description("Finds out why a service is slow, failing or down, from its metrics: by elimination, with evidence."),
		kong.Writers(stdout, stderr),
		kong.Exit(func(code int) { exit.code = code; panic(exit) }),
		kong.WithHyphenPrefixedParameters(true), // --at -15m
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: helpWidth}),
	)
	cmd, code := parse(parser, args[1:], exit)
	if cmd == nil {
		return code
	}
	s := &streams{out: stdout, err: stderr, log: c.Log.logger(stderr), self: args[0]}
	cmd.BindTo(ctx, (*context.Context)(nil))
	return fail(ctx, stderr, cmd.Run(s))
}

// helpWidth keeps help readable on wide terminals, and the same everywhere it is wide enough.
const helpWidth = 100

// exitRequest carries kong's wish to exit (after printing help) out of its parser.
type exitRequest struct{ code int }

// parse returns the chosen command, or nil and the exit code when there is nothing to run.
func parse(parser *kong.Kong, args []string, exit *exitRequest) (cmd *kong.Context, code int) {
	defer func() {
		if v := recover(); v != nil {
			if v != exit {
				panic(v)
			}
			cmd, code = nil, exit.code
		}
	}()
	if len(args) == 0 {
		args = []string{"--help"}
	}
	cmd, err := parser.Parse(args)
	if err != nil {
		return nil, fail(context.Background(), parser.Stderr, &usageError{err})
	}
	return cmd, exitOK
}
