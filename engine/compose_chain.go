package engine

import (
	"math"

	"github.com/diagnops/diagnops/engine/model"
	"github.com/diagnops/diagnops/engine/rank"
)

// chain is the path from the symptom to the first cause, each link with the reading that shows its trouble best.
func (c *composer) chain() ([]model.Link, []model.Spark) {
	if c.status == model.Healthy || len(c.ranking.Standings) == 0 {
		return nil, nil
	}
	h := c.ranking.Standings[0].Hypothesis
	if c.status != model.Diagnosed && !rank.Supported(h) {
		return nil, nil // a way to somebody whom nothing measured speaks against is an accusation
	}
	path, ok := c.reach[h.Component]
	if !ok {
		return nil, nil
	}
	links := make([]model.Link, len(path.Names))
	readings := make([]*model.Reading, len(path.Names))
	var sparks []model.Spark
	for i, name := range path.Names {
		if name == h.Component {
			readings[i] = leading(h)
		}
		if readings[i] == nil {
			readings[i] = c.shows(name, path.Names[max(0, i-1)])
		}
		links[i] = c.link(name, readings[i])
		if readings[i] != nil {
			sparks = append(sparks, c.spark(name, readings[i]))
		}
	}
	for i := range path.Via {
		links[i].Via = string(path.Via[i].Kind)
		if a, b := readings[i], readings[i+1]; a != nil && b != nil {
			if lag, ok := a.Onset.Lag(b.Onset); ok {
				links[i].LagSeconds = lag.Seconds()
			}
		}
		for _, inf := range c.scene.Influences[path.Names[i]] {
			if inf.Dependency.To == path.Names[i+1] && inf.Dependency.Kind == path.Via[i].Kind && !math.IsNaN(inf.Correlation) {
				links[i].Correlation = math.Round(inf.Correlation*100) / 100
			}
		}
	}
	return links, sparks
}

// shows picks the reading that shows a component's trouble best: what it measures of its answers in the asked family,
// then what its caller saw, then its resources; failing all, what comes nearest to trouble of the symptom's family: of a component that answers
// wrongly nobody wants to hear how fast it does.
func (c *composer) shows(name, caller string) *model.Reading {
	p := c.scene.Profiles[name]
	first, second := p.Latency, p.Errors
	if k := c.incident.Symptom.Signal; k == model.KindErrors || k == model.KindAvailability {
		first, second = p.Errors, p.Latency
	}
	var seen *model.Reading
	if call := c.scene.Calls[model.Subject{Component: caller, Peer: name}]; call != nil {
		seen = call.Client
	}
	for _, r := range []*model.Reading{first, second, seen, p.Resource, p.Client} {
		if r != nil {
			return r
		}
	}
	family := c.incident.Symptom.Signal.Family()
	if c.symptom != nil {
		family = c.symptom.Series.Signal.Kind.Family()
	}
	return p.Nearest(family)
}

// plainly is how many robust sigmas to the bad side a value may lie to be as usual without reserve: a range that a few bad
// moments have stretched holds much that nobody would call so.
const plainly = 2

// judged holds a reading against the usual, in a word: the trouble passes through links that are worse alone.
func judged(r *model.Reading) model.Judgement {
	above, below := r.Observed > r.High, r.Observed < r.Low
	bad := r.Series.Signal.Bad
	switch {
	case r.State == model.StateUnknown:
		return model.JudgedUnknown
	case r.Abnormal() && r.Bad:
		return model.JudgedWorse
	case r.Abnormal(), above && !bad.Judges(+1), below && !bad.Judges(-1):
		return model.JudgedBetter
	case above, below, math.Abs(r.Delta()) > plainly*r.Scale && bad.Judges(int(math.Copysign(1, r.Delta()))):
		return model.JudgedNearly
	}
	return model.JudgedUsual
}

func (c *composer) link(name string, r *model.Reading) model.Link {
	l := model.Link{Component: name, State: model.StateUnknown.String(), Judged: model.JudgedUnknown}
	if r == nil {
		return l
	}
	sig := r.Series.Signal
	l.Signal, l.Title, l.State, l.Onset = sig.Name, sig.Said(), r.State.String(), r.Onset
	l.Judged = judged(r)
	l.MagnitudeSigma = math.Round(r.Sigma*10) / 10
	l.Observed, l.Baseline = model.FormatValue(r.Observed, sig.Unit), model.FormatValue(r.Baseline, sig.Unit)
	return l
}

// spark is the course of a reading around the symptom: as long before as during, and sparkLead points at least.
func (c *composer) spark(name string, r *model.Reading) model.Spark {
	first, last := -1, -1
	for i, p := range c.frame.Phases {
		if p == model.PhaseSymptom {
			if first < 0 {
				first = i
			}
			last = i
		}
	}
	s := model.Spark{
		Component: name, Signal: r.Series.Signal.Name, Unit: r.Series.Signal.Unit, Step: c.frame.Grid.Step,
		Baseline: r.Baseline, OnsetIndex: -1,
	}
	if first < 0 {
		return s
	}
	from := max(0, first-max(sparkLead, last-first+1))
	for from < first && c.frame.Phases[from] == model.PhaseOther {
		from++
	}
	step := c.frame.Grid.Step.Milliseconds()
	for i := first - 1; i >= from; i-- { // a jump to another span ends the course
		if c.frame.Grid.Millis(i+1)-c.frame.Grid.Millis(i) != step {
			from = i + 1
			break
		}
	}
	s.From, s.Values = c.frame.Grid.Time(from), r.Series.Values[from:last+1]
	for i := from; i <= last; i++ {
		if !r.Onset.Latest.IsZero() && !c.frame.Grid.Time(i).Before(r.Onset.Latest) {
			s.OnsetIndex = i - from
			break
		}
	}
	return s
}

// sparkLead is how many points before the symptom a course shows at least.
const sparkLead = 24
