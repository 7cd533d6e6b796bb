package engine

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/diagnops/diagnops/engine/model"
	"github.com/diagnops/diagnops/engine/topo"
	"github.com/diagnops/diagnops/rules"
)

// unreadable is a reading of the balancer that could not be judged.
func unreadable(kind model.SignalKind, reason model.Reason) *model.Reading {
	r := bad("lb", "", kind)
	r.State, r.Reason = model.StateUnknown, reason
	return r
}

// TestWhyTheSymptomIsUnknown: "not measured" is said of nothing that is measured.
func TestWhyTheSymptomIsUnknown(t *testing.T) {
	client := unreadable(model.KindErrors, model.ReasonVanished)
	client.Series.Signal.Side = model.SideClient
	for _, tc := range []struct {
		name     string
		readings []*model.Reading
		want     string
	}{
		{"nothing is there", nil, "inconclusive: lb itself is not measured"},
		{"what nobody feels, or others answered", []*model.Reading{unreadable(model.KindUtilization, model.ReasonPinned), client}, "inconclusive: lb itself is not measured"},
		{"no samples", []*model.Reading{unreadable(model.KindLatency, model.ReasonNoSamples)}, "inconclusive: lb has no samples in the time asked about"},
		{"samples stopped", []*model.Reading{unreadable(model.KindLatency, model.ReasonVanished)}, "inconclusive: the samples of lb stopped, so how it answers is not known"},
		{"no reference", []*model.Reading{unreadable(model.KindLatency, model.ReasonNoReference)}, "inconclusive: there is no quiet time of lb to compare with"},
		{"short reference", []*model.Reading{unreadable(model.KindLatency, model.ReasonShortReference)}, "inconclusive: there are too few samples of lb from quiet times to compare with"},
		{"no traffic", []*model.Reading{unreadable(model.KindLatency, model.ReasonNoTraffic)}, "inconclusive: lb had no traffic to measure"},
		{"always bad", []*model.Reading{unreadable(model.KindAvailability, model.ReasonPinned)}, "inconclusive: what is measured of lb is always at its worst, so it tells nothing"},
		{"the reason of most counts", []*model.Reading{
			unreadable(model.KindLatency, model.ReasonNoSamples), unreadable(model.KindErrors, model.ReasonPinned), unreadable(model.KindAvailability, model.ReasonPinned),
		}, "inconclusive: what is measured of lb is always at its worst, so it tells nothing"},
	} {
		c := composing(t, model.Inconclusive)
		c.scene.Profiles["lb"].Readings = tc.readings
		if got := c.summary().String(); got != tc.want {
			t.Errorf("%s: said %q, want %q", tc.name, got, tc.want)
		}
	}
	c := composing(t, model.Inconclusive)
	latency := &model.Signal{Name: "latency", Kind: model.KindLatency}
	c.scene.Missing = []model.MissingSignal{{Subject: model.Subject{Component: "lb"}, Signal: latency, Reason: model.ReasonQueryFailed}}
	if got, want := c.summary().String(), "inconclusive: lb could not be read, the queries failed"; got != want {
		t.Errorf("said %q, want %q", got, want)
	}
}

// TestAnswerFitsTwoLines: with long names the figures are left to the chain.
func TestAnswerFitsTwoLines(t *testing.T) {
	long := stood(strings.Repeat("database", 12), 0.9, 3)
	long.Hypothesis.Marks = []model.Mark{{Reading: bad("db", "", model.KindLatency), Weight: 1}}
	got := composing(t, model.Diagnosed, long).summary().String()
	if len(got) > longestAnswer || !strings.HasSuffix(got, "is the cause, 90 % sure: it is slow") {
		t.Errorf("said %q", got)
	}
}

// TestOtherTimes: what lies after the symptom, in a baseline of later days, was not there before it.
func TestOtherTimes(t *testing.T) {
	c := composing(t, model.Diagnosed)
	asked := model.Interval{From: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), To: time.Date(2026, 3, 1, 12, 10, 0, 0, time.UTC)}
	c.incident.Symptom.Interval = asked
	days := func(n int) model.Interval {
		return model.Interval{From: asked.From.AddDate(0, 0, n), To: asked.To.AddDate(0, 0, n)}
	}
	c.alike = []model.Interval{days(-2), days(-1), days(30)}
	before, after := c.otherTimes()
	if diff := cmp.Diff([][]model.Interval{{days(-2), days(-1)}, {days(30)}}, [][]model.Interval{before, after}); diff != "" {
		t.Errorf("before and after (-want +got):\n%s", diff)
	}
}

func TestGapsAreGathered(t *testing.T) {
	c := composing(t, model.Inconclusive)
	of := func(component, peer string, kind model.SignalKind, state model.State, reason model.Reason) *model.Reading {
		r := bad(component, peer, kind)
		r.State, r.Reason = state, reason
		return r
	}
	unknown, none := model.StateUnknown, model.ReasonNoReference
	c.scene.Readings = []*model.Reading{
		of("db", "", model.KindLatency, unknown, model.ReasonPinned),
		of("lb", "", model.KindLatency, unknown, none), of("lb", "", model.KindErrors, unknown, none), of("lb", "web", model.KindErrors, unknown, none),
		of("lb", "", model.KindLatency, unknown, none),                       // another replica of what was counted already
		of("lb", "", model.KindTraffic, unknown, none),                       // one replica of it
		of("lb", "", model.KindTraffic, model.StateNormal, model.ReasonNone), // shows what the other can not
		of("cart", "", model.KindLatency, unknown, model.ReasonVanished),
		of("cart", "", model.KindLatency, model.StateNormal, model.ReasonNone), // does not make up for the one that stopped
	}
	var got []string
	for _, m := range c.gaps(c.unread()) {
		got = append(got, m.String())
	}
	want := []string{"lb: 3 signals (no reference to compare with)", "cart: latency (samples stopped)", "db: latency (always at its worst)"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("nearest first (-want +got):\n%s", diff)
	}
}

func TestJudged(t *testing.T) {
	reading := func(state model.State, direction model.Direction, observed float64, isBad bool) *model.Reading {
		return &model.Reading{
			Series: &model.Series{Signal: &model.Signal{Bad: direction}}, State: state, Observed: observed, Baseline: 5, Scale: 0.4, Low: 4, High: 6, Bad: isBad,
		}
	}
	const normal, abnormal = model.StateNormal, model.StateAbnormal
	for _, tc := range []struct {
		r    *model.Reading
		want model.Judgement
	}{
		{reading(model.StateUnknown, model.BadUp, 9, false), model.JudgedUnknown},
		{reading(abnormal, model.BadUp, 9, true), model.JudgedWorse},
		{reading(abnormal, model.BadUp, 1, false), model.JudgedBetter},
		{reading(normal, model.BadUp, 5.5, false), model.JudgedUsual},
		{reading(normal, model.BadUp, 5.9, false), model.JudgedNearly},
		{reading(normal, model.BadUp, 4.1, false), model.JudgedUsual},
		{reading(normal, model.BadDown, 4.1, false), model.JudgedNearly},
		{reading(normal, model.BadUp, 7, false), model.JudgedNearly},
		{reading(normal, model.BadUp, 3, false), model.JudgedBetter},
		{reading(normal, model.BadDown, 7, false), model.JudgedBetter},
		{reading(normal, model.BadDown, 3, false), model.JudgedNearly},
		{reading(normal, model.BadBoth, 3, false), model.JudgedNearly},
	} {
		if got := judged(tc.r); got != tc.want {
			t.Errorf("%s, bad %s, %g where 4 to 6 is usual: %q, want %q", tc.r.State, tc.r.Series.Signal.Bad, tc.r.Observed, got, tc.want)
		}
	}
}

func TestRunnable(t *testing.T) {
	for _, tc := range []struct{ command, want, text string }{
		{"ssh db1 'iostat -x 1 5'", "ssh db1 'iostat -x 1 5'", "look"},
		{"ssh 127.0.0.1 'iostat -x 1 5'", "iostat -x 1 5", "look (run it on the machine itself)"},
		{"ssh localhost 'df -h; df -i'", "df -h; df -i", "look (run it on the machine itself)"},
		{"ssh <host> 'df -h'", "", "look"},
		{"mtr -rwc 20 <host>", "", "look"},
		{"ping -c 3 127.0.0.1", "", "look"},
		{"openssl s_client -connect localhost:443 </dev/null", "", "look"},
		{"openssl s_client -connect shop.example:443 </dev/null 2>/dev/null", "openssl s_client -connect shop.example:443 </dev/null 2>/dev/null", "look"},
		{"", "", "look"},
	} {
		got := runnable(model.Action{Text: model.Say("look"), Command: tc.command})
		if got.Command != tc.want || got.Text.String() != tc.text {
			t.Errorf("%q: %q, %q", tc.command, got.Text, got.Command)
		}
	}
}

// TestActionsNeedASuspect: an answer that points at nobody tells nobody what to roll back.
func TestActionsNeedASuspect(t *testing.T) {
	actions := func(status model.Status, probability float64) (n int) {
		s := stood("db", probability, 1)
		s.Hypothesis.Fault = &model.Fault{Name: "cpu-saturation"}
		a := composing(t, status, s).actions()
		return len(a.Mitigate) + len(a.Experiments) + len(a.Runbook)
	}
	if actions(model.Inconclusive, actedOn-0.01) != 0 || actions(model.Healthy, 0.9) != 0 {
		t.Error("there are actions against somebody who is hardly suspected")
	}
	if actions(model.Inconclusive, actedOn) == 0 || actions(model.Diagnosed, actedOn-0.01) == 0 {
		t.Error("there are no actions against a suspect")
	}
}

// TestTheMachineBelowIsTested: whether it is overloaded is known where it is measured, and asked for where it is not.
func TestTheMachineBelowIsTested(t *testing.T) {
	untested := func(component, fault string, cpuOf ...string) bool {
		c := composing(t, model.Inconclusive)
		c.graph = topo.New(&model.Topology{
			Components:   []model.Component{{Name: "web", Kind: "was"}, {Name: "box", Kind: "host"}},
			Dependencies: []model.Dependency{{From: "web", To: "box", Kind: model.RunsOn}},
		})
		c.scene.Profiles = map[string]*model.Profile{"web": {}, "box": {}}
		for _, name := range cpuOf {
			r := bad(name, "", model.KindUtilization)
			r.Series.Signal.Resource = "cpu"
			c.scene.Profiles[name].Readings = []*model.Reading{r}
		}
		f, ok := rules.Default().Fault(fault)
		if !ok {
			t.Fatalf("no fault %s", fault)
		}
		c.ranking.Contest = &model.Contest{}
		c.ranking.Untested = []*model.Hypothesis{{Component: component, Fault: &model.Fault{Name: f.Name, Title: f.Title}}}
		c.open = c.openQuestions()
		return len(c.untested()) == 1
	}
	for _, tc := range []struct {
		component, fault string
		cpuOf            []string
		want             bool
	}{
		{"web", "host-overload", []string{"box"}, false},
		{"box", "host-overload", []string{"box"}, false},
		{"web", "host-overload", nil, true},
		{"web", "host-overload", []string{"web"}, true},
		{"web", "cpu-saturation", []string{"box"}, true},
	} {
		if got := untested(tc.component, tc.fault, tc.cpuOf...); got != tc.want {
			t.Errorf("%s of %s, processors measured on %v: untested %t, want %t", tc.fault, tc.component, tc.cpuOf, got, tc.want)
		}
	}
}
