package engine_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/diagnops/diagnops/engine"
	"github.com/diagnops/diagnops/engine/model"
	"github.com/diagnops/diagnops/rules"
)

// engineWith is an engine with a pack on top of those that come with the program.
func engineWith(t *testing.T, pack string) *engine.Engine {
	t.Helper()
	set, err := rules.Load(rules.DefaultFS(), fstest.MapFS{"ours.yaml": {Data: []byte("version: 1\nname: ours\n" + pack)}})
	if err != nil {
		t.Fatal(err)
	}
	e, err := engine.New(engine.Options{Rules: set, Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

const exempting = `exemptions:
- {component: volume, signal: io_queue_length, is: up, reason: the copy runs, reason_ko: 복제 중, until: 2100-01-01}
`

func TestExemptionsAccuseNobody(t *testing.T) {
	t.Parallel()
	s := slowVolume(t)
	topology := s.topology
	ask := func(pack string) *model.Diagnosis {
		d, err := engineWith(t, pack).Diagnose(t.Context(), engine.Input{Incident: incident(), Topology: &topology}, s)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	d := ask(exempting)
	if len(d.Expected) != 1 {
		t.Fatalf("expected are %+v", d.Expected)
	}
	x := d.Expected[0]
	if x.Component != "volume" || x.Signal != "io_queue_length" || x.Observed == x.Baseline || x.Reason.String() != "the copy runs" || x.Until.Year() != 2100 {
		t.Errorf("expected is %+v", x)
	}
	for _, c := range d.Causes {
		for _, e := range c.Evidence {
			if c.Component == "volume" && e.Signal == "io_queue_length" && e.Weight != 0 {
				t.Errorf("what is expected counts: %+v", e)
			}
		}
	}
	for _, e := range d.Eliminated {
		for _, ev := range e.Evidence {
			if e.Component == "volume" && ev.Signal == "io_queue_length" && ev.Verdict != model.VerdictUnknown {
				t.Errorf("what is expected acquits: %s", ev.Text)
			}
		}
	}
	for _, u := range d.Coverage.Unread {
		if u.Signal == "io_queue_length" {
			t.Error("what is expected is said not to be measured")
		}
	}
	gone := ask("exemptions: [{component: volume, signal: io_queue_length, reason: r, until: 2020-01-01}]\n")
	if len(gone.Expected) != 0 || gone.Causes[0].Component != "volume" {
		t.Errorf("an exemption that has ended: %+v, first %s", gone.Expected, gone.Causes[0].Component)
	}
}

// TestPredictionsDecide: what a rule predicts of necessity rules out, and is asked for where nobody measures it.
func TestPredictionsDecide(t *testing.T) {
	t.Parallel()
	s := slowVolume(t)
	topology := s.topology
	e := engineWith(t, `faults:
- fault: controller-broken
  kinds: [disk]
  title: its controller is broken
  control: technical
  severity: critical
  predicts:
  - {signal: io_queue_length, is: up, strength: strong}
  - {signal: controller_errors, is: up, necessary: true}
- fault: cable-loose
  kinds: [disk]
  title: its cable is loose
  control: human
  predicts: [{signal: io_queue_length, is: down, necessary: true}]
- fault: cable-cut
  kinds: [disk]
  title: its cable is cut
  control: human
  predicts: [{signal: io_queue_length, is: up}]
  refutes: [{signal: latency_p95, is: up, on: callers}]
`)
	d, err := e.Diagnose(t.Context(), engine.Input{Incident: incident(), Topology: &topology}, s)
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(d.Untested, func(u model.Untested) bool { return u.Fault == "controller-broken" })
	if i < 0 || !slices.Equal(d.Untested[i].Missing, []string{"controller_errors"}) {
		t.Errorf("what nobody measures is not asked for: %+v", d.Untested)
	}
	ruledOut := map[string]string{}
	for _, x := range d.Eliminated {
		ruledOut[x.Fault] = x.Test
	}
	for fault, want := range map[string]string{
		"cable-loose": model.TestRulePredicts, "cable-cut": model.TestRuleRefutes, "controller-broken": "",
	} {
		if got := ruledOut[fault]; got != want {
			t.Errorf("%s is ruled out by %q, want %q", fault, got, want)
		}
	}
}

// TestCoreTakesNewRules: with other rules a core answers as one that had them from the start, from the same samples.
func TestCoreTakesNewRules(t *testing.T) {
	t.Parallel()
	s, c := slowVolume(t), shopCore(t)
	play(t, c, s, nil)
	e := engineWith(t, exempting)
	last := end.Add(step)
	if err := c.Use(t.Context(), e, last); err != nil {
		t.Fatal(err)
	}
	for _, w := range c.Now().Abnormal {
		if w.Subject.Component == "volume" && w.Signal.Name == "io_queue_length" {
			t.Error("what is expected is watched as abnormal")
		}
	}
	got, err := c.Why(t.Context(), engine.Input{Incident: incident()})
	if err != nil {
		t.Fatal(err)
	}
	topology := s.topology
	want, err := e.Diagnose(t.Context(), engine.Input{Incident: incident(), Topology: &topology}, s)
	if err != nil {
		t.Fatal(err)
	}
	if got.Engine.RulesHash != want.Engine.RulesHash || len(got.Expected) != 1 {
		t.Errorf("rules %s, want %s; expected %+v", got.Engine.RulesHash, want.Engine.RulesHash, got.Expected)
	}
	want.Engine, got.Engine = model.EngineInfo{}, model.EngineInfo{}
	if diff := cmp.Diff(marshal(t, want), marshal(t, got)); diff != "" {
		t.Errorf("the core answers otherwise (-at once +core):\n%s", diff)
	}

	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if err := c.Use(gone, newEngine(t), last); err == nil {
		t.Error("a plan without time to make it")
	}
	if d, err := c.Why(t.Context(), engine.Input{Incident: incident()}); err != nil || len(d.Expected) != 1 {
		t.Errorf("after a failure the rules before are not in force: %v", err)
	}
}

// TestCoreTakesNewRulesUnderFire: every answer is of one set of rules, whole.
func TestCoreTakesNewRulesUnderFire(t *testing.T) {
	t.Parallel()
	s, c := slowVolume(t), shopCore(t)
	play(t, c, s, nil)
	engines := []*engine.Engine{newEngine(t), engineWith(t, exempting)}
	shipped := rules.Default().Hash()
	done := make(chan struct{})
	var askers sync.WaitGroup
	for range 2 {
		askers.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				d, err := c.Why(t.Context(), engine.Input{Incident: incident()})
				if err != nil {
					t.Error(err)
					return
				}
				if exempts := len(d.Expected) > 0; exempts == (d.Engine.RulesHash == shipped) {
					t.Errorf("rules %s, expected %+v", d.Engine.RulesHash, d.Expected)
					return
				}
			}
		})
	}
	for i := range 20 {
		at := end.Add(step + time.Duration(i)*time.Millisecond)
		if err := c.Use(t.Context(), engines[i%2], at); err != nil {
			t.Error(err)
		}
	}
	close(done)
	askers.Wait()
}
