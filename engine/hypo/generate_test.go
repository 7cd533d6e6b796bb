package hypo_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/diagnops/diagnops/engine/correlate"
	"github.com/diagnops/diagnops/engine/hypo"
	"github.com/diagnops/diagnops/engine/model"
	"github.com/diagnops/diagnops/engine/topo"
)

// shop: gate asks web, web asks db and mail, db is stored on volume; other is needed by nobody below gate. The symptom is
// at web.
func shop() *model.Topology {
	return &model.Topology{
		Components: []model.Component{
			{Name: "gate", Kind: "lb"},
			{Name: "web", Kind: "app"},
			{Name: "db", Kind: "db"},
			{Name: "mail", Kind: "external"},
			{Name: "volume", Kind: "disk"},
			{Name: "other", Kind: "app"},
		},
		Dependencies: []model.Dependency{
			{From: "gate", To: "web", Kind: model.Calls},
			{From: "gate", To: "other", Kind: model.Calls},
			{From: "web", To: "db", Kind: model.Calls},
			{From: "web", To: "mail", Kind: model.Calls},
			{From: "db", To: "volume", Kind: model.StoredOn},
		},
	}
}

var (
	latency  = &model.Signal{Name: "latency", Kind: model.KindLatency, Unit: "seconds", Bad: model.BadUp}
	outgoing = &model.Signal{Name: "outgoing", Kind: model.KindLatency, Unit: "seconds", Bad: model.BadUp, Side: model.SideClient}
	requests = &model.Signal{Name: "requests", Kind: model.KindTraffic, Unit: "req/s", Bad: model.BadChange}
	cpu      = &model.Signal{Name: "cpu", Kind: model.KindUtilization, Unit: "ratio", Bad: model.BadUp, Resource: "cpu"}
	waiting  = &model.Signal{Name: "waiting", Kind: model.KindSaturation, Unit: "threads", Bad: model.BadUp, Resource: "cpu"}
	up       = &model.Signal{Name: "up", Kind: model.KindAvailability, Unit: "ratio", Bad: model.BadDown}
)

// faults are one of each nature; "starved" is what a host can rule out.
func faults() []model.Fault {
	marks := func(weights map[*model.Signal]float64) func(*model.Signal) (float64, bool) {
		return func(s *model.Signal) (float64, bool) {
			w, ok := weights[s]
			return w, ok
		}
	}
	needs := func(signals ...*model.Signal) func(*model.Signal) bool {
		return func(s *model.Signal) bool { return slices.Contains(signals, s) }
	}
	all := func(string) bool { return true }
	working := func(kind string) bool { return kind != "disk" }
	answers := marks(map[*model.Signal]float64{latency: 1, outgoing: 1})
	return []model.Fault{
		{Name: "slow", Nature: model.NatureService, Befalls: working, Marks: answers, Needs: needs()},
		{Name: "way", Nature: model.NatureLink, Befalls: working, Marks: marks(nil), Needs: needs()},
		{Name: "surge", Nature: model.NatureLoad, Befalls: working, Marks: marks(map[*model.Signal]float64{requests: 1}), Needs: needs(requests)},
		{Name: "gone", Nature: model.NatureAbsent, Befalls: all, Marks: marks(map[*model.Signal]float64{up: 1}), Needs: needs(up)},
		{Name: "deployed", Nature: model.NatureChange, Befalls: working, Marks: answers, Needs: needs()},
		{Name: "busy", Nature: model.NatureResource, Befalls: all, Marks: marks(map[*model.Signal]float64{cpu: 0.6, waiting: 1}), Needs: needs(cpu)},
	}
}

// bad, normal and stopped make readings. "web>db" is what web saw of its calls to db.
func bad(component string, sig *model.Signal, severity float64) *model.Reading {
	r := normal(component, sig)
	r.State, r.Severity, r.Sign, r.Observed = model.StateAbnormal, severity, +1, 0.9
	r.Bad = sig.Bad.Judges(r.Sign)
	return r
}

func fallen(component string, sig *model.Signal, severity float64) *model.Reading {
	r := bad(component, sig, severity)
	r.Sign, r.Observed = -1, 0.01
	r.Bad = sig.Bad.Judges(r.Sign)
	return r
}

func normal(component string, sig *model.Signal) *model.Reading {
	return &model.Reading{
		Series: &model.Series{Subject: model.Subject{Component: component}, Signal: sig, Values: []float64{0.1}},
		State:  model.StateNormal, Severity: 0.5, Observed: 0.1, Baseline: 0.1,
	}
}

func stopped(component string, sig *model.Signal) *model.Reading {
	r := normal(component, sig)
	r.State, r.Reason, r.Severity = model.StateUnknown, model.ReasonVanished, 0
	return r
}

// call moves a reading onto the calls to peer.
func call(r *model.Reading, peer string) *model.Reading {
	r.Series.Subject.Peer = peer
	return r
}

func generate(fs []model.Fault, readings ...*model.Reading) []*model.Hypothesis {
	g := topo.New(shop())
	s := correlate.Build(correlate.Input{
		Symptom: model.Symptom{Component: "web", Signal: model.KindLatency}, Grid: model.Grid{Step: 5 * time.Second}, Graph: g, Readings: readings,
	})
	return hypo.Generate(s, g, hypo.NewLexicon(fs, readings))
}

// print writes a hypothesis as "component fault: marks / quiet".
func print(h *model.Hypothesis) string {
	out := h.Component + " " + h.Fault.Name
	for i, m := range h.Marks {
		out += fmt.Sprintf("%s%s x%g", []string{": ", ", "}[min(i, 1)], m.Reading.Series.ID(), m.Weight)
	}
	for _, r := range h.Quiet {
		out += " / " + r.Series.ID()
	}
	return out
}

// everythingMeasured are normal readings of all components, so that nothing is raised for silence alone.
func everythingMeasured() []*model.Reading {
	var rs []*model.Reading
	for _, c := range shop().Components {
		rs = append(rs, normal(c.Name, &model.Signal{Name: "uptime", Kind: model.KindUsage}))
	}
	return rs
}

func TestWhatIsRaised(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name     string
		readings []*model.Reading
		want     []string
	}{
		{"nothing unusual", nil, nil},
		{
			"a bad signal raises its fault, and no other component's",
			[]*model.Reading{bad("db", waiting, 5)},
			[]string{"db busy: db waiting x1"},
		},
		{
			"the more telling mark goes first, the quiet ones beside",
			[]*model.Reading{bad("db", cpu, 5), bad("db", waiting, 5)},
			[]string{"db busy: db waiting x1, db cpu x0.6"},
		},
		{
			"measured and quiet is raised to be ruled out",
			[]*model.Reading{normal("db", cpu)},
			[]string{"db busy / db cpu"},
		},
		{
			"a processor that has less to do is no mark, and not quiet",
			[]*model.Reading{fallen("db", cpu, 5)},
			nil,
		},
		{
			"late answers raise what answers late, and what an alteration may have done",
			[]*model.Reading{bad("db", latency, 5)},
			[]string{"db deployed: db latency x1", "db slow: db latency x1"},
		},
		{
			"a caller's trouble puts those it needs under suspicion",
			[]*model.Reading{bad("web", latency, 5)},
			[]string{
				"db deployed", "db slow", "db way", "mail deployed", "mail slow", "mail way", "web deployed: web latency x1", "web slow: web latency x1",
			},
		},
		{
			"what a component saw of the calls it made is no mark of its own",
			[]*model.Reading{bad("db", outgoing, 5)},
			nil,
		},
		{
			"what callers saw of the calls is a mark of the callee",
			[]*model.Reading{call(bad("web", outgoing, 5), "mail")},
			[]string{"mail deployed: web -> mail outgoing x1", "mail slow: web -> mail outgoing x1"},
		},
		{
			"more load, above and below the symptom",
			[]*model.Reading{bad("gate", requests, 5), bad("db", requests, 5)},
			[]string{"db surge: db requests x1", "gate surge: gate requests x1"},
		},
		{
			"less load is no surge",
			[]*model.Reading{fallen("db", requests, 5)},
			nil,
		},
		{
			"above the symptom load alone is supposed, beside it nothing",
			[]*model.Reading{bad("gate", latency, 5), bad("gate", cpu, 5), bad("other", requests, 5), bad("other", latency, 5)},
			[]string{"web deployed", "web slow", "web way"},
		},
		{
			"what can not befall a kind is not supposed of it",
			[]*model.Reading{bad("volume", latency, 5), bad("volume", requests, 5)},
			nil,
		},
		{
			"samples that stopped are a mark when they are half of what there was",
			[]*model.Reading{stopped("db", latency)},
			[]string{"db gone: db latency x0.5"},
		},
		{
			"one that stopped among many is a label that changed",
			[]*model.Reading{stopped("db", latency), normal("db", requests)},
			[]string{"db surge / db requests"},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, h := range generate(faults(), append(everythingMeasured(), tc.readings...)...) {
				got = append(got, print(h))
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("raised (-want +got):\n%s", diff)
			}
		})
	}
}

// TestSilentComponents measures only some: of those that nothing is known of, by themselves or by a caller, something
// not measured is supposed.
func TestSilentComponents(t *testing.T) {
	t.Parallel()
	silent := func(readings ...*model.Reading) (names []string) {
		for _, h := range generate(nil, readings...) {
			if h.Fault.Name != model.FaultUnmeasured {
				t.Errorf("without faults %s is raised", print(h))
			}
			names = append(names, h.Component)
		}
		return names
	}
	if diff := cmp.Diff([]string{"db", "mail", "volume", "web"}, silent()); diff != "" {
		t.Errorf("with nothing measured (-want +got):\n%s", diff)
	}
	got := silent(normal("web", latency), call(normal("web", outgoing), "mail"), normal("volume", cpu))
	if diff := cmp.Diff([]string{"db"}, got); diff != "" {
		t.Errorf("with web, its calls to mail, and volume measured (-want +got):\n%s", diff)
	}
	unread := normal("db", cpu)
	unread.State, unread.Reason = model.StateUnknown, model.ReasonNoSamples
	if got := silent(unread); !slices.Contains(got, "db") {
		t.Errorf("a signal without samples makes db measured: %v", got)
	}
}

// TestHostCanRuleOut raises a shortage of which nothing is measured, when a host could rule it out.
func TestHostCanRuleOut(t *testing.T) {
	t.Parallel()
	fs := faults()
	busy := &fs[len(fs)-1]
	busy.HostResource = "cpu"
	busy.Befalls = func(kind string) bool { return kind == "db" }
	got := generate(fs[len(fs)-1:], everythingMeasured()...)
	if len(got) != 1 || print(got[0]) != "db busy" {
		t.Fatalf("raised are %d hypotheses, want that db is busy", len(got))
	}
}

// TestOrder does not hang on the order of faults, and the hint is the harshest reading, bad or not.
func TestOrder(t *testing.T) {
	t.Parallel()
	readings := append(everythingMeasured(), bad("db", latency, 5), bad("db", waiting, 3), fallen("db", cpu, 8), bad("web", latency, 4))
	var want []string
	for range 20 {
		fs := faults()
		slices.Reverse(fs)
		var got []string
		for _, h := range generate(fs, readings...) {
			got = append(got, print(h))
			if h.Component == "db" && h.Hint != 8 {
				t.Errorf("%s has hint %v, want 8", print(h), h.Hint)
			}
			if len(h.Marks) > 0 && h.Signal != h.Marks[0].Reading.Series.Signal.Name {
				t.Errorf("%s is shown by %q", print(h), h.Signal)
			}
		}
		if !slices.IsSorted(got) {
			t.Errorf("not in the order of components and faults: %v", got)
		}
		if want == nil {
			want = got
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("another order (-first +this):\n%s", diff)
		}
	}
}

// TestTiedMarks: of one signal on several calls the worst goes first, whatever the callers are called.
func TestTiedMarks(t *testing.T) {
	t.Parallel()
	g := topo.New(&model.Topology{
		Components: []model.Component{{Name: "a", Kind: "app"}, {Name: "web", Kind: "app"}, {Name: "db", Kind: "db"}},
		Dependencies: []model.Dependency{
			{From: "web", To: "a", Kind: model.Calls}, {From: "a", To: "db", Kind: model.Calls}, {From: "web", To: "db", Kind: model.Calls},
		},
	})
	mild, harsh := call(bad("a", outgoing, 50), "db"), call(bad("web", outgoing, 90), "db")
	if model.StrengthOf(mild) != model.StrengthOf(harsh) {
		t.Fatal("the two readings must be as strong as can be, both")
	}
	s := correlate.Build(correlate.Input{
		Symptom: model.Symptom{Component: "web"}, Grid: model.Grid{Step: 5 * time.Second}, Graph: g, Readings: []*model.Reading{mild, harsh},
	})
	for _, h := range hypo.Generate(s, g, hypo.NewLexicon(faults(), s.Readings)) {
		if h.Component == "db" && h.Fault.Name == "slow" {
			if h.Marks[0].Reading != harsh {
				t.Errorf("the first mark is %s, want the harsher one", h.Marks[0].Reading.Series.ID())
			}
			return
		}
	}
	t.Error("nobody supposes that db is slow")
}

// TestPredictions holds what each nature of fault stands and falls by.
func TestPredictions(t *testing.T) {
	t.Parallel()
	common := []string{
		model.TestCallersSee, model.TestAlibi, model.TestPropagation, model.TestBelowExplains + "!", model.TestLoadDriven, model.TestDose, model.TestOnsetOrder,
	}
	resource := slices.Concat([]string{model.TestRole, model.TestOwnSignal + "!", model.TestHostQuiet + "!", model.TestServiceSuffer}, common, []string{model.TestChange})
	service := slices.Concat([]string{model.TestRole, model.TestOwnSignal, model.TestGap}, common)
	want := map[string][]string{
		"slow":     append(slices.Clone(service), model.TestChange),
		"deployed": append(slices.Clone(service), model.TestChange+"!"),
		"way":      slices.Concat([]string{model.TestRole, model.TestGap + "!"}, common, []string{model.TestChange}),
		"surge":    {model.TestRole, model.TestOwnSignal + "!", model.TestLoadSource + "!", model.TestOnsetOrder},
		"busy":     resource,
		"gone":     resource,
	}
	readings := []*model.Reading{
		bad("web", latency, 5), bad("db", latency, 5), bad("db", cpu, 5), bad("db", requests, 5), fallen("db", up, 5),
	}
	got := map[string][]string{}
	for _, h := range generate(faults(), append(everythingMeasured(), readings...)...) {
		if h.Component != "db" {
			continue
		}
		for _, p := range h.Predictions {
			name := p.Test
			if p.Necessary {
				name += "!"
			}
			got[h.Fault.Name] = append(got[h.Fault.Name], name)
			if p.Text.IsZero() || p.Subject.Component != "db" {
				t.Errorf("%s: the prediction %s is about %s and says %q", print(h), p.Test, p.Subject, p.Text)
			}
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("predictions, necessary ones with ! (-want +got):\n%s", diff)
	}
}
