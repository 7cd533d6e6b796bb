package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/diagnops/diagnops/collectors/promapi"
)

// The exit codes, a contract.
const (
	exitOK          = 0 // answered: a cause, "healthy" and "inconclusive" are all answers
	exitBadInput    = 1
	exitUsage       = 2
	exitUnreachable = 3
	exitWorse       = 4 // replay --baseline
)

// usageError is a command line that can not be meant.
type usageError struct{ cause error }

func (e *usageError) Error() string { return e.cause.Error() }
func (e *usageError) Unwrap() error { return e.cause }

func usagef(format string, args ...any) error { return &usageError{fmt.Errorf(format, args...)} }

// errWorse is a run that is worse than its baseline.
var errWorse = errors.New("worse than the baseline")

// errReported ends a command whose problems were printed already, where they occurred.
var errReported = errors.New("problems were found")

// fail prints what ended a command and returns the exit code for it.
func fail(ctx context.Context, stderr io.Writer, err error) int {
	if err == nil {
		return exitOK
	}
	if ctx.Err() != nil && (errors.Is(err, context.Canceled) || errors.Is(err, context.Cause(ctx))) {
		fmt.Fprintln(stderr, "diagnops: interrupted")
		return exitBadInput
	}
	var usage *usageError
	switch {
	case errors.Is(err, errReported):
		return exitBadInput
	case errors.As(err, &usage):
		fmt.Fprintf(stderr, "diagnops: %s\nTry \"diagnops --help\", or \"diagnops COMMAND --help\".\n", err)
		return exitUsage
	case errors.Is(err, errWorse):
		fmt.Fprintln(stderr, "diagnops:", err)
		return exitWorse
	case errors.Is(err, promapi.ErrUnreachable):
		fmt.Fprintln(stderr, "diagnops:", err)
		return exitUnreachable
	}
	// Problems of files begin with the file's name, as compilers print them, so that editors can jump there.
	fmt.Fprintln(stderr, err)
	return exitBadInput
}
