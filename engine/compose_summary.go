package engine

import (
	"unicode/utf8"

	"github.com/diagnops/diagnops/engine/model"
)

const (
	// confident is the probability from which the first cause is called the cause, not the likeliest.
	confident = 0.7
	// longestAnswer is how many characters fill two lines of a terminal, the break within a word allowed for.
	longestAnswer = 150
)

// summary is the answer in one sentence. The percentage stands beside the component, for it is the component's: of
// several faults of one component the likeliest is named, and how sure that is among them nobody has calibrated.
func (c *composer) summary() model.Message {
	sym := c.incident.Symptom
	switch c.status {
	case model.Healthy:
		if c.symptom == nil {
			return c.asUsual()
		}
		if len(c.ranking.Standings) > 0 {
			return model.Say("no fault found: %s is as it usually is", sym.Component)
		}
		return model.Say("no fault found that would explain %s", sym.Component)
	case model.Inconclusive:
		return c.inconclusive()
	}
	first := c.ranking.Standings[0]
	h, sure := first.Hypothesis, percent(first.Probability)
	short := model.Say("%s is the likeliest cause, %d %% sure: %s", h.Component, sure, h.Fault.Title)
	if first.Probability >= confident {
		short = model.Say("%s is the cause, %d %% sure: %s", h.Component, sure, h.Fault.Title)
	}
	long := withFigures(short, h)
	if utf8.RuneCountInString(long.String()) > longestAnswer {
		return short // the chain below it has the figures
	}
	return long
}

// withFigures adds what shows a hypothesis best, if anything does.
func withFigures(text model.Message, h *model.Hypothesis) model.Message {
	r := leading(h)
	if r == nil {
		return text
	}
	sig := r.Series.Signal
	return model.Say("%s (%s %s, usually %s)", text, sig.Said(), model.FormatValue(r.Observed, sig.Unit), model.FormatValue(r.Baseline, sig.Unit))
}

// asUsual says that nothing is wrong where the trouble was noticed, and when it always is so, if that is what tells.
func (c *composer) asUsual() model.Message {
	sym := c.incident.Symptom
	if p := c.scene.Profiles[sym.Component]; p != nil {
		if r := p.Nearest(sym.Signal.Family()); r != nil && r.Reference.Seasonal() {
			return model.Say("no fault found: %s is as it usually is %s", sym.Component, r.Reference.When())
		}
	}
	return model.Say("no fault found: %s is as it usually is", sym.Component)
}

func percent(p float64) int { return int(p*100 + 0.5) }

// inconclusive says what is open, and what would decide.
func (c *composer) inconclusive() model.Message {
	all := c.ranking.Standings
	switch {
	case !symptomMeasured(c.scene):
		return c.unreadable()
	case len(all) > 0 && c.symptom == nil:
		h := all[0].Hypothesis
		return c.withDecider(model.Say("inconclusive: %s is as it usually is, but %s is not (%s, %d %%)", c.incident.Symptom.Component, h.Component, h.Fault.Title, percent(all[0].Probability)))
	case len(all) == 0:
		return model.Say("inconclusive: %s is not as usual, and nothing measured explains it", c.incident.Symptom.Component)
	case len(all) == 1 || all[1].Probability < all[0].Probability/3:
		return c.withDecider(model.Say("inconclusive: %s comes nearest (%s, %d %%)", all[0].Hypothesis.Component, all[0].Hypothesis.Fault.Title, percent(all[0].Probability)))
	}
	return c.withDecider(model.Say("inconclusive between %s (%d %%) and %s (%d %%)", all[0].Hypothesis.Component, percent(all[0].Probability),
		all[1].Hypothesis.Component, percent(all[1].Probability)))
}

// withDecider adds what would decide: the signal that is not measured and is expected to tell most, or that there is none.
func (c *composer) withDecider(open model.Message) model.Message {
	long := model.Say("%s; no one missing signal would decide", open)
	if q, ok := c.decider(); ok {
		long = model.Say("%s; %s of %s, not measured, would tell most", open, q.wanted[0], q.h.Component)
	}
	if utf8.RuneCountInString(long.String()) > longestAnswer {
		return open // what to find out stands below it
	}
	return long
}

// unreadable says why the symptom itself could not be judged.
func (c *composer) unreadable() model.Message {
	name := c.incident.Symptom.Component
	switch c.symptomReason() {
	case model.ReasonNoSamples:
		return model.Say("inconclusive: %s has no samples in the time asked about", name)
	case model.ReasonVanished:
		return model.Say("inconclusive: the samples of %s stopped, so how it answers is not known", name)
	case model.ReasonNoReference:
		return model.Say("inconclusive: there is no quiet time of %s to compare with", name)
	case model.ReasonShortReference:
		return model.Say("inconclusive: there are too few samples of %s from quiet times to compare with", name)
	case model.ReasonNoTraffic:
		return model.Say("inconclusive: %s had no traffic to measure", name)
	case model.ReasonQueryFailed:
		return model.Say("inconclusive: %s could not be read, the queries failed", name)
	case model.ReasonPinned:
		return model.Say("inconclusive: what is measured of %s is always at its worst, so it tells nothing", name)
	}
	return model.Say("inconclusive: %s itself is not measured", name)
}

// symptomReason is why most of what users feel of the symptom's component could not be judged; ReasonNoSeries when
// nothing of the kind was measured at all.
func (c *composer) symptomReason() model.Reason {
	name := c.incident.Symptom.Component
	count := map[model.Reason]int{}
	if p := c.scene.Profiles[name]; p != nil {
		for _, r := range p.Readings {
			if r.State == model.StateUnknown && r.Series.Signal.Kind.UserFacing() && r.Series.Signal.Side != model.SideClient {
				count[r.Reason]++
			}
		}
	}
	for _, m := range c.scene.Missing {
		if m.Subject.Component == name && !m.Subject.IsEdge() && m.Reason == model.ReasonQueryFailed && m.Signal.Kind.UserFacing() {
			count[m.Reason]++
		}
	}
	most := model.ReasonNoSeries
	for r := model.ReasonNoSeries; r <= model.ReasonPinned; r++ {
		if count[r] > count[most] {
			most = r
		}
	}
	return most
}
