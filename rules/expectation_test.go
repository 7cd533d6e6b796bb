package rules

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/diagnops/diagnops/engine/model"
)

const predictingPack = `version: 1
name: predicting
faults:
- fault: full
  kinds: [disk]
  title: it is full
  control: technical
  severity: critical
  predicts:
  - {signal: io_queue_length, is: up, strength: strong, necessary: true}
  - {resource: none, kind: latency, is: up, on: callers, lag: {after: onset, min: -30s, max: 2m}}
  - {signal: iops, is: down, by: device, lag: {after: io_queue_length}}
  refutes:
  - {signal: io_utilization, is: flat}
  - {signal: iops, is: up, necessary: false, strength: weak}
  runbook: [{text: look closer, link: "https://runbooks.example/{{component}}?s={{signal}}"}]
`

func TestExpectationsAreRead(t *testing.T) {
	f, _ := load(t, predictingPack).Fault("full")
	component, callers := model.OnComponent, model.OnCallers
	want := []Expectation{
		{Mark: Mark{Signal: "io_queue_length", Strength: Strong}, Shape: model.ShapeUp, Necessary: true, On: component},
		{
			Mark: Mark{Resource: NoResource, Kind: model.KindLatency, Strength: Medium}, Shape: model.ShapeUp, On: callers,
			Lag: &model.Lag{After: model.AfterOnset, Min: -30 * time.Second, Max: 2 * time.Minute},
		},
		{
			Mark: Mark{Signal: "iops", Strength: Medium}, Shape: model.ShapeDown, On: component, By: "device",
			Lag: &model.Lag{After: "io_queue_length", Max: math.MaxInt64},
		},
	}
	if diff := cmp.Diff(want, f.Predicts); diff != "" {
		t.Errorf("predicts (-want +got):\n%s", diff)
	}
	want = []Expectation{
		{Mark: Mark{Signal: "io_utilization", Strength: Medium}, Shape: model.ShapeFlat, Necessary: true, On: component},
		{Mark: Mark{Signal: "iops", Strength: Weak}, Shape: model.ShapeUp, On: component},
	}
	if diff := cmp.Diff(want, f.Contradicts); diff != "" {
		t.Errorf("refutes (-want +got):\n%s", diff)
	}
	if f.Severity != model.SeverityCritical {
		t.Errorf("severity %q", f.Severity)
	}
}

// TestAFaultWithoutSignsShowsInWhatItPredicts: a short rule names each signal once.
func TestAFaultWithoutSignsShowsInWhatItPredicts(t *testing.T) {
	f, _ := load(t, predictingPack).Fault("full")
	type marked struct {
		Strength float64
		Marks    bool
		Refutes  bool
	}
	got := map[string]marked{}
	for _, sig := range []model.Signal{
		{Name: "io_queue_length", Resource: "disk"},
		{Name: "iops", Resource: "disk"},
		{Name: "io_utilization", Resource: "disk"},
		{Name: "latency", Kind: model.KindLatency},
	} {
		var m marked
		m.Strength, m.Marks = f.Marks(&sig)
		m.Refutes = f.Refutes(&sig)
		got[sig.Name] = m
	}
	want := map[string]marked{
		"io_queue_length": {Strong, true, true}, "iops": {Medium, true, false}, "io_utilization": {}, "latency": {}, // the callers'
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("what is a sign (-want +got):\n%s", diff)
	}
	f.Shows = []Mark{{Signal: "latency", Strength: Weak}}
	if _, ok := f.Marks(&model.Signal{Name: "iops"}); ok {
		t.Error("where signs are named, what is predicted is one")
	}
}

// TestOldPacksKeepTheirHash: what a pack does not say is not hashed, so that adding to the format moves no hash.
func TestOldPacksKeepTheirHash(t *testing.T) {
	const of = "04ba6d9c89a8"
	if got := load(t, smallPack).Hash(); got != of {
		t.Errorf("hash %s, was %s before the format was added to", got, of)
	}
	if a, b := load(t, predictingPack).Hash(), load(t, predictingPack+"  prior: 1\n").Hash(); a == b {
		t.Error("two packs share a hash")
	}
}

func TestFactsFillTexts(t *testing.T) {
	c := &model.Component{Name: "vol", Selector: map[string]string{"instance": "db1:9100", "device": "sdb"}}
	r := &model.Reading{
		State: model.StateAbnormal, Observed: 34, Baseline: 0.2,
		Series: &model.Series{Signal: &model.Signal{Name: "io_queue_length", Title: "IO queue length", TitleKo: "IO 큐 길이", Unit: "requests"}},
		Onset:  model.Onset{Earliest: time.Date(2026, 3, 1, 14, 6, 18, 0, time.UTC), Latest: time.Date(2026, 3, 1, 14, 6, 22, 0, time.UTC)},
	}
	m := model.Message{
		Format: "{{signal}} of {{component}} ({{device}} of {{host}}) is {{observed}}, usually {{baseline}}, since {{since}}; ask {{owner}}",
		Korean: "{{component}}의 {{signal}}",
	}
	got := Facts{Component: c, Reading: r}.Say(m)
	if want := "IO queue length of vol (sdb of db1) is 34 requests, usually 0.2 requests, since 14:06:18; ask <owner>"; got.Format != want {
		t.Errorf("said %q, want %q", got.Format, want)
	}
	if want := "vol의 IO 큐 길이"; got.Korean != want {
		t.Errorf("said %q, want %q", got.Korean, want)
	}
	got = Facts{Component: c}.Say(m)
	if want := "<signal> of vol (sdb of db1) is <observed>, usually <baseline>, since <since>; ask <owner>"; got.Format != want {
		t.Errorf("without a reading %q, want %q", got.Format, want)
	}
	a := Advice{Text: model.Verbatim("look"), Link: "https://runbooks.example/{{component}}"}
	if act := a.For(Facts{Component: c}); act.Link != "https://runbooks.example/vol" {
		t.Errorf("link %q", act.Link)
	}
	a.Link += "?s={{since}}"
	if act := a.For(Facts{Component: c}); act.Link != "" {
		t.Errorf("link %q leads nowhere", act.Link)
	}
}
