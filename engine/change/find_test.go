package change

import (
	"flag"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/diagnops/diagnops/engine/model"
	"github.com/diagnops/diagnops/engine/topo"
)

var update = flag.Bool("update", false, "rewrite what the golden file expects")

var begin = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// A case is a list of lines:
//
//	told deploy web 60 release 2          a change that somebody told of: kind, component, seconds, title
//	ask web version deploy label v        of whom, what it is called, its kind, how it shows; of labels, which
//	instance=a v=1 : 1x5 _ 1              a series: labels, and its values, a point a minute; 1x5 is five times
//
// A value "@90" is the Unix time of 90 seconds after the first point. Words after the way are states ("0=primary") or
// "vague".
type scenario struct {
	told    []model.Change
	queries []*model.ChangeQuery
	tracks  []Track
	points  int
}

func parse(t *testing.T, text string) *scenario {
	t.Helper()
	s := &scenario{}
	for line := range strings.Lines(text) {
		f := strings.Fields(line)
		switch {
		case len(f) == 0:
		case f[0] == "told":
			s.told = append(s.told, model.Change{
				Kind: model.ChangeKind(f[1]), Component: f[2], At: begin.Add(time.Duration(number(t, f[3])) * time.Second),
				Title: strings.Join(f[4:], " "), ID: strconv.Itoa(len(s.told) + 1),
			})
		case f[0] == "ask":
			s.ask(f[1:])
		default:
			s.series(t, line)
		}
	}
	return s
}

func (s *scenario) ask(f []string) {
	rule := &model.ChangeRule{
		Name: f[1], Title: model.Message{Format: f[1]}, Kind: model.ChangeKind(f[2]), By: model.ShowsBy(f[3]),
		Instance: []string{"instance"}, States: map[string]string{},
	}
	for _, word := range f[4:] {
		value, state, named := strings.Cut(word, "=")
		switch {
		case named:
			rule.States[value] = state
		case word == "vague":
			rule.Vague = true
		default:
			rule.Labels = append(rule.Labels, word)
		}
	}
	q := &model.ChangeQuery{Rule: rule, Component: f[0], Expr: f[1]}
	s.queries, s.tracks = append(s.queries, q), append(s.tracks, Track{Query: q})
}

func (s *scenario) series(t *testing.T, line string) {
	t.Helper()
	left, right, _ := strings.Cut(line, " : ")
	labels := map[string]string{}
	for _, w := range strings.Fields(left) {
		name, value, _ := strings.Cut(w, "=")
		labels[name] = value
	}
	var values []float64
	for _, w := range strings.Fields(right) {
		word, times, repeated := strings.Cut(w, "x")
		n := 1
		if repeated {
			n = int(number(t, times))
		}
		for range n {
			values = append(values, value(t, word))
		}
	}
	s.points = max(s.points, len(values))
	last := &s.tracks[len(s.tracks)-1]
	last.Series = append(last.Series, model.AnswerSeries{Labels: model.NewLabels(labels), Values: values})
}

func value(t *testing.T, word string) float64 {
	t.Helper()
	if word == "_" {
		return model.Gap()
	}
	if after, ok := strings.CutPrefix(word, "@"); ok {
		return float64(begin.Unix()) + number(t, after)
	}
	return number(t, word)
}

func number(t *testing.T, word string) float64 {
	t.Helper()
	v, err := strconv.ParseFloat(word, 64)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func (s *scenario) find() Found {
	grid := model.Grid{Step: time.Minute, Spans: []model.Span{{StartMillis: model.Millis(begin), N: s.points}}}
	return Find(Input{Grid: grid, Tracks: s.tracks, Graph: topo.New(&model.Topology{}), Told: s.told})
}

func show(f Found) string {
	var b strings.Builder
	for _, c := range f.Changes {
		source := "told"
		if c.Found {
			source = "found"
		}
		fmt.Fprintf(&b, "%s %s of %s at %s: %s", source, c.Kind, c.Component, model.FormatClock(c.At), c.Title)
		if len(c.Instances) > 0 {
			fmt.Fprintf(&b, " (on %s of %d)", strings.Join(c.Instances, ", "), c.Seen.Instances)
		}
		b.WriteString("\n")
		if c.Seen != nil {
			fmt.Fprintf(&b, "  %s: %s, %s\n", c.Seen.Verdict, c.Seen.What, model.FormatOnset(c.Seen.When))
			for _, s := range c.Seen.Steps {
				fmt.Fprintf(&b, "  from %s on %s\n", model.FormatClock(s.From), model.FormatValue(s.Share, "ratio"))
			}
		}
	}
	for _, w := range f.Watches {
		fmt.Fprintf(&b, "watched: %s of %s, %q, %s to %s\n", w.What, w.Component, w.Shows, model.FormatClock(w.Interval.From), model.FormatClock(w.Interval.To))
	}
	return strings.TrimRight(b.String(), "\n")
}

// TestFind holds what was found against the golden file: read the diff, a change that is none is a false charge.
func TestFind(t *testing.T) {
	const file = "testdata/found.txt"
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	blocks := strings.Split("\n"+string(data), "\n=== ")[1:]
	if len(blocks) == 0 {
		t.Fatalf("%s has no case", file)
	}
	for i, block := range blocks {
		title, rest, _ := strings.Cut(block, "\n")
		input, want, _ := strings.Cut(rest, "\n----\n")
		got := show(parse(t, input).find())
		if diff := cmp.Diff(strings.TrimRight(want, "\n"), got); diff != "" && !*update {
			t.Errorf("case %q (-want +got); rewrite with -update:\n%s", title, diff)
		}
		blocks[i] = fmt.Sprintf("=== %s\n%s\n----\n%s\n", title, strings.TrimRight(input, "\n"), got)
	}
	if *update {
		if err := os.WriteFile(file, []byte(strings.Join(blocks, "\n")), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
