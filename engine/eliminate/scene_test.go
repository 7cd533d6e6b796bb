package eliminate_test

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/diagnops/diagnops/engine/correlate"
	"github.com/diagnops/diagnops/engine/hypo"
	"github.com/diagnops/diagnops/engine/model"
	"github.com/diagnops/diagnops/engine/topo"
)

// A scene is written down line by line; names of components are free, their kind is given where they come first:
//
//	ask web latency                                the symptom; its component and signal
//	web:app calls db:db                            a dependency
//	cache:cache                                    a component that nobody needs
//	db latency 1.2 usually 0.05 x9 @-20..-10       a reading: now, usual, severity, onset in seconds after the symptom's
//	web>db latency 1.2 usually 0.05 x9             the same of a call; served_... is what the callee measured of it
//	db cpu 0.2 usually 0.2                         without a severity from 1 on it is normal
//	db cpu 0.99 usually 0.2 x3 again               it was so before, now and then
//	db cpu 0.99 usually 0.6 x3 daily               usually at this time of day; weekly: of the week
//	db cpu 0.4 usually 0.2 drifted                 it was as far off just before the symptom
//	db cpu unknown                                 no samples
//	db cpu stopped @-20..-10                       samples before, none now
//	db explains 90 of web                          percent of web's trouble; what is not written explains nothing
//	db/a latency 1.2 usually 0.05 x9               of one instance
//	db latency 1.2 usually 0.05 x9 rising          not at once; hurt@-200: it was as bad for a while then, too
//	change deploy db -300 release 12               seconds after the symptom's beginning, and its title
//	predicts cpu up on host necessary              what the rule of the fault "by-rule" says; see rule
//	db latency 1.2 usually 0.05 x9 pod=a           one of several series
//	found deploy db -300 version 12                the same, found in metrics
//	metrics confirm version 12                     what they show of the change before; deny: what stayed
//	reached a,b of 4 -300:0.25 -60:0.5             which instances it has, and how far it had come when
//
// "always" in place of "usually" is a reading that never moved. An onset is 0 to 5 s where none is given, "@?" says that
// it is not known.
type scene struct {
	topology model.Topology
	symptom  model.Symptom
	readings []*model.Reading
	changes  []model.Change
	explains []explanation
	ask      []string // fields of the lines that ask for something: suppose, judge
	rule     model.Fault
}

type explanation struct {
	from, to string
	share    float64
}

// The grid of all scenes: a point every 5 s, from five minutes before the symptom's beginning to two minutes after.
const (
	step       = 5 * time.Second
	leadPoints = 60
	gridPoints = leadPoints + 24
)

var (
	begin = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	grid  = model.Grid{Step: step, Spans: []model.Span{{StartMillis: model.Millis(begin.Add(-leadPoints * step)), N: gridPoints}}}
)

func after(seconds float64) time.Time {
	return begin.Add(time.Duration(seconds * float64(time.Second)))
}

// signals are what scenes can measure.
var signals = map[string]*model.Signal{}

func init() {
	up, ratio := model.BadUp, "ratio"
	for _, s := range []model.Signal{
		{Name: "latency", Kind: model.KindLatency, Unit: "seconds", Bad: up},
		{Name: "client_latency", Kind: model.KindLatency, Unit: "seconds", Bad: up, Side: model.SideClient},
		{Name: "served_latency", Kind: model.KindLatency, Unit: "seconds", Bad: up, Side: model.SideServer},
		{Name: "errors", Kind: model.KindErrors, Unit: ratio, Bad: up},
		{Name: "served_errors", Kind: model.KindErrors, Unit: ratio, Bad: up, Side: model.SideServer},
		{Name: "availability", Kind: model.KindAvailability, Unit: "percent", Bad: model.BadDown},
		{Name: "requests", Kind: model.KindTraffic, Unit: "req/s", Bad: model.BadChange},
		{Name: "writes", Kind: model.KindTraffic, Unit: "1/s", Bad: model.BadChange, Resource: "disk"},
		{Name: "cpu", Kind: model.KindUtilization, Unit: ratio, Bad: up, Resource: "cpu"},
		{Name: "cpu_waiting", Kind: model.KindSaturation, Unit: "threads", Bad: up, Resource: "cpu"},
		{Name: "memory", Kind: model.KindUtilization, Unit: ratio, Bad: up, Resource: "memory"},
		{Name: "io_queue", Kind: model.KindSaturation, Unit: "requests", Bad: up, Resource: "disk"},
		{Name: "io_busy", Kind: model.KindUtilization, Unit: ratio, Bad: up, Resource: "disk"},
		{Name: "io_errors", Kind: model.KindErrors, Unit: "1/s", Bad: up, Resource: "disk"},
		{Name: "pool_waiting", Kind: model.KindSaturation, Unit: "requests", Bad: up, Resource: "pool"},
		{Name: "retransmits", Kind: model.KindErrors, Unit: ratio, Bad: up, Resource: "network"},
		{Name: "hit_ratio", Kind: model.KindSaturation, Unit: ratio, Bad: model.BadDown, Resource: "cache"},
		{Name: "evictions", Kind: model.KindUsage, Unit: "1/s", Bad: up, Resource: "cache"},
	} {
		signals[s.Name] = &s
	}
}

// faults are what scenes can suppose: one for each nature, and a few resources.
func faults() []model.Fault {
	not := func(kinds ...string) func(string) bool {
		return func(kind string) bool { return !slices.Contains(kinds, kind) }
	}
	marks := func(weights map[string]float64) func(*model.Signal) (float64, bool) {
		return func(s *model.Signal) (float64, bool) {
			w, ok := weights[s.Name]
			return w, ok
		}
	}
	needs := func(names ...string) func(*model.Signal) bool {
		return func(s *model.Signal) bool { return slices.Contains(names, s.Name) }
	}
	answers := marks(map[string]float64{"latency": 1, "served_latency": 1, "errors": 1, "served_errors": 1, "availability": 1})
	nothing := marks(nil)
	return []model.Fault{
		{Name: "slow", Nature: model.NatureService, Befalls: not("disk"), Marks: answers, Needs: needs()},
		{Name: "loss", Nature: model.NatureLink, Befalls: not("disk"), Marks: marks(map[string]float64{"retransmits": 1}), Needs: needs()},
		{Name: "way", Nature: model.NatureLink, Befalls: not("disk", "host"), Marks: nothing, Needs: needs()},
		{Name: "surge", Nature: model.NatureLoad, Befalls: not("disk", "host"), Marks: marks(map[string]float64{"requests": 1}), Needs: needs("requests"), Prior: 0.2},
		{Name: "gone", Nature: model.NatureAbsent, Befalls: not(), Marks: marks(map[string]float64{"availability": 1}), Needs: needs("availability")},
		{
			Name: "bad-deploy", Nature: model.NatureChange, Befalls: not("disk"), Marks: answers, Needs: needs(),
			Changes: []model.ChangeKind{model.ChangeDeploy},
		},
		{
			Name: "no-cpu", Nature: model.NatureResource, Befalls: not("disk"), HostResource: "cpu", Prior: -0.2,
			Marks: marks(map[string]float64{"cpu": 0.6, "cpu_waiting": 1}), Needs: needs("cpu", "cpu_waiting"),
		},
		{Name: "worn", Nature: model.NatureService, Befalls: not("disk"), Marks: nothing, Needs: needs(), Prior: 0.3},
		{Name: "no-memory", Nature: model.NatureResource, Befalls: not("disk"), Marks: marks(map[string]float64{"memory": 1}), Needs: needs("memory")},
		{
			Name: "no-io", Nature: model.NatureResource, Befalls: func(kind string) bool { return kind == "disk" },
			Marks: marks(map[string]float64{"io_queue": 1, "io_busy": 0.6, "io_errors": 1}), Needs: needs("io_queue"),
		},
		{Name: "no-connections", Nature: model.NatureResource, Befalls: not("disk", "host"), Marks: marks(map[string]float64{"pool_waiting": 1}), Needs: needs("pool_waiting")},
		{
			Name: "cold-cache", Nature: model.NatureSupply, Befalls: func(kind string) bool { return kind == "cache" },
			Marks: marks(map[string]float64{"hit_ratio": 1, "evictions": 0.6}), Needs: needs("hit_ratio"),
		},
	}
}

// parse reads a scene. Errors name the line.
func parse(text string) (*scene, error) {
	s := &scene{symptom: model.Symptom{Interval: model.Interval{From: begin, To: after(120)}}}
	for _, line := range strings.Split(text, "\n") {
		fields := strings.Fields(line)
		if len(fields) == 0 || strings.HasPrefix(line, "#") {
			continue
		}
		if err := s.line(fields); err != nil {
			return nil, fmt.Errorf("%q: %w", line, err)
		}
	}
	return s, nil
}

func (s *scene) line(f []string) error {
	switch {
	case f[0] == "ask" && len(f) == 3:
		kind, err := model.ParseSignalKind(f[2])
		s.symptom.Component, s.symptom.Signal = f[1], kind
		return err
	case f[0] == "suppose" && len(f) == 3, f[0] == "judge":
		s.ask = append(s.ask, f...)
		return nil
	case f[0] == "predicts", f[0] == "contradicts":
		return s.expect(f)
	case (f[0] == "change" || f[0] == "found") && len(f) > 3:
		return s.change(f[1:], f[0] == "found")
	case f[0] == "metrics" && len(f) > 2, f[0] == "reached" && len(f) > 3:
		return s.sighting(f)
	case len(f) == 5 && f[1] == "explains" && f[3] == "of":
		share, err := strconv.ParseFloat(f[2], 64)
		s.explains = append(s.explains, explanation{from: f[4], to: f[0], share: share / 100})
		return err
	case len(f) == 1:
		return s.component(f[0])
	case len(f) == 3 && slices.Contains(model.DependencyKinds(), model.DependencyKind(f[1])):
		return s.dependency(f)
	}
	return s.reading(f)
}

// component declares "name:kind"; a name without a kind must be known.
func (s *scene) component(word string) error {
	name, kind, given := strings.Cut(word, ":")
	switch known := s.topology.Component(name) != nil; {
	case given && known:
		return fmt.Errorf("%s is declared twice", name)
	case !given && !known:
		return fmt.Errorf("%s has no kind", name)
	case given:
		s.topology.Components = append(s.topology.Components, model.Component{Name: name, Kind: kind})
	}
	return nil
}

func (s *scene) dependency(f []string) error {
	d := model.Dependency{Kind: model.DependencyKind(f[1]), Source: "topology", Confidence: 1}
	d.From, _, _ = strings.Cut(f[0], ":")
	d.To, _, _ = strings.Cut(f[2], ":")
	s.topology.Dependencies = append(s.topology.Dependencies, d)
	return cmp.Or(s.component(f[0]), s.component(f[2]))
}

func (s *scene) reading(f []string) error {
	subject := model.Subject{Component: f[0]}
	if from, to, call := strings.Cut(f[0], ">"); call {
		subject = model.Subject{Component: from, Peer: to}
	}
	var labels model.Labels
	if name, instance, one := strings.Cut(subject.Component, "/"); one {
		subject.Component, labels = name, model.Labels{{Name: "instance", Value: instance}}
	}
	for _, name := range []string{subject.Component, subject.Peer} {
		if name != "" && s.topology.Component(name) == nil {
			return fmt.Errorf("%s is no component", name)
		}
	}
	if len(f) < 3 || signals[f[1]] == nil {
		return fmt.Errorf("%v is no reading", f)
	}
	sig := signals[f[1]]
	r := &model.Reading{Series: &model.Series{Subject: subject, Signal: sig, Labels: labels, Query: f[0] + " " + f[1]}}
	s.readings = append(s.readings, r)
	switch f[2] {
	case "unknown":
		r.Reason, r.Observed, r.Baseline = model.ReasonNoSamples, model.Gap(), model.Gap()
		return nil
	case "stopped":
		r.Reason, r.Observed, r.Baseline = model.ReasonVanished, model.Gap(), model.Gap()
		return size(r, f[len(f)-1])
	}
	if len(f) < 5 {
		return fmt.Errorf("%v is no reading", f)
	}
	r.State, r.Severity = model.StateNormal, 0.5
	r.Onset = model.Onset{Earliest: begin, Latest: after(5)}
	var err error
	if r.Observed, err = strconv.ParseFloat(f[2], 64); err != nil {
		return err
	}
	if r.Baseline, err = strconv.ParseFloat(f[4], 64); err != nil {
		return err
	}
	r.Low, r.High = r.Baseline, r.Baseline
	if f[3] == "usually" {
		r.Low, r.High = 0.9*r.Baseline, 1.1*r.Baseline
	}
	var course string
	for _, word := range f[5:] {
		if word == "rising" || strings.HasPrefix(word, "hurt@") {
			course = word
		} else if err := size(r, word); err != nil {
			return err
		}
	}
	finish(r)
	return bend(r, course)
}

// size reads "x9", "again", "drifted", "daily", "weekly" and "@-20..-10".
func size(r *model.Reading, word string) (err error) {
	switch word {
	case "again":
		r.Recurs = true
		return nil
	case "drifted":
		r.Drift = r.Delta()
		return nil
	case "daily":
		r.Reference = model.ReferenceDays
		return nil
	case "weekly":
		r.Reference = model.ReferenceWeekday
		return nil
	}
	if name, value, ok := strings.Cut(word, "="); ok {
		r.Series.Labels = model.Labels{{Name: name, Value: value}}
		return nil
	}
	if x, ok := strings.CutPrefix(word, "x"); ok {
		r.Severity, err = strconv.ParseFloat(x, 64)
		return err
	}
	from, to, ok := strings.Cut(strings.TrimPrefix(word, "@"), "..")
	switch {
	case word == "@?":
		r.Onset = model.Onset{}
		return nil
	case !ok:
		return fmt.Errorf("%q is neither a severity nor an onset", word)
	}
	a, errA := strconv.ParseFloat(from, 64)
	b, errB := strconv.ParseFloat(to, 64)
	r.Onset = model.Onset{Earliest: after(a), Latest: after(b)}
	return cmp.Or(errA, errB)
}

// finish fills in what follows: direction, course, unusual points.
func finish(r *model.Reading) {
	r.Series.Values = make([]float64, gridPoints)
	first := gridPoints
	if r.Severity >= 1 {
		r.State, r.Sign = model.StateAbnormal, cmp.Compare(r.Observed, r.Baseline)
		r.Bad = r.Series.Signal.Bad.Judges(r.Sign)
		first = leadPoints
		if !r.Onset.Latest.IsZero() {
			first += int(r.Onset.Latest.Sub(begin) / step)
		}
	}
	for i := range r.Series.Values {
		r.Series.Values[i] = r.Baseline
		if i >= first {
			r.Series.Values[i] = r.Observed
			r.Hits = append(r.Hits, i)
		}
	}
}

// build sets the scene: the graph, the readings by component, and what explains what as the scene says it. The order of
// the readings is that of a frame.
func (s *scene) build() (*model.Scene, *topo.Graph, error) {
	g := topo.New(&s.topology)
	slices.SortStableFunc(s.readings, func(a, b *model.Reading) int {
		return cmp.Or(a.Series.Subject.Compare(b.Series.Subject), cmp.Compare(a.Series.Signal.Name, b.Series.Signal.Name))
	})
	sc := correlate.Build(correlate.Input{
		Symptom: s.symptom, Grid: grid, Graph: g, Readings: s.readings, Changes: s.changes,
	})
	for _, infs := range sc.Influences {
		for i := range infs {
			infs[i].Explained = 0
		}
	}
	for _, e := range s.explains {
		found := false
		for i := range sc.Influences[e.from] {
			if inf := &sc.Influences[e.from][i]; inf.Dependency.To == e.to && inf.Callee != nil && inf.Caller != nil {
				inf.Explained, found = e.share, true
			}
		}
		if !found {
			return nil, nil, fmt.Errorf("%s can not explain %s: one of them shows no trouble, or needs nothing from the other", e.to, e.from)
		}
	}
	return sc, g, nil
}

// hypothesis raises all hypotheses and picks one.
func (s *scene) hypothesis(sc *model.Scene, g *topo.Graph, component, fault string) (*model.Hypothesis, error) {
	all := hypo.Generate(sc, g, hypo.NewLexicon(append(faults(), s.byRule()), sc.Readings))
	for _, h := range all {
		if h.Component == component && h.Fault.Name == fault {
			return h, nil
		}
	}
	raised := make([]string, len(all))
	for i, h := range all {
		raised[i] = h.Component + " " + h.Fault.Name
	}
	return nil, fmt.Errorf("nobody supposes %s %s; raised are: %s", component, fault, strings.Join(raised, ", "))
}
