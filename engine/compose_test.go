package engine

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/diagnops/diagnops/engine/eliminate"
	"github.com/diagnops/diagnops/engine/hypo"
	"github.com/diagnops/diagnops/engine/model"
	"github.com/diagnops/diagnops/engine/rank"
	"github.com/diagnops/diagnops/engine/topo"
	"github.com/diagnops/diagnops/engine/window"
	"github.com/diagnops/diagnops/rules"
)

// stood is a ranked hypothesis with the terms of its score, named a, b, c, ... in their order.
func stood(component string, probability float64, terms ...float64) rank.Standing {
	h := &model.Hypothesis{Component: component, Fault: &model.Fault{Name: "slow", Title: model.Say("it is slow")}}
	for i, v := range terms {
		h.LogOdds += v
		h.Terms = append(h.Terms, model.Term{Term: "t", Value: v, Why: model.Say(component + " " + string(rune('a'+i)))})
	}
	return rank.Standing{Hypothesis: h, Probability: probability}
}

// composing is a composer of the chain, asked about the balancer, an hour at a point a minute.
func composing(t *testing.T, status model.Status, standings ...rank.Standing) *composer {
	t.Helper()
	e, err := New(Options{Rules: rules.Default()})
	if err != nil {
		t.Fatal(err)
	}
	inc := asked(between(-60, 10), between(0, 10))
	inc.Symptom.Component, inc.Symptom.Signal = "lb", model.KindLatency
	tl := layOut(inc)
	c := &composer{
		engine: e, incident: inc, graph: chainGraph(), lexicon: hypo.NewLexicon(e.faults, nil), frame: &window.Frame{Grid: tl.grid, Phases: tl.phases},
		conclusion: conclusion{
			scene:  &model.Scene{Symptom: inc.Symptom, Profiles: map[string]*model.Profile{}, Influences: map[string][]model.Influence{}},
			status: status, ranking: rank.Ranking{Standings: standings, Contest: &model.Contest{}},
		},
	}
	for _, n := range c.graph.Names() {
		c.scene.Profiles[n] = &model.Profile{Component: n, Measured: map[model.SignalKind]int{}}
	}
	c.reach = c.graph.Reach("lb")
	c.trials = eliminate.Run(nil, c.scene, c.graph)
	return c
}

func TestCauses(t *testing.T) {
	first := stood("db", 0.7, 3)
	r := bad("db", "", model.KindLatency)
	first.Hypothesis.Signal, first.Hypothesis.Marks = "latency", []model.Mark{{Reading: r, Weight: 1}}
	c := composing(t, model.Diagnosed, first, stood("visitors", 0.1, 1))
	got := c.causes()
	if len(got) != 2 || got[0].Rank != 1 || got[1].Rank != 2 {
		t.Fatalf("causes %+v", got)
	}
	if diff := cmp.Diff([]string{"lb", "web", "db"}, got[0].Chain); diff != "" {
		t.Errorf("chain (-want +got):\n%s", diff)
	}
	if got[0].SignalKind != model.KindLatency || got[0].Onset != r.Onset || got[0].Signal != "latency" {
		t.Errorf("first cause %+v", got[0])
	}
	if diff := cmp.Diff([]string{"lb", "visitors"}, got[1].Chain); diff != "" {
		t.Errorf("chain of what lies above the symptom (-want +got):\n%s", diff)
	}
	many := make([]rank.Standing, 3*maxCauses)
	for i := range many {
		many[i] = stood(fmt.Sprint("c", i), 0, 1)
	}
	if n := len(composing(t, model.Diagnosed, many...).causes()); n != maxCauses {
		t.Errorf("%d causes, want %d", n, maxCauses)
	}
}

func TestSummary(t *testing.T) {
	marked := stood("db", 0.834, 3)
	marked.Hypothesis.Marks = []model.Mark{{Reading: bad("db", "", model.KindLatency), Weight: 1}}
	symptom := bad("lb", "", model.KindLatency)
	for _, tc := range []struct {
		name      string
		status    model.Status
		measured  bool
		symptom   *model.Reading
		standings []rank.Standing
		want      string
	}{
		{"by a signal", model.Diagnosed, true, symptom, []rank.Standing{marked}, "db is the cause, 83 % sure: it is slow (latency 500 ms, usually 100 ms)"},
		{"by no signal of its own", model.Diagnosed, true, symptom, []rank.Standing{stood("db", 0.5, 3)}, "db is the likeliest cause, 50 % sure: it is slow"},
		{"healthy", model.Healthy, true, nil, nil, "no fault found: lb is as it usually is"},
		{"healthy, with suspects", model.Healthy, true, symptom, []rank.Standing{marked}, "no fault found: lb is as it usually is"},
		{"healthy, though something shows", model.Healthy, true, symptom, nil, "no fault found that would explain lb"},
		{"nothing is measured", model.Inconclusive, false, nil, []rank.Standing{marked}, "inconclusive: lb itself is not measured"},
		{"nothing explains it", model.Inconclusive, true, symptom, nil, "inconclusive: lb is not as usual, and nothing measured explains it"},
		{"one comes near", model.Inconclusive, true, symptom, []rank.Standing{stood("db", 0.36, 1), stood("web", 0.05, 0)}, "inconclusive: db comes nearest (it is slow, 36 %); no one missing signal would decide"},
		{"only one", model.Inconclusive, true, symptom, []rank.Standing{stood("db", 0.36, 1)}, "inconclusive: db comes nearest (it is slow, 36 %); no one missing signal would decide"},
		{"two are as near", model.Inconclusive, true, symptom, []rank.Standing{stood("db", 0.36, 1), stood("web", 0.35, 0.9)}, "inconclusive between db (36 %) and web (35 %); no one missing signal would decide"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := composing(t, tc.status, tc.standings...)
			c.symptom = tc.symptom
			if tc.measured {
				c.scene.Profiles["lb"].Measured[model.KindLatency] = 1
			}
			if got := c.summary().String(); got != tc.want {
				t.Errorf("said %q, want %q", got, tc.want)
			}
		})
	}
}

// TestWhatWouldDecide: an open answer names the missing signal that would tell most, or says that none would decide.
func TestWhatWouldDecide(t *testing.T) {
	slow, ok := rules.Default().Fault("latency-unexplained")
	if !ok {
		t.Fatal("no such fault")
	}
	fault := &model.Fault{Name: slow.Name, Title: slow.Title}
	open := func(cart float64) *composer {
		seen := model.Evidence{Test: model.TestCallersSee, Verdict: model.Supports, Query: "q", Weight: cart}
		blind := model.Evidence{Test: model.TestOwnSignal, Verdict: model.VerdictUnknown}
		hs := []*model.Hypothesis{
			{Component: "cart", Fault: fault, Ledger: []model.Evidence{blind, seen}},
			{Component: "db", Fault: fault, Ledger: []model.Evidence{{Test: model.TestOwnSignal, Verdict: model.Supports, Query: "p", Weight: 2}}},
			{Component: "web", Fault: fault, Ledger: []model.Evidence{{Test: model.TestOwnSignal, Verdict: model.Supports, Query: "r", Weight: 2}}},
		}
		c := composing(t, model.Inconclusive)
		c.ranking = rank.Rank(hs, model.SymptomEvidence{Strength: 5, Measured: true}, c.engine.weights)
		c.scene.Profiles["lb"].Measured[model.KindLatency] = 1
		c.symptom = bad("lb", "", model.KindLatency)
		c.open = c.openQuestions()
		return c
	}
	c := open(2)
	if got, want := c.summary().String(), "; latency of cart, not measured, would tell most"; !strings.HasSuffix(got, want) {
		t.Errorf("said %q, want it to end with %q", got, want)
	}
	u := c.untested()
	if len(u) != 1 || u[0].Component != "cart" || !(u[0].ExpectedGainBits > leastDeciding) || !slices.Equal(u[0].DecidesBetween, []string{"cart", "db"}) {
		t.Fatalf("untested: %+v", u)
	}
	if got := u[0].Outcomes.String(); !strings.HasPrefix(got, "if bad, cart comes first (") || !strings.Contains(got, "; if as usual, ") {
		t.Errorf("its outcomes: %q", got)
	}
	c.symptom = nil
	if got, want := c.summary().String(), "inconclusive: lb is as it usually is, but db is not (it is slow itself, and what it lacks is not known, 30 %)"; got != want {
		t.Errorf("where the symptom does not show: said %q, want %q", got, want)
	}
	if got, want := open(-6).summary().String(), "; no one missing signal would decide"; !strings.HasSuffix(got, want) {
		t.Errorf("said %q, want it to end with %q", got, want)
	}
}

func TestEliminatedOrder(t *testing.T) {
	out := func(component, test string, weights ...float64) *model.Hypothesis {
		h := &model.Hypothesis{Component: component, Fault: &model.Fault{Name: "slow"}, RuledOut: &model.Evidence{Test: test}}
		for _, w := range weights {
			h.Ledger = append(h.Ledger, model.Evidence{Weight: w})
		}
		return h
	}
	c := composing(t, model.Diagnosed)
	c.ranking.RuledOut = []*model.Hypothesis{
		out("disk", model.TestOwnSignal), out("web", model.TestOwnSignal), out("cart", model.TestGap, 1, -9), out("db", model.TestOwnSignal),
		out("db", model.TestChange, 5),
	}
	var got []string
	for _, e := range c.eliminated() {
		got = append(got, e.Component+" "+e.Test)
	}
	want := []string{"cart gap", "web own-signal", "db own-signal", "disk own-signal"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the most suspected first, then the nearest (-want +got):\n%s", diff)
	}
	for range 3 * maxEliminated {
		c.ranking.RuledOut = append(c.ranking.RuledOut, out("web", model.TestOwnSignal))
	}
	if n := len(c.eliminated()); n != maxEliminated {
		t.Errorf("%d eliminated, want %d", n, maxEliminated)
	}
}

func TestCulprits(t *testing.T) {
	standings := []rank.Standing{stood("db", 0.3, 1), stood("web", alsoAccused, 1), stood("cart", 0.1, 1)}
	names := func(status model.Status) (out []string) {
		for _, h := range composing(t, status, standings...).culprits() {
			out = append(out, h.Component)
		}
		return out
	}
	if got := names(model.Diagnosed); !slices.Equal(got, []string{"db", "web"}) {
		t.Errorf("accused: %v", got)
	}
	if got := names(model.Healthy); len(got) != 0 {
		t.Errorf("accused though all is well: %v", got)
	}
}

// TestChain follows the trouble from the symptom to the cause, with the lag of each link after the one below.
func TestChain(t *testing.T) {
	first := stood("disk", 0.9, 3)
	queue := bad("disk", "", model.KindSaturation)
	queue.Onset = model.Onset{Earliest: noon.Add(-time.Minute), Latest: noon}
	first.Hypothesis.Marks = []model.Mark{{Reading: queue, Weight: 1}}
	c := composing(t, model.Diagnosed, first)
	front, called := bad("lb", "", model.KindLatency), bad("web", "db", model.KindLatency)
	c.scene.Profiles["lb"].Latency = front
	c.scene.Calls = map[model.Subject]*model.Call{{Component: "web", Peer: "db"}: {Client: called}}
	quiet := bad("web", "", model.KindLatency)
	quiet.State = model.StateNormal
	c.scene.Profiles["web"].Readings = []*model.Reading{quiet}
	c.scene.Influences = map[string][]model.Influence{
		"web": {{Dependency: model.Dependency{From: "web", To: "db", Kind: model.Calls}, Correlation: 0.987}},
		"db":  {{Dependency: model.Dependency{From: "db", To: "disk", Kind: model.StoredOn}, Correlation: math.NaN()}},
	}
	for _, r := range []*model.Reading{queue, front, called, quiet} {
		r.Series.Values = make([]float64, c.frame.Grid.Len())
	}
	links, sparks := c.chain()
	var lines []string
	for _, l := range links {
		lines = append(lines, strings.TrimSpace(fmt.Sprintf("%s %s %s (%s) sigma %g lag %g correlation %g %s", l.Component, l.Signal, l.State, l.Judged, l.MagnitudeSigma, l.LagSeconds, l.Correlation, l.Via)))
	}
	want := []string{
		"lb latency abnormal (worse than usual) sigma 12.3 lag 0 correlation 0 calls",
		"web latency normal (not unusual) sigma 12.3 lag 0 correlation 0.99 calls",
		"db latency abnormal (worse than usual) sigma 12.3 lag 60 correlation 0 stored_on",
		"disk saturation abnormal (worse than usual) sigma 12.3 lag 0 correlation 0",
	}
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Errorf("chain (-want +got):\n%s", diff)
	}
	if len(sparks) != 4 || sparks[3].OnsetIndex != sparkLead || sparks[0].OnsetIndex != sparkLead+1 {
		t.Errorf("courses: %+v", sparks)
	}
	c.status = model.Healthy
	if links, sparks := c.chain(); links != nil || sparks != nil {
		t.Errorf("a chain to nobody: %v", links)
	}
}

// TestChainOfTheUnmeasured: a link of which nothing is known says so.
func TestChainOfTheUnmeasured(t *testing.T) {
	links, sparks := composing(t, model.Diagnosed, stood("web", 0.9, 3)).chain()
	if len(links) != 2 || len(sparks) != 0 || links[0].State != "unknown" || links[1].State != "unknown" || links[0].Judged != model.JudgedUnknown {
		t.Errorf("links %+v, courses %v", links, sparks)
	}
	if links, _ := composing(t, model.Inconclusive, stood("web", 0.1, 3)).chain(); links != nil {
		t.Errorf("a chain to somebody whom nothing speaks against: %v", links)
	}
	if links, _ := composing(t, model.Diagnosed, stood("visitors", 0.9, 3)).chain(); links != nil {
		t.Errorf("a chain down to what lies above: %v", links)
	}
}

func TestSpark(t *testing.T) {
	c := composing(t, model.Diagnosed)
	r := bad("lb", "", model.KindLatency)
	draw := func() model.Spark {
		r.Series.Values = make([]float64, c.frame.Grid.Len())
		return c.spark("lb", r)
	}
	s := draw()
	if len(s.Values) != sparkLead+11 || !s.From.Equal(noon.Add(-sparkLead*time.Minute)) || s.OnsetIndex != sparkLead+1 {
		t.Errorf("%d values from %s, onset at %d", len(s.Values), s.From, s.OnsetIndex)
	}
	// A baseline of another day is no part of the course.
	inc := asked(between(-9000, 10), between(0, 10))
	inc.Baseline = between(-8000, -7000)
	tl := layOut(inc)
	first := slices.Index(tl.phases, model.PhaseSymptom)
	tl.grid.Spans[1].StartMillis += 55 * 60_000 // five points before the symptom
	tl.grid.Spans[1].N -= 55
	tl.phases = slices.Delete(tl.phases, first-60, first-5)
	c.frame = &window.Frame{Grid: tl.grid, Phases: tl.phases}
	if s := draw(); len(s.Values) != 5+11 || !s.From.Equal(noon.Add(-5*time.Minute)) {
		t.Errorf("%d values from %s", len(s.Values), s.From)
	}
	r.Onset = model.Onset{}
	if s := draw(); s.OnsetIndex != -1 {
		t.Errorf("an onset that is not known stands at %d", s.OnsetIndex)
	}
	c.frame = &window.Frame{Grid: tl.grid, Phases: make([]model.Phase, len(tl.phases))}
	if s := draw(); len(s.Values) != 0 {
		t.Errorf("without a symptom there are %d values", len(s.Values))
	}
}

func TestCoverage(t *testing.T) {
	c := composing(t, model.Healthy)
	latency, errors := &model.Signal{Name: "latency"}, &model.Signal{Name: "errors"}
	at := func(component string) model.Subject { return model.Subject{Component: component} }
	c.frame.Series = []*model.Series{
		{Subject: at("lb"), Signal: latency, Labels: model.NewLabels(map[string]string{"pod": "a"})},
		{Subject: at("lb"), Signal: latency, Labels: model.NewLabels(map[string]string{"pod": "b"})},
		{Subject: at("web"), Signal: latency},
	}
	c.scene.Missing = []model.MissingSignal{{Subject: at("lb"), Signal: latency}, {Subject: at("lb"), Signal: errors}}
	for _, n := range []string{"lb", "web", "db", "disk"} {
		c.scene.Profiles[n].Readings = []*model.Reading{{}}
	}
	stopped := &model.Reading{Series: c.frame.Series[2], State: model.StateUnknown, Reason: model.ReasonVanished}
	c.scene.Readings = []*model.Reading{stopped, {Series: c.frame.Series[0], State: model.StateNormal}}
	c.frame.Warnings = []string{"a query was slow"}
	got := c.coverage()
	if got.SignalsSeen != 2 || got.SignalsExpected != 3 {
		t.Errorf("%d of %d signals, want 2 of 3: replicas count once, what one of them gives is not missing", got.SignalsSeen, got.SignalsExpected)
	}
	gaps := make([]string, 0, len(got.Gaps))
	for _, m := range got.Gaps {
		gaps = append(gaps, m.String())
	}
	want := []string{"nothing is measured on cart itself", "lb: errors (not measured)", "web: latency (samples stopped)", "a query was slow"}
	if diff := cmp.Diff(want, gaps); diff != "" {
		t.Errorf("gaps (-want +got):\n%s", diff)
	}
}

// TestIsolate: a component is taken out only where another one serves the same, is measured, and is well.
func TestIsolate(t *testing.T) {
	advice := func(change func(*composer)) int {
		c := composing(t, model.Diagnosed)
		top := &model.Topology{
			Components: []model.Component{
				{Name: "lb", Kind: "lb"}, {Name: "web1", Kind: "was", Serves: []string{"shop"}}, {Name: "web2", Kind: "was", Serves: []string{"shop"}},
			},
			Dependencies: []model.Dependency{{From: "lb", To: "web1", Kind: model.Calls}, {From: "lb", To: "web2", Kind: model.Calls}},
		}
		c.graph = topo.New(top)
		for _, n := range c.graph.Names() {
			c.scene.Profiles[n] = &model.Profile{Component: n, Measured: map[model.SignalKind]int{model.KindLatency: 1}}
		}
		change(c)
		return len(c.isolate(stood("web1", 0.9, 3).Hypothesis, model.Say("it is slow")))
	}
	for _, tc := range []struct {
		name   string
		change func(*composer)
		want   int
	}{
		{"a twin that is well", func(*composer) {}, 1},
		{"a twin that suffers too", func(c *composer) { c.scene.Profiles["web2"].Errors = bad("web2", "", model.KindErrors) }, 0},
		{"a twin that nobody measures", func(c *composer) { c.scene.Profiles["web2"].Measured = nil }, 0},
		{"not a twin", func(c *composer) { c.graph.Component("web2").Serves = []string{"search"} }, 0},
		{"of another kind", func(c *composer) { c.graph.Component("web2").Kind = "cache" }, 0},
		{"nobody knows what it serves", func(c *composer) {
			c.graph.Component("web1").Serves, c.graph.Component("web2").Serves = nil, nil
		}, 0},
	} {
		if got := advice(tc.change); got != tc.want {
			t.Errorf("%s: %d pieces of advice, want %d", tc.name, got, tc.want)
		}
	}
}
