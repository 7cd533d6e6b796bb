package bench

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/diagnops/diagnops/collectors/synth"
	"github.com/diagnops/diagnops/engine/batch"
	"github.com/diagnops/diagnops/engine/model"
)

// suite is a sort of incidents that is judged on its own.
type suite struct {
	name       string
	draw       drawer
	every      int // one incident for so many seeds of the run
	components int
	detail     synth.Detail
	bounds     []bound
}

// bound holds a figure of the default run to a little less than what was measured, so that a change for the worse fails.
type bound struct {
	set         string // what is added to the suite's name
	figure      string
	of          func(*batch.Figures) batch.Ratio
	least, most batch.Ratio
}

func first(f *batch.Figures) batch.Ratio       { return f.Component.AC[0] }
func third(f *batch.Figures) batch.Ratio       { return f.Component.AC[2] }
func accused(f *batch.Figures) batch.Ratio     { return f.FalseAccusations.Share }
func specificity(f *batch.Figures) batch.Ratio { return f.Specificity.Share }

// Larger graphs are fewer, for they take long.
var suites = []suite{
	{"one fault, 50 components", singles, 1, 50, synth.DetailFull, []bound{
		{"", "AC@1", first, 0.88, 1},
		{"", "AC@3", third, 0.94, 1},
		{"", "wrong first causes at 0.7 or more", accused, 0, 0.04},
	}},
	{"one fault, 1000 components", singles, 20, 1000, synth.DetailLean, []bound{
		{"", "AC@3", third, 0.66, 1},
	}},
	{"two faults, 50 components", doubles, 3, 50, synth.DetailFull, []bound{
		{"", "AC@1", first, 0.9, 1},
		{everyFaultSet, "AC@3", third, 0.6, 1},
	}},
	{"quiet, 50 components", quiets, 3, 50, synth.DetailFull, []bound{
		{"", "specificity", specificity, 0.95, 1},
	}},
	{"quiet, 1000 components", quiets, 60, 1000, synth.DetailLean, []bound{
		{"", "specificity", specificity, 1, 1},
	}},
}

func (s *suite) cases(r synthRun) []synthCase {
	cases := s.draw(max(1, r.seeds/s.every), r.base)
	for i := range cases {
		cases[i].opts.Components, cases[i].opts.Detail = s.components, s.detail
	}
	return cases
}

// check reports every figure that is out of its bounds, unknown ones included.
func (s *suite) check(t *testing.T, totals []batch.Figures) {
	t.Helper()
	for _, b := range s.bounds {
		i := slices.IndexFunc(totals, func(f batch.Figures) bool { return f.Set == s.name+b.set })
		if i < 0 {
			t.Errorf("no figures of %s%s", s.name, b.set)
		} else if got := b.of(&totals[i]); !(got >= b.least && got <= b.most) {
			t.Errorf("%s%s: %s is %v, it was from %v to %v", s.name, b.set, b.figure, got, b.least, b.most)
		}
	}
}

// TestSynth judges the suites, holds the default run to their bounds, and prints the figures. Those of large groups are
// written where DIAGNOPS_SYNTH_OUT says.
func TestSynth(t *testing.T) {
	run := synthRunOf(t)
	var written, totals []batch.Figures
	var all []batch.Scored
	done := 0
	begin := time.Now()
	for _, s := range suites {
		t.Run(strings.ReplaceAll(s.name, ", ", "/"), func(t *testing.T) {
			cases := s.cases(run)
			answers := judgeAll(t, s.name, cases)
			sc := score(s.name, answers)
			t.Logf("%s, %s: %d of %d seeds from %d on have a place for their fault\n%s", s.name, s.detail,
				len(answers), len(cases), cases[0].opts.Seed, tables(slices.Concat(sc.groups, sc.totals)))
			if run.base < heldOut {
				explain(t, answers)
			}
			if run.bounded() {
				s.check(t, sc.totals)
			}
			for _, f := range sc.groups {
				if f.Incidents >= leastWritten {
					written = append(written, f)
				}
			}
			written = append(written, sc.totals...)
			totals = append(totals, sc.totals...)
			for i := range answers {
				all = append(all, answers[i].scored(batch.Overall, anyFault))
			}
			done++
		})
	}
	overall := batch.Score(batch.Overall, all, 0)
	overall.Time.PerSecond = batch.Ratio(float64(len(all)) / time.Since(begin).Seconds())
	t.Logf("%d seeds from %d on: %d incidents in %s\n%s\n%s", run.seeds, run.base, len(all),
		time.Since(begin).Round(time.Second), tables(append(totals, overall)), reliability(overall.Calibration))
	switch {
	case run.out == "" || t.Failed():
	case done < len(suites):
		t.Errorf("%d of %d suites ran: their figures are not written", done, len(suites))
	default:
		writeSynthFigures(t, run.out, append(written, overall))
	}
}

// leastWritten is the size from which the figures of a group are stored: one incident more or less changes smaller ones
// by more than any change of the engine does.
const leastWritten = 10

// writeSynthFigures stores the figures as `replay --score.out` does, and says what moved.
func writeSynthFigures(t *testing.T, file string, figures []batch.Figures) {
	t.Helper()
	if before, err := os.ReadFile(file); err == nil {
		was, err := batch.DecodeBaseline(before)
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		deltas, missing := batch.Compare(was, batch.NewBaseline(figures))
		for _, d := range deltas {
			t.Log(d)
		}
		if len(missing) > 0 {
			t.Logf("in %s and not in this run: %s", file, strings.Join(missing, "; "))
		}
	}
	data, err := batch.NewBaseline(figures).Encode()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, data, 0o644); err != nil { //nolint:gosec // Figures are no secret.
		t.Fatal(err)
	}
}

// TestSynthRenamed: names must not matter.
func TestSynthRenamed(t *testing.T) {
	const seeds, components = 15, 30
	cases := singles(seeds, synthRunOf(t).base)
	for i := range cases {
		cases[i].opts.Components = components
	}
	named := judgeAll(t, "first names", cases)
	for i := range cases {
		cases[i].opts.NameSeed = 7_000 + uint64(i)
	}
	renamed := judgeAll(t, "other names", cases)
	if len(named) != len(renamed) {
		t.Fatalf("%d answers, renamed %d", len(named), len(renamed))
	}
	for i := range named {
		if diff := cmp.Diff(nameless(&named[i]), nameless(&renamed[i])); diff != "" {
			t.Errorf("%s seed %d (-named +renamed):\n%s", named[i].group, named[i].opts.Seed, diff)
		}
	}
}

// standing is a cause without names: its component's place in the topology.
type standing struct {
	Status      model.Status
	Component   int
	Fault       string
	Probability float64
}

// nameless is an answer's first causes without names; further down, ties are broken by them.
func nameless(a *synthAnswer) []standing {
	var out []standing
	for i := range a.diagnosis.Causes[:min(3, len(a.diagnosis.Causes))] {
		c := &a.diagnosis.Causes[i]
		component := slices.IndexFunc(a.scenario.Topology.Components, func(x model.Component) bool { return x.Name == c.Component })
		out = append(out, standing{a.diagnosis.Outcome.Status, component, c.Fault, c.Probability})
	}
	return out
}
