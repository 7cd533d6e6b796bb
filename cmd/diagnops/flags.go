package main

import (
	"io"
	"os"
	"strings"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/term"

	"github.com/diagnops/diagnops/collectors/promapi"
	"github.com/diagnops/diagnops/engine"
	"github.com/diagnops/diagnops/engine/report"
)

// logFlags say what goes to stderr beside errors.
type logFlags struct {
	Level  string `default:"warn" enum:"debug,info,warn,error" help:"Least severity to log: ${enum}."`
	Format string `default:"text" enum:"text,json" help:"How to log: ${enum}."`
}

func (f logFlags) logger(stderr io.Writer) zerolog.Logger {
	level, err := zerolog.ParseLevel(f.Level)
	if err != nil {
		panic("BUG: log level: " + err.Error()) // the flag's enum is a subset of zerolog's levels
	}
	if f.Format == "text" {
		stderr = zerolog.ConsoleWriter{Out: stderr, NoColor: !colorful(stderr), TimeFormat: time.RFC3339}
	}
	return zerolog.New(stderr).Level(level).With().Timestamp().Logger()
}

// reportFlags say how an answer is written.
type reportFlags struct {
	Output  string `short:"o" default:"text" enum:"text,json,markdown,html" help:"Form of the answer: ${enum}."`
	Lang    string `default:"en" enum:"en,ko" help:"Language of the answer: ${enum}. JSON is always English."`
	Color   string `default:"auto" enum:"auto,always,never" help:"Colours: ${enum}. auto: on a terminal, unless NO_COLOR is set."`
	Verbose bool   `short:"v" help:"Show long lists in full, with queries."`
}

// options turns the flags into the renderer's words; out decides about colour and width.
func (f reportFlags) options(out io.Writer) (report.Format, report.Options, error) {
	format, err := report.ParseFormat(f.Output)
	if err != nil {
		return "", report.Options{}, &usageError{err}
	}
	lang, err := report.ParseLang(f.Lang)
	if err != nil {
		return "", report.Options{}, &usageError{err}
	}
	color := f.Color == "always" || f.Color == "auto" && colorful(out)
	return format, report.Options{Lang: lang, Color: color, Width: width(out), Verbose: f.Verbose}, nil
}

// terminal returns the descriptor of w when it is a terminal.
func terminal(w io.Writer) (fd int, ok bool) {
	f, isFile := w.(*os.File)
	if !isFile {
		return 0, false
	}
	fd = int(f.Fd())
	return fd, term.IsTerminal(fd)
}

// colorful tells whether w shows colours to somebody who did not ask for none (https://no-color.org).
func colorful(w io.Writer) bool {
	_, ok := terminal(w)
	return ok && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}

// maxWidth is where lines get too long to read, however wide the terminal is.
const maxWidth = 100

// width is how many columns w has; 0 (the renderer's default) when it is no terminal.
func width(w io.Writer) int {
	fd, ok := terminal(w)
	if !ok {
		return 0
	}
	cols, _, err := term.GetSize(fd)
	if err != nil {
		return 0
	}
	return min(cols, maxWidth)
}

// sourceFlags say which Prometheus to ask, and how hard.
type sourceFlags struct {
	URL         string            `name:"url" placeholder:"URL" help:"Prometheus, Thanos, Mimir or VictoriaMetrics to ask."`
	HTTPConfig  string            `name:"http-config" placeholder:"FILE" help:"HTTP client settings as Prometheus takes them: basic auth, bearer token, OAuth 2, TLS, proxy."`
	Header      map[string]string `name:"header" placeholder:"NAME=VALUE" mapsep:"none" help:"A header for every request; repeatable."`
	Tenant      string            `name:"tenant" placeholder:"ID" help:"Tenant, sent as X-Scope-OrgID."`
	Selector    string            `name:"selector" placeholder:"{LABEL=\"VALUE\"}" help:"Label matchers to put into every query."`
	Concurrency int               `name:"concurrency" default:"4" help:"Most requests at the same time."`
	MaxRate     float64           `name:"max-rate" default:"0" help:"Most requests a second; 0 = no bound."`
	Timeout     time.Duration     `name:"timeout" default:"1m" help:"Longest time for one request."`
}

// seasonFlags say which earlier days a Prometheus is asked about.
type seasonFlags struct {
	Days int `default:"0" help:"Fetch the symptom's time of day of so many earlier days too, to know what is usual then; fewer than 3 tell nothing. Each day is one more range query a signal, over an hour or two."`
}

func (f seasonFlags) validate() error {
	if f.Days < 0 || f.Days > engine.MaxSeasonDays {
		return usagef("--season.days (%d) must be 0 to %d", f.Days, engine.MaxSeasonDays)
	}
	return nil
}

// options turns the flags into the client's.
func (f sourceFlags) options() (promapi.Options, error) {
	o := promapi.Options{
		URL: f.URL, Headers: f.Header, Tenant: f.Tenant, ExtraSelector: f.Selector,
		Concurrency: f.Concurrency, MaxRate: f.MaxRate, Timeout: f.Timeout,
	}
	if f.HTTPConfig != "" {
		c, err := promapi.LoadHTTPConfig(f.HTTPConfig)
		if err != nil {
			return promapi.Options{}, err
		}
		o.HTTPClientConfig = c
	}
	if err := o.Validate(); err != nil {
		return promapi.Options{}, usagef("--prometheus flags: %s", strings.ReplaceAll(err.Error(), "\n", "; "))
	}
	return o, nil
}
