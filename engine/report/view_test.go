package report

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/diagnops/diagnops/engine/model"
)

// TestRuledOutOrder checks that the list begins next to the cause, gives every component its turn, and merges what fell
// for one reason.
func TestRuledOutOrder(t *testing.T) {
	d := &model.Diagnosis{Chain: []model.Link{{Component: "lb"}, {Component: "db"}}}
	add := func(component, fault, why string) {
		d.Eliminated = append(d.Eliminated, model.Eliminated{Component: component, Fault: fault, Text: model.Verbatim(why)})
	}
	add("mail", "f1", "quiet")
	add("lb", "f1", "an effect")
	add("lb", "f2", "an effect")
	for _, f := range []string{"f1", "f2", "f3", "f4"} {
		add("db", f, "no "+f)
	}
	var got []string
	for _, r := range newView(d, Options{Lang: English}).RuledOut {
		got = append(got, r.Component+" "+r.Fault())
	}
	want := []string{"db f1", "db f2", "db f3", "lb f1, f2", "mail f1", "db f4"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestProofs(t *testing.T) {
	v := &view{say: speaker{English}}
	got := v.proofs([]model.Evidence{
		{Verdict: model.VerdictUnknown, Text: model.Verbatim("u")},
		{Verdict: model.Refutes, Text: model.Verbatim("r"), Weight: -0.1},
		{Verdict: model.Supports, Text: model.Verbatim("small"), Weight: 0.1},
		{Verdict: model.Refutes, Text: model.Verbatim("R"), Weight: -2},
		{Verdict: model.Supports, Text: model.Verbatim("large"), Weight: 2},
		{Verdict: "odd", Test: "t", Signal: "s"},
	})
	var lines []string
	for _, p := range got {
		lines = append(lines, p.Mark+" "+p.Text)
	}
	want := []string{"+ large", "+ small", "? t s", "- R", "- r", "? u"}
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Error(diff)
	}
}

func TestFigures(t *testing.T) {
	s := speaker{English}
	for _, tc := range []struct {
		p    proof
		want string
	}{
		{proof{Mark: "+", Text: "It is long.", Observed: "34 requests", Baseline: "0.2 requests"}, "It is long; 34 requests, usually 0.2"},
		{proof{Mark: "+", Text: "it is slow", Observed: "640 ms", Baseline: "3 ms"}, "it is slow; 640 ms, usually 3 ms"},
		{proof{Mark: "-", Text: "it stands at 3 ms", Observed: "3 ms", Baseline: "3 ms"}, "it stands at 3 ms"},
		{proof{Mark: "-", Text: "fell", Observed: "3 ms"}, "fell; 3 ms"},
		{proof{Mark: "?", Text: "who knows", Observed: "3 ms"}, "who knows"},
	} {
		if got := with(tc.p.Text, tc.p.figures(s)); got != tc.want {
			t.Errorf("%v: %q, want %q", tc.p, got, tc.want)
		}
	}
}

func TestClocksAndOnsets(t *testing.T) {
	v := &view{say: speaker{English}, date: "2026-03-01"}
	for _, tc := range []struct {
		o    model.Onset
		want string
	}{
		{model.Onset{}, ""},
		{onset("14:00:05", "14:00:05"), "14:00:05"},
		{onset("14:00:05", "14:00:40"), "14:00:05-40"},
		{onset("14:00:55", "14:01:10"), "14:00:55-14:01:10"},
		{model.Onset{Latest: at("14:00:05")}, "before 14:00:05"},
		{model.Onset{Earliest: day.Add(-1e9)}, "after 2026-02-28 23:59:59"},
	} {
		if got := v.onset(tc.o); got != tc.want {
			t.Errorf("onset(%v) = %q, want %q", tc.o, got, tc.want)
		}
	}
}

// TestLagClaimsNoOrderOfTies checks that onsets whose intervals overlap are called a tie, whatever figure is given.
func TestLagClaimsNoOrderOfTies(t *testing.T) {
	v := &view{say: speaker{English}}
	below := model.Link{Component: "db", Onset: onset("14:00:10", "14:00:20")}
	for _, tc := range []struct {
		o    model.Onset
		lag  float64
		want string
	}{
		{onset("14:00:15", "14:00:25"), 5, "together with db"},
		{onset("14:00:30", "14:00:40"), 20, "20 s after db"},
		{onset("14:00:00", "14:00:05"), -12, "12 s before db"},
		{onset("14:00:30", "14:00:40"), model.Gap(), ""},
		{model.Onset{}, 20, ""},
	} {
		if got := v.lag(model.Link{Onset: tc.o, LagSeconds: tc.lag}, below); got != tc.want {
			t.Errorf("lag(%v, %g) = %q, want %q", tc.o, tc.lag, got, tc.want)
		}
	}
}

func TestRuledOutQuery(t *testing.T) {
	r := ruledOut{Text: "CPU idles", Evidence: []proof{
		{Mark: "+", Text: "CPU idles", Query: "for"},
		{Mark: "-", Text: "order", Query: "other"},
		{Mark: "-", Text: "CPU idles", Query: "cpu"},
		{Mark: "-", Text: "late", Query: "late"},
	}}
	if got := r.Query(); got != "cpu" {
		t.Errorf("Query = %q, want that of the evidence the text repeats", got)
	}
	r.Text = "something else"
	if got := r.Query(); got != "other" {
		t.Errorf("Query = %q, want the first against it", got)
	}
}
