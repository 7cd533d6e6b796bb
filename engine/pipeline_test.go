package engine_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/diagnops/diagnops/engine"
	"github.com/diagnops/diagnops/engine/model"
	"github.com/diagnops/diagnops/rules"
)

// first is the first cause; the test fails when there is none.
func first(t *testing.T, d *model.Diagnosis) model.Cause {
	t.Helper()
	if len(d.Causes) == 0 {
		t.Fatalf("no cause; %s: %s", d.Outcome.Status, d.Outcome.Summary)
	}
	return d.Causes[0]
}

func ruledOut(d *model.Diagnosis, component, fault string) *model.Eliminated {
	for i := range d.Eliminated {
		if e := &d.Eliminated[i]; e.Component == component && e.Fault == fault {
			return e
		}
	}
	return nil
}

func TestChainDownToTheVolume(t *testing.T) {
	t.Parallel()
	d := diagnose(t, slowVolume(t), incident())
	if d.Outcome.Status != model.Diagnosed {
		t.Errorf("status is %s (%s), want diagnosed", d.Outcome.Status, d.Outcome.Summary)
	}
	c := first(t, d)
	if c.Component != "volume" || c.Fault != "disk-io-saturation" || c.Signal != "io_queue_length" || c.SignalKind != model.KindSaturation {
		t.Errorf("the first cause is %s %s by %s (%s)", c.Component, c.Fault, c.Signal, c.SignalKind)
	}
	want := []string{"edge", "web", "db", "volume"}
	if diff := cmp.Diff(want, c.Chain); diff != "" {
		t.Errorf("the cause's chain (-want +got):\n%s", diff)
	}
	sick := onset.Add(-60 * time.Second)
	if c.Onset.Latest.Before(sick) || c.Onset.Earliest.After(sick) {
		t.Errorf("the onset is %s, want it around %s", model.FormatOnset(c.Onset), model.FormatClock(sick))
	}
	var names, via []string
	for _, l := range d.Chain {
		names, via = append(names, l.Component), append(via, l.Via)
		if l.State != "abnormal" || l.Observed == "" || l.Baseline == "" {
			t.Errorf("link %s is %s, %s against %s", l.Component, l.State, l.Observed, l.Baseline)
		}
		if l.LagSeconds < 0 {
			t.Errorf("%s comes %v s before what causes it", l.Component, -l.LagSeconds)
		}
	}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("the chain (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"calls", "calls", "stored_on", ""}, via); diff != "" {
		t.Errorf("the chain's dependencies (-want +got):\n%s", diff)
	}
	if len(d.Actions.Mitigate) == 0 || d.Actions.Mitigate[0].Component != "volume" {
		t.Errorf("to do now: %v, want something about volume first", d.Actions.Mitigate)
	}
}

// TestInnocentsAreRuledOut is half of the answer: what was suspected is out, with the evidence.
func TestInnocentsAreRuledOut(t *testing.T) {
	t.Parallel()
	d := diagnose(t, slowVolume(t), incident())
	for _, innocent := range []struct{ component, fault, test string }{
		{"db", "cpu-saturation", model.TestOwnSignal},
		{"web", "cpu-saturation", model.TestOwnSignal},
		{"box", "cpu-saturation", model.TestOwnSignal},
		{"web", "latency-unexplained", model.TestBelowExplains},
		{"db", "latency-unexplained", model.TestBelowExplains},
	} {
		e := ruledOut(d, innocent.component, innocent.fault)
		switch {
		case e == nil:
			t.Errorf("%s of %s is not ruled out", innocent.fault, innocent.component)
		case e.Test != innocent.test || e.Text.IsZero() || len(e.Evidence) == 0:
			t.Errorf("%s of %s is ruled out by %s (%s), want %s", innocent.fault, innocent.component, e.Test, e.Text, innocent.test)
		}
	}
	for _, c := range d.Causes {
		if e := ruledOut(d, c.Component, c.Fault); e != nil {
			t.Errorf("%s of %s is a cause and ruled out: %s", c.Fault, c.Component, e.Text)
		}
	}
}

func TestQuietWindowIsHealthy(t *testing.T) {
	t.Parallel()
	quiet := newShop()
	d := diagnose(t, quiet, incident(), model.Change{
		At: onset.Add(-5 * time.Minute), Kind: model.ChangeDeploy, Component: "db", ID: "1", Title: "release 12",
	})
	if d.Outcome.Status != model.Healthy {
		t.Errorf("status is %s: %s", d.Outcome.Status, d.Outcome.Summary)
	}
	if len(d.Chain) > 0 || len(d.Actions.Mitigate) > 0 || d.Triage.WakeUp {
		t.Errorf("a healthy window has a chain of %d, %d mitigations, wakes up: %t", len(d.Chain), len(d.Actions.Mitigate), d.Triage.WakeUp)
	}
	if got := d.Changes[0].Relation; got != model.RelationCleared {
		t.Errorf("the change of a quiet window is %s: %s", got, d.Changes[0].Reason)
	}
}

// TestAbsentSymptomIsFound leaves out what was noticed, bit by bit.
func TestAbsentSymptomIsFound(t *testing.T) {
	t.Parallel()
	for name, forget := range map[string]func(*model.Symptom){
		"everything": func(s *model.Symptom) { *s = model.Symptom{} },
		"where":      func(s *model.Symptom) { s.Component = "" },
		"when":       func(s *model.Symptom) { s.Interval = model.Interval{} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inc := incident()
			forget(&inc.Symptom)
			d := diagnose(t, slowVolume(t), inc)
			if d.Question.Component != "edge" || d.Question.Signal != model.KindLatency {
				t.Errorf("found %s of %s, want the latency of edge", d.Question.Signal, d.Question.Component)
			}
			if off := d.Question.From.Sub(onset).Abs(); off > step {
				t.Errorf("found a beginning at %s, want %s", model.FormatClock(d.Question.From), model.FormatClock(onset))
			}
			if !d.Question.To.Equal(end) {
				t.Errorf("found an end at %s, want %s", model.FormatClock(d.Question.To), model.FormatClock(end))
			}
			if c := first(t, d); c.Component != "volume" {
				t.Errorf("the first cause is %s %s", c.Component, c.Fault)
			}
		})
	}
}

func TestUnmeasuredDependencyIsFoundThroughItsCalls(t *testing.T) {
	t.Parallel()
	d := diagnose(t, slowMail(t), incident())
	c := first(t, d)
	if c.Component != "mail" {
		t.Errorf("the first cause is %s %s; %s", c.Component, c.Fault, d.Outcome.Summary)
	}
	if diff := cmp.Diff([]string{"edge", "web", "mail"}, c.Chain); diff != "" {
		t.Errorf("the cause's chain (-want +got):\n%s", diff)
	}
	if d.Triage.Control != model.ControlExternal {
		t.Errorf("control is %s", d.Triage.Control)
	}
	if !slices.ContainsFunc(d.Coverage.Gaps, func(m model.Message) bool { return strings.Contains(m.String(), "mail") }) {
		t.Errorf("nobody says that mail itself is not measured: %v", d.Coverage.Gaps)
	}
}

func TestDecoyChangesAreCleared(t *testing.T) {
	t.Parallel()
	changes := []model.Change{
		{ID: "late", Kind: model.ChangeDeploy, Component: "web", At: onset.Add(2 * time.Minute), Title: "hotfix"},
		{ID: "well", Kind: model.ChangeDeploy, Component: "cart", At: onset.Add(-5 * time.Minute), Title: "new cart"},
		{ID: "effect", Kind: model.ChangeConfig, Component: "db", At: onset.Add(-6 * time.Minute), Title: "larger cache"},
		{ID: "culprit", Kind: model.ChangeJob, Component: "volume", At: onset.Add(-2 * time.Minute), Title: "backup"},
		{ID: "stranger", Kind: model.ChangeDeploy, Component: "warehouse", At: onset.Add(-3 * time.Minute), Title: "release"},
	}
	d := diagnose(t, slowVolume(t), incident(), changes...)
	got := map[string]model.Relation{}
	for _, c := range d.Changes {
		got[c.ID] = c.Relation
		if c.Reason.IsZero() {
			t.Errorf("change %s is %s without a reason", c.ID, c.Relation)
		}
	}
	want := map[string]model.Relation{
		"late": model.RelationCleared, "well": model.RelationCleared, "effect": model.RelationCleared,
		"culprit": model.RelationSuspect, "stranger": model.RelationUnrelated,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("relations (-want +got):\n%s", diff)
	}
	if c := first(t, d); c.Component != "volume" {
		t.Errorf("with decoys the first cause is %s %s", c.Component, c.Fault)
	}
	if d.Triage.Control != model.ControlHuman {
		t.Errorf("control is %s although a job of ours is suspect", d.Triage.Control)
	}
}

func TestCancellation(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s := slowVolume(t)
	d, err := newEngine(t).Diagnose(ctx, engine.Input{Incident: incident(), Topology: &s.topology}, s)
	if !errors.Is(err, context.Canceled) || d != nil {
		t.Errorf("a cancelled diagnosis gives %v, %v", d, err)
	}
	if s.asked > 0 {
		t.Errorf("after the cancellation %d queries were asked", s.asked)
	}
}

// TestBrokenSignal loses one signal of six: the answer says so, and stands.
func TestBrokenSignal(t *testing.T) {
	t.Parallel()
	s := slowVolume(t)
	whole := diagnose(t, s, incident()).Coverage
	s.failing = "error_ratio"
	d := diagnose(t, s, incident())
	if c := first(t, d); c.Component != "volume" {
		t.Errorf("the first cause is %s %s", c.Component, c.Fault)
	}
	if !slices.ContainsFunc(d.Coverage.Gaps, func(m model.Message) bool { return strings.Contains(m.String(), errBroken.Error()) }) {
		t.Errorf("nobody says that the source failed: %v", d.Coverage.Gaps)
	}
	if got, want := d.Coverage.SignalsSeen, whole.SignalsSeen-2; got != want {
		t.Errorf("%d signals seen, want %d", got, want)
	}
}

// TestNothingMeasured must not read silence as health.
func TestNothingMeasured(t *testing.T) {
	t.Parallel()
	d := diagnose(t, &shop{topology: newShop().topology}, incident())
	if d.Outcome.Status != model.Inconclusive {
		t.Errorf("status is %s: %s", d.Outcome.Status, d.Outcome.Summary)
	}
	if d.Coverage.SignalsSeen != 0 || d.Coverage.SignalsExpected == 0 || len(d.Coverage.Gaps) == 0 {
		t.Errorf("coverage is %d of %d with %d gaps", d.Coverage.SignalsSeen, d.Coverage.SignalsExpected, len(d.Coverage.Gaps))
	}
	for _, c := range d.Causes {
		if c.Probability >= 0.5 {
			t.Errorf("%s %s is given %.2f on no data", c.Component, c.Fault, c.Probability)
		}
	}
}

// TestWhatWouldHelp holds what the answer says beyond its causes.
func TestWhatWouldHelp(t *testing.T) {
	t.Parallel()
	s := slowVolume(t)
	s.forget("mail")
	d := diagnose(t, s, incident())
	if len(d.Causes) < 2 {
		t.Fatalf("%d causes, want several to choose between", len(d.Causes))
	}
	for i, c := range d.Causes {
		if c.WouldFlip.IsZero() {
			t.Errorf("nobody says what would move %s %s", c.Component, c.Fault)
		}
		if c.Rank != i+1 || i > 0 && c.Probability > d.Causes[i-1].Probability {
			t.Errorf("cause %d has rank %d and probability %.4f", i, c.Rank, c.Probability)
		}
		if len(c.Evidence) == 0 || len(c.Chain) == 0 {
			t.Errorf("%s %s has %d pieces of evidence and a chain of %d", c.Component, c.Fault, len(c.Evidence), len(c.Chain))
		}
	}
	if !slices.ContainsFunc(d.Untested, func(u model.Untested) bool { return u.Component == "mail" }) {
		t.Errorf("mail is not measured, and not among the untested: %v", d.Untested)
	}
	for _, u := range d.Untested {
		if len(u.Missing) == 0 || u.HowToGet.IsZero() || len(u.DecidesBetween) == 0 {
			t.Errorf("%s %s: missing %v, how to get %q, decides between %v", u.Component, u.Fault, u.Missing, u.HowToGet, u.DecidesBetween)
		}
	}
}

func TestOptionsAreChecked(t *testing.T) {
	t.Parallel()
	if _, err := engine.New(engine.Options{Concurrency: -1}); err == nil || !strings.Contains(err.Error(), "rules (nil)") ||
		!strings.Contains(err.Error(), "concurrency (-1)") {
		t.Errorf("options without rules and with a negative concurrency give %v", err)
	}
}

// TestClockIsMeasuredOnly shows that the clock ends up in one field and nowhere else.
func TestClockIsMeasuredOnly(t *testing.T) {
	t.Parallel()
	s := slowVolume(t)
	clock := begin
	e, err := engine.New(engine.Options{Rules: rules.Default(), Version: "test", Concurrency: 1})
	if err != nil {
		t.Fatal(err)
	}
	d, err := e.Diagnose(t.Context(), engine.Input{Incident: incident(), Topology: &s.topology, Clock: func() time.Time {
		clock = clock.Add(7 * time.Millisecond)
		return clock
	}}, s)
	if err != nil {
		t.Fatal(err)
	}
	if d.Engine.TookMS != 7 {
		t.Errorf("took %v ms, want 7", d.Engine.TookMS)
	}
	d.Engine.TookMS = 0
	if diff := cmp.Diff(marshal(t, diagnose(t, s, incident())), marshal(t, d)); diff != "" {
		t.Errorf("the clock changes more than took_ms:\n%s", diff)
	}
}
