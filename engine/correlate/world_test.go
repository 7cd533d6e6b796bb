package correlate

import (
	"strings"
	"time"

	"github.com/diagnops/diagnops/engine/model"
	"github.com/diagnops/diagnops/engine/topo"
)

// gridPoints is the length of all courses here.
const gridPoints = 40

var begin = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// signals are what a world can measure, by name.
var signals = map[string]*model.Signal{}

func init() {
	for _, s := range []model.Signal{
		{Name: "latency", Kind: model.KindLatency, Unit: "seconds", Bad: model.BadUp},
		{Name: "client_latency", Kind: model.KindLatency, Unit: "seconds", Bad: model.BadUp, Side: model.SideClient},
		{Name: "served_latency", Kind: model.KindLatency, Unit: "seconds", Bad: model.BadUp, Side: model.SideServer},
		{Name: "errors", Kind: model.KindErrors, Unit: "ratio", Bad: model.BadUp},
		{Name: "availability", Kind: model.KindAvailability, Unit: "percent", Bad: model.BadDown},
		{Name: "requests", Kind: model.KindTraffic, Unit: "req/s", Bad: model.BadChange},
		{Name: "queries", Kind: model.KindTraffic, Unit: "1/s", Bad: model.BadChange},
		{Name: "cpu", Kind: model.KindUtilization, Unit: "ratio", Bad: model.BadUp, Resource: "cpu"},
		{Name: "cpu_waiting", Kind: model.KindSaturation, Unit: "tasks", Bad: model.BadUp, Resource: "cpu"},
		{Name: "io_wait", Kind: model.KindSaturation, Unit: "tasks", Bad: model.BadUp, Resource: "disk"},
		{Name: "io_queue", Kind: model.KindSaturation, Unit: "requests", Bad: model.BadUp, Resource: "disk"},
	} {
		signals[s.Name] = &s
	}
}

// world is a scene in the making.
type world struct {
	top      model.Topology
	asked    model.SignalKind // of the first component, where the symptom is; empty = none in particular
	readings []*model.Reading
}

// having starts a world of dependencies in words: "web calls db; db runs_on host". The kind of a component is its name
// without digits.
func having(words string) *world {
	w := &world{}
	name := func(n string) string {
		if w.top.Component(n) == nil {
			w.top.Components = append(w.top.Components, model.Component{Name: n, Kind: strings.TrimRight(n, "0123456789")})
		}
		return n
	}
	for clause := range strings.SplitSeq(words, ";") {
		switch f := strings.Fields(clause); len(f) {
		case 1:
			name(f[0])
		case 3:
			w.top.Dependencies = append(w.top.Dependencies, model.Dependency{
				From: name(f[0]), Kind: model.DependencyKind(f[1]), To: name(f[2]), Confidence: 1,
			})
		}
	}
	return w
}

// add appends a reading of a subject, "web" or "web>db": what was observed, and what is usual.
func (w *world) add(subject, signal string, state model.State, observed, usual float64) *model.Reading {
	from, to, _ := strings.Cut(subject, ">")
	values := make([]float64, gridPoints)
	for i := range values {
		values[i] = usual
	}
	r := &model.Reading{
		Series: &model.Series{Subject: model.Subject{Component: from, Peer: to}, Signal: signals[signal], Values: values},
		State:  state, Observed: observed, Baseline: usual, Scale: 1, ReferenceN: 100, SymptomN: 10,
	}
	w.readings = append(w.readings, r)
	return r
}

// well appends a reading that is as it always is.
func (w *world) well(subject, signal string, value float64) *model.Reading {
	return w.add(subject, signal, model.StateNormal, value, value)
}

// sick appends an abnormal reading ten times worse than the worst usual, unusual at points from..to, both included.
func (w *world) sick(subject, signal string, observed, usual float64, from, to int) *model.Reading {
	r := w.add(subject, signal, model.StateAbnormal, observed, usual)
	r.Severity, r.Sign, r.Confidence = 10, +1, 0.99
	if observed < usual {
		r.Sign = -1
	}
	r.Bad = r.Series.Signal.Bad.Judges(r.Sign)
	for i := from; i <= to; i++ {
		r.Hits = append(r.Hits, i)
		r.Series.Values[i] = observed
	}
	at := func(i int) time.Time { return begin.Add(time.Duration(i) * 10 * time.Second) }
	r.Onset = model.Onset{Earliest: at(from - 1), Latest: at(from)}
	return r
}

func (w *world) build() *model.Scene {
	return Build(Input{
		Symptom: model.Symptom{Component: w.top.Components[0].Name, Signal: w.asked}, Grid: model.Grid{Step: 10 * time.Second},
		Graph: topo.New(&w.top), Readings: w.readings,
	})
}

// influence is what was found along one dependency.
func (w *world) influence(from, to string) model.Influence {
	for _, inf := range w.build().Influences[from] {
		if inf.Dependency.To == to {
			return inf
		}
	}
	return model.Influence{}
}

// explains is the share of from's trouble that to accounts for.
func (w *world) explains(from, to string) float64 { return w.influence(from, to).Explained }
