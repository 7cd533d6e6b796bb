package bundle

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/diagnops/diagnops/engine/model"
)

const (
	smallIncident = `version: 1
id: small
title: a small recording
step: 1m
window: {from: 2026-03-01T10:00:00Z, to: 2026-03-01T10:05:00Z}
symptom: {component: shop, signal: latency, from: 2026-03-01T10:03:00Z}
`
	smallTopology = `version: 1
components:
- {name: web, kind: app, aliases: [shop]}
- {name: db, kind: db}
dependencies:
- {from: web, to: db, kind: calls}
signals:
- {name: latency, kind: latency, expr: 'web_latency_seconds{stat="p90"}', by: service, unit: seconds, bad: up}
`
	// smallStart is the window's start, Unix seconds.
	smallStart = 1772359200
)

// smallBundle is a bundle with the metrics given.
func smallBundle(metrics string) fstest.MapFS {
	return fstest.MapFS{
		"incident.yaml": {Data: []byte(smallIncident)},
		"topology.yaml": {Data: []byte(smallTopology)},
		"metrics.om":    {Data: []byte(metrics)},
	}
}

// load opens and loads, and fails the test on any error.
func load(tb testing.TB, fsys fstest.MapFS) *Data {
	tb.Helper()
	b, err := OpenFS(fsys)
	if err != nil {
		tb.Fatal(err)
	}
	d, err := b.Load(context.Background())
	if err != nil {
		tb.Fatal(err)
	}
	if err := b.Close(); err != nil {
		tb.Fatal(err)
	}
	return d
}

// show prints all samples, one series a line, times in seconds after smallStart.
func show(d *Data) string {
	var b strings.Builder
	for i, ls := range d.Series {
		b.WriteString(ls.String())
		for j, t := range d.Times[i] {
			fmt.Fprintf(&b, " %g@%g", d.Values[i][j], float64(t-smallStart*1000)/1000)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// recording writes OpenMetrics text as recordings are: series after series, each with samples every step seconds. Values
// have short and long mantissas; jitter gives every tenth series its own fraction of a second.
func recording(series, samples, stepSeconds int, jitter bool) []byte {
	var b bytes.Buffer
	state := uint64(1)
	for s := range series {
		name := fmt.Sprintf("app_metric_%02d_seconds_total", s/20)
		if s%20 == 0 {
			fmt.Fprintf(&b, "# TYPE %s unknown\n", name)
		}
		prefix := fmt.Sprintf(`%s{instance="10.0.0.%d:9100",job="node",path="/api/v1/%d",service="web-%d"}`, name, s%7, s, s%5)
		for i := range samples {
			state = state*6364136223846793005 + 1442695040888963407
			value := fmt.Sprint(i * 3)
			switch s % 3 {
			case 1:
				value = fmt.Sprintf("%d.%03d", state>>60, state>>40%1000)
			case 2:
				value = fmt.Sprint(float64(state>>11) / (1 << 50))
			}
			at := fmt.Sprint(smallStart + i*stepSeconds)
			if jitter {
				at += fmt.Sprintf(".%03d", s%10*97)
			}
			fmt.Fprintf(&b, "%s %s %s\n", prefix, value, at)
		}
	}
	b.WriteString("# EOF\n")
	return b.Bytes()
}

func zipped(tb testing.TB, text []byte) []byte {
	tb.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(text); err != nil {
		tb.Fatal(err)
	}
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

// write puts a bundle into a new folder.
func write(tb testing.TB, fsys fstest.MapFS) string {
	tb.Helper()
	dir := filepath.Join(tb.TempDir(), "small")
	if err := os.CopyFS(dir, fsys); err != nil {
		tb.Fatal(err)
	}
	return dir
}

// sink records a replay.
type sink struct {
	labels []model.Labels
	events []string
	last   int64
	order  bool // times never fell
	n      int
	sum    float64
	fail   error
	quiet  bool // count only
}

func (s *sink) Series(ls model.Labels) (model.SeriesRef, error) {
	s.order = true
	s.labels = append(s.labels, ls)
	return model.SeriesRef(len(s.labels) - 1), s.fail
}

func (s *sink) Append(ref model.SeriesRef, t int64, v float64) {
	s.order = s.order && t >= s.last
	s.last = t
	s.n++
	s.sum += v
	if !s.quiet {
		s.events = append(s.events, fmt.Sprintf("%g %s=%g", float64(t-smallStart*1000)/1000, s.labels[ref], v))
	}
}

// bySeries returns what was recorded, series by series.
func (s *sink) bySeries() map[string][]string {
	out := map[string][]string{}
	for _, e := range s.events {
		at, rest, _ := strings.Cut(e, " ")
		i := strings.LastIndexByte(rest, '=')
		out[rest[:i]] = append(out[rest[:i]], at+rest[i:])
	}
	return out
}
