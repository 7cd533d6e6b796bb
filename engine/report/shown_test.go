package report

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/diagnops/diagnops/engine/model"
)

// TestNobodyIsNamedBesideHealth: a healthy answer lists suspects for those who ask for everything, and in JSON.
func TestNobodyIsNamedBesideHealth(t *testing.T) {
	d := healthy()
	d.Causes = []model.Cause{{Rank: 1, Component: "scapegoat", Fault: "cpu-steal", Probability: 0.29}}
	for _, f := range Formats() {
		out := string(render(t, d, f, Options{}))
		if got, want := strings.Contains(out, "scapegoat"), f == FormatJSON; got != want {
			t.Errorf("%s names a suspect: %t, want %t", f, got, want)
		}
		if !strings.Contains(string(render(t, d, f, Options{Verbose: true})), "scapegoat") {
			t.Errorf("%s, all asked for, names no suspect", f)
		}
	}
}

// TestGuessesAreNoCandidates: where nobody is suspected nobody is named, unless all is asked for.
func TestGuessesAreNoCandidates(t *testing.T) {
	d := inconclusive()
	d.Causes = []model.Cause{{Rank: 1, Component: "scapegoat", Fault: "cpu-steal", Probability: slightOfMany}, {Rank: 2, Component: "neighbour", Probability: 0.01}}
	for _, f := range []Format{FormatText, FormatMarkdown, FormatHTML} {
		if !strings.Contains(string(render(t, d, f, Options{})), "scapegoat") {
			t.Errorf("%s does not name a candidate", f)
		}
	}
	if strings.Contains(string(render(t, d, FormatText, Options{})), "neighbour") {
		t.Error("the short form names a slight candidate")
	}
	d.Causes[0].Probability = slightOfMany - 0.01
	for _, f := range []Format{FormatText, FormatMarkdown, FormatHTML} {
		if strings.Contains(string(render(t, d, f, Options{})), "scapegoat") || !strings.Contains(string(render(t, d, f, Options{Verbose: true})), "scapegoat") {
			t.Errorf("%s: a guess is named, or not even to those who ask for all", f)
		}
	}
}

// TestControlNeedsASuspect: who could end it is not told while nobody is suspected.
func TestControlNeedsASuspect(t *testing.T) {
	d := inconclusive()
	d.Triage.Control = model.ControlTechnical
	for _, tc := range []struct {
		probability float64
		want        bool
	}{{suspected, true}, {suspected - 0.01, false}} {
		d.Causes[0].Probability = tc.probability
		if got := strings.Contains(string(render(t, d, FormatText, Options{})), "ours to fix"); got != tc.want {
			t.Errorf("at %g control is told: %t, want %t", tc.probability, got, tc.want)
		}
	}
	d.Causes = nil
	if strings.Contains(string(render(t, d, FormatText, Options{})), "ours to fix") {
		t.Error("control is told where there is no cause at all")
	}
}

// TestLinksThatAreWell are said to be so, and the line that leads down from them is dotted.
func TestLinksThatAreWell(t *testing.T) {
	d := diagnosed()
	d.Chain[1].Judged, d.Chain[2].Judged = model.JudgedUsual, model.JudgedBetter
	d.Chain[0].Judged = model.JudgedWorse
	for lang, want := range map[Lang][]string{
		English: {"(as usual)", "(better than usual)"}, Korean: {"(평소와 같음)", "(평소보다 좋음)"},
	} {
		for _, f := range []Format{FormatText, FormatMarkdown, FormatHTML} {
			out := string(render(t, d, f, Options{Lang: lang}))
			for _, w := range want {
				if n := strings.Count(out, w); n != 1 {
					t.Errorf("%s, %s: %q stands there %d times", f, lang, w, n)
				}
			}
			if strings.Contains(out, "worse than usual") || strings.Contains(out, "평소보다 나쁨") {
				t.Errorf("%s, %s: what the figures say is said again", f, lang)
			}
		}
	}
	text := string(render(t, d, FormatText, Options{}))
	if strings.Count(text, "\n  : ") < 2 || strings.Count(text, "\n  | ") < 1 {
		t.Errorf("lines lead down from links that are well and from one that is not:\n%s", text)
	}
	if html := string(render(t, d, FormatHTML, Options{})); strings.Count(html, `<li class="well">`) != 2 {
		t.Error("the page draws links that are well like others")
	}
}

func TestOneAdviceForMany(t *testing.T) {
	advice := model.Say("install the exporter")
	of := func(component, fault string, how model.Message, missing string, between ...string) model.Untested {
		return model.Untested{Component: component, Fault: fault, HowToGet: how, Missing: []string{missing}, DecidesBetween: between}
	}
	v := newView(&model.Diagnosis{Untested: []model.Untested{
		of("web", "slow", advice, "cpu", "web", "db"), of("mail", "gone", advice, "up", "mail"), of("cart", "slow", advice, "memory", "cart", "db"),
		of("bank", "slow", model.Say("ask them"), "cpu", "bank", "db"), of("box", "gone", model.Say("look"), "up", "box"),
		of("rack", "gone", model.Say("look"), "up", "rack"),
	}}, Options{}.withDefaults())
	var got []string
	for _, u := range v.Untested {
		got = append(got, u.line(v.say, commas)+" "+u.HowToGet)
	}
	want := []string{
		"web, cart: slow. Not measured: cpu, memory. It would decide between them and db. install the exporter",
		"mail: gone. Not measured: up. It would decide about mail. install the exporter",
		"bank: slow. Not measured: cpu. It would decide between bank, db. ask them",
		"box, rack: gone. Not measured: up. It would decide about them. look",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("untested (-want +got):\n%s", diff)
	}
}

// TestMeasurementsToMake: the most telling ones are proposed, one of each component, with what they would mean.
func TestMeasurementsToMake(t *testing.T) {
	of := func(component string, bits float64) model.Untested {
		u := model.Untested{Component: component, Fault: "slow", Missing: []string{"a", "b", "c", "d"}, ExpectedGainBits: bits}
		if bits > 0 {
			u.Outcomes = model.Say("if bad, %s; if as usual, %s", model.Say("%s comes first (%d %%)", component, 90), model.Say("nobody comes first"))
		}
		return u
	}
	d := &model.Diagnosis{Untested: []model.Untested{of("mail", 0.4), of("mail", 0.4), of("db", 0.2), of("web", 0.1), of("cart", 0.09), of("box", 0)}}
	got := newView(d, Options{}.withDefaults()).FindOut
	var names []string
	for _, a := range got {
		names = append(names, a.Text)
	}
	want := []string{
		"measure mail (a, b, c): if bad, mail comes first (90 %); if as usual, nobody comes first",
		"measure db (a, b, c): if bad, db comes first (90 %); if as usual, nobody comes first",
		"measure web (a, b, c): if bad, web comes first (90 %); if as usual, nobody comes first",
	}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("to find out (-want +got):\n%s", diff)
	}
	if want := "it is not measured, and expected to tell 0.4 bits of who is to blame"; got[0].Because != want {
		t.Errorf("because %q, want %q", got[0].Because, want)
	}
	d.Untested = []model.Untested{of("box", 0)}
	if got := newView(d, Options{}.withDefaults()).FindOut; len(got) > 0 {
		t.Errorf("what tells nothing is to be measured: %+v", got)
	}
}

// TestUnknownIsBounded: what is not known must not push the answer off the screen, and nothing of it is dropped unsaid.
func TestUnknownIsBounded(t *testing.T) {
	d := diagnosed()
	d.Untested, d.Coverage.Gaps = nil, nil
	for i := range 9 {
		d.Coverage.Gaps = append(d.Coverage.Gaps, model.Say("gap %d of a component with a long name, for a reason that takes a second line", i))
		d.Untested = append(d.Untested, model.Untested{
			Component: fmt.Sprintf("web-%d", i), Fault: "slow", Missing: []string{"cpu"}, HowToGet: model.Say("advice %d", i),
		})
	}
	section := func(o Options) string {
		_, rest, _ := strings.Cut(string(render(t, d, FormatText, o)), "UNKNOWN\n")
		section, _, _ := strings.Cut(rest, "\n\n")
		return section
	}
	short := section(Options{})
	if n := strings.Count(short, "\n"); n > shortUnknownLines+2 {
		t.Errorf("%d lines:\n%s", n, short)
	}
	shown := strings.Count(short, "? ")
	if !strings.Contains(short, "? gap 0") || !strings.Contains(short, "? web-0") || !strings.Contains(short, fmt.Sprintf("and %d more", 18-shown)) {
		t.Errorf("%d shown:\n%s", shown, short)
	}
	if n := strings.Count(section(Options{Verbose: true}), "? "); n != 18 {
		t.Errorf("%d of 18 shown to those who ask for all", n)
	}
}

func TestNumbersAreRounded(t *testing.T) {
	d := diagnosed()
	d.Causes[0].Score = []model.Term{{Term: "own-signal", Value: 1.23456789}, {Term: "role", Value: -0.0001}}
	d.Chain[0].MagnitudeSigma, d.Chain[0].LagSeconds, d.Chain[0].Correlation = 12.34567, 7.00049, 0.98765
	out := string(render(t, d, FormatJSON, Options{}))
	for _, want := range []string{`"value": 1.235,`, `"value": 0,`, `"magnitude_sigma": 12.346,`, `"lag_seconds": 7,`, `"correlation": 0.988,`} {
		if !strings.Contains(out, want) {
			t.Errorf("no %s in\n%s", want, out)
		}
	}
	if d.Causes[0].Score[0].Value != 1.23456789 || d.Chain[0].Correlation != 0.98765 {
		t.Error("rendering changed the diagnosis")
	}
}
