package bundle

import (
	"bytes"
	"context"
	"errors"
	"math"
	"testing"
	"testing/fstest"
	"unicode/utf8"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/textparse"

	"github.com/diagnops/diagnops/collectors"
	"github.com/diagnops/diagnops/engine/model"
)

// lines are seeds: well-formed and broken lines of OpenMetrics text.
var lines = []string{
	`a 1 1772359200`, `a{b="c"} -1.5e-3 1772359200.123`, `a{b="c",d="e\"f\\g\nh"} NaN 1`, `{"my.metric","x y"="z"} +Inf 2`,
	`a{b="}"} 1 1 # {c="d"} 1 1`, `a{b="c",} .5 0`, `a{} 9007199254740993 1.7e9`, `a{b="c",b="d"} 1 1`, `a{b=""} 1 1`,
	`{b="c"} 1 1`, `a 1`, `a  1 1`, `a{b="c" 1 1`, `# EOF`, `# TYPE a counter`, `a 0x1p3 1`, `a 1_0 1`, `a 1 -1`, `{""="x"} 1 1`,
	`a{b="é"} 5. 1`, "a 1 1\r", `a 00000000000000000000.10000000000000000000001 1`, `a 123456789012345678901234567890 1.0009`,
}

// FuzzOpenMetrics holds the reader against Prometheus' own on single lines: whatever Prometheus takes as a sample with a
// time must be taken here too, and be the same. It also reads the input as a whole text, which must never panic, and
// must give the same however it is cut into pieces.
func FuzzOpenMetrics(f *testing.F) {
	for _, line := range lines {
		f.Add([]byte(line))
	}
	f.Add(recording(3, 3, 60, true))
	f.Fuzz(func(t *testing.T, text []byte) {
		line, _, _ := bytes.Cut(text, []byte("\n"))
		if want, ok := promSample(line); ok {
			compareSample(t, line, want)
		}
		whole, wholeErr := readPieces(text, 64<<10)
		for _, size := range []int{2 * len(text) / 3, 100} {
			pieces, err := readPieces(text, max(size, longestLine(text)+1))
			if (err == nil) != (wholeErr == nil) {
				t.Fatalf("pieces of %d: %v, at once: %v", size, err, wholeErr)
			}
			if err == nil && show(pieces) != show(whole) {
				t.Fatalf("pieces of %d:\n%sat once:\n%s", size, show(pieces), show(whole))
			}
		}
	})
}

func longestLine(text []byte) (n int) {
	for line := range bytes.SplitSeq(text, []byte("\n")) {
		n = max(n, len(line))
	}
	return n
}

// wanted is a sample as Prometheus reads it.
type wanted struct {
	labels labels.Labels
	millis int64
	value  float64
}

// promSample asks Prometheus' parser; ok is false when it refuses the line, and where this package refuses on purpose:
// text that is no UTF-8, labels given twice, empty names, times out of bounds.
func promSample(line []byte) (w wanted, ok bool) {
	if !utf8.Valid(line) || len(line) > maxLineBytes {
		return w, false
	}
	p := textparse.NewOpenMetricsParser(append(bytes.Clone(line), "\n# EOF\n"...), labels.NewSymbolTable())
	entry, err := p.Next()
	if err != nil || entry != textparse.EntrySeries {
		return w, false
	}
	_, millis, value := p.Series()
	if millis == nil || *millis < 0 || *millis > maxMillis-1000 {
		return w, false
	}
	p.Labels(&w.labels)
	w.millis, w.value = *millis, value
	_, twice := w.labels.HasDuplicateLabelNames()
	empty := w.labels.Get(model.MetricName) == ""
	n := 0
	w.labels.Range(func(l labels.Label) { empty = empty || l.Name == ""; n++ })
	return w, !twice && !empty && n <= maxLabels
}

func compareSample(t *testing.T, line []byte, want wanted) {
	t.Helper()
	d, err := readPieces(append(bytes.Clone(line), '\n'), 128<<10)
	if err != nil {
		t.Fatalf("%q: Prometheus takes it, this does not: %v", line, err)
	}
	if d.NumSamples() != 1 {
		t.Fatalf("%q: %d samples", line, d.NumSamples())
	}
	var labels model.Labels
	want.labels.Range(func(l promLabel) {
		if l.Value != "" {
			labels = append(labels, model.Label{Name: l.Name, Value: l.Value})
		}
	})
	labels.Sort()
	if d.Series[0].Compare(labels) != 0 {
		t.Fatalf("%q: labels %s, Prometheus %s", line, d.Series[0], labels)
	}
	if got := d.Values[0][0]; math.Float64bits(got) != math.Float64bits(want.value) {
		t.Fatalf("%q: value %x, Prometheus %x", line, got, want.value)
	}
	// Prometheus multiplies seconds as a double and cuts, which may miss the millisecond below or above.
	if off := d.Times[0][0] - want.millis; off < -1 || off > 1 {
		t.Fatalf("%q: %d ms, Prometheus %d", line, d.Times[0][0], want.millis)
	}
}

// promLabel names the type where a variable hides the package.
type promLabel = labels.Label

// readPieces reads text through a buffer of the given size.
func readPieces(text []byte, size int) (*Data, error) {
	l := loader{Bundle: &Bundle{}, ctx: context.Background(), columns: newColumns()}
	if err := l.read("metrics.om", bytes.NewReader(text), make([]byte, size)); err != nil {
		return nil, err
	}
	if err := l.problems.Err(); err != nil {
		return nil, err
	}
	return l.columns.data(), nil
}

func TestAgreesWithPrometheus(t *testing.T) {
	agreed := 0
	text := append(recording(60, 3, 15, true), []byte(joinLines(lines))...)
	for line := range bytes.SplitSeq(text, []byte("\n")) {
		if want, ok := promSample(line); ok {
			compareSample(t, line, want)
			agreed++
		}
	}
	if agreed < 60*3+8 {
		t.Errorf("only %d lines were compared", agreed)
	}
}

func joinLines(list []string) string {
	var b bytes.Buffer
	for _, l := range list {
		b.WriteString(l + "\n")
	}
	return b.String()
}

// FuzzIncident reads an incident.yaml within a bundle: it must be refused with positions, or be sound.
func FuzzIncident(f *testing.F) {
	f.Add([]byte(smallIncident))
	f.Add([]byte(smallIncident + "baseline: {from: 1772359200, to: 1772359260}\nexclude:\n- {from: 1, to: 2}\n"))
	f.Add([]byte("version: 1\nid: &a x\nstep: *a\nwindow: [1, 2]\nsymptom: null\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		files := smallBundle("# EOF\n")
		files["incident.yaml"] = &fstest.MapFile{Data: text}
		b, err := OpenFS(files)
		if err != nil {
			var problems collectors.Problems
			if !errors.As(err, &problems) || len(problems) == 0 {
				t.Fatalf("no problems in %v", err)
			}
			return
		}
		if problems := collectors.CheckIncident(b.Incident); len(problems) > 0 {
			t.Fatalf("accepted, but: %v", problems)
		}
		if c := b.Incident.Symptom.Component; c != "" && b.Topology.Component(c) == nil {
			t.Fatalf("symptom on unknown %q", c)
		}
	})
}
