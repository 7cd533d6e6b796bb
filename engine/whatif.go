package engine

import (
	"cmp"
	"context"
	"slices"

	"github.com/diagnops/diagnops/engine/correlate"
	"github.com/diagnops/diagnops/engine/model"
	"github.com/diagnops/diagnops/engine/parallel"
)

// supposition is one observation that were otherwise. An observation is a signal of a subject, whatever series it has:
// replicas and devices change together.
type supposition struct {
	of      signalOf
	reading *model.Reading // of it, what an answer rests on
	bad     bool           // it were as bad as the symptom; else as usual
}

// counterfactual is a supposition and what it would come to.
type counterfactual struct {
	supposition
	then alternative
}

const (
	// maxSuppositions bounds the work: each is worth one run of the stages after detection. The observations of the
	// largest weight are supposed; an answer hardly ever rests on more.
	maxSuppositions = 8
	// maxRaised bounds how many of them suppose that something quiet were bad.
	maxRaised = 2
)

// whatIf supposes, one at a time, that each observation behind the first cause, and each between it and the symptom, were
// as usual, and that what speaks most against the second were bad; it draws the conclusion anew each time. While the answer is open, what is behind the
// second is supposed to be as usual too: that may settle it. The symptom itself is given, and never supposed away.
// The least surprising goes first: the less unusual a reading was, the sooner it might have been as usual. Where nothing is
// wrong there is nothing to suppose away.
func (c *composer) whatIf() []counterfactual {
	if c.status == model.Healthy {
		return nil
	}
	var all []supposition
	add := func(readings []*model.Reading, bad bool, limit int) {
		for _, r := range readings {
			s := supposition{of: observationOf(r), reading: r, bad: bad}
			given := c.symptom != nil && s.of == observationOf(c.symptom)
			if limit == 0 || given || slices.ContainsFunc(all, func(o supposition) bool { return o.of == s.of }) {
				continue
			}
			all = append(all, s)
			limit--
		}
	}
	for i, s := range c.ranking.Standings[:min(2, len(c.ranking.Standings))] {
		if i == 0 || c.status == model.Inconclusive {
			add(append(behind(s.Hypothesis), c.between(s.Hypothesis)...), false, maxSuppositions-len(all))
		}
		if i == 1 && c.symptom != nil {
			add(against(s.Hypothesis), true, maxRaised)
		}
	}
	slices.SortStableFunc(all, func(a, b supposition) int {
		return cmp.Or(cmp.Compare(c.surprise(a), c.surprise(b)), a.reading.Series.Compare(b.reading.Series))
	})
	out := make([]counterfactual, len(all))
	parallel.Each(context.Background(), len(all), parallel.Width(), func(i int) {
		out[i] = counterfactual{supposition: all[i], then: c.otherwise(all[i])}
	})
	return out
}

func observationOf(r *model.Reading) signalOf {
	return signalOf{r.Series.Subject, r.Series.Signal.Name}
}

// surprise is how far a supposition is from what was observed, as a severity.
func (c *composer) surprise(s supposition) float64 {
	if s.bad {
		return c.symptom.Severity
	}
	return s.reading.Severity
}

// otherwise is the conclusion from what was read, one observation being otherwise.
func (c *composer) otherwise(s supposition) alternative {
	changed := map[*model.Reading]*model.Reading{}
	for _, r := range c.scene.ReadingsOf(s.of.subject) {
		switch {
		case r.Series.Signal.Name != s.of.signal:
		case r.State == model.StateUnknown && r.Reason != model.ReasonVanished:
		case s.bad:
			changed[r] = r.AsBadAs(c.symptom)
		default:
			changed[r] = r.AsUsual()
		}
	}
	scene := correlate.Alter(c.scene, c.graph, s.of.subject, changed)
	return c.again(c.engine, scene, c.graph, c.lexicon)
}

// behind are the unusual readings that speak for a hypothesis, those of the weightiest evidence first; of marks of one
// kind the most telling, for without another it would still stand for them.
func behind(h *model.Hypothesis) []*model.Reading {
	out := weightiest(h, func(e *model.Evidence) bool { return e.Verdict == model.Supports && e.Weight > 0 })
	for _, m := range h.Marks {
		sig := m.Reading.Series.Signal
		if !slices.ContainsFunc(out, func(r *model.Reading) bool {
			return r.Series.Signal.Kind == sig.Kind && r.Series.Signal.Resource == sig.Resource
		}) {
			out = append(out, m.Reading)
		}
	}
	return slices.DeleteFunc(out, func(r *model.Reading) bool { return !r.Amiss() })
}

// between are the worst troubles of what lies between a hypothesis' component and the symptom: the trouble came that way.
func (c *composer) between(h *model.Hypothesis) []*model.Reading {
	var out []*model.Reading
	path := c.reach[h.Component].Names
	for i := 1; i < len(path)-1; i++ {
		p := c.scene.Profiles[path[i]]
		out = append(out, model.Present(p.Latency, p.Errors)...)
	}
	return out
}

// against are the quiet readings that speak against a hypothesis, those of the weightiest evidence first.
func against(h *model.Hypothesis) []*model.Reading {
	out := weightiest(h, func(e *model.Evidence) bool { return e.Verdict == model.Refutes && e.Weight < 0 })
	return slices.DeleteFunc(out, func(r *model.Reading) bool { return r.State != model.StateNormal })
}

// weightiest are the readings that some of a hypothesis' evidence rests on.
func weightiest(h *model.Hypothesis, which func(*model.Evidence) bool) []*model.Reading {
	var picked []*model.Evidence
	for i := range h.Ledger {
		if e := &h.Ledger[i]; e.Reading != nil && which(e) {
			picked = append(picked, e)
		}
	}
	slices.SortStableFunc(picked, func(a, b *model.Evidence) int { return cmp.Compare(max(b.Weight, -b.Weight), max(a.Weight, -a.Weight)) })
	out := make([]*model.Reading, len(picked))
	for i, e := range picked {
		out[i] = e.Reading
	}
	return out
}
