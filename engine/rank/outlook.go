package rank

import (
	"math"

	"github.com/diagnops/diagnops/engine/model"
)

// Outlook is what to expect of a measurement that nobody has made yet.
type Outlook struct {
	// Bits is how much it is expected to tell about which component is to blame: the mutual information of the
	// component and the outcome (D. V. Lindley, "On a measure of the information provided by an experiment", 1956), that is
	// how far it will, on average, lower the entropy of the components' probabilities. 0 to 1: it has two outcomes.
	Bits float64
	// Bad and Quiet are the two outcomes.
	Bad, Quiet Prospect
	// Rival is the component from or to which it moves most of the probability; "" when no other stands.
	Rival string
}

// Prospect is one outcome of a measurement.
type Prospect struct {
	Chance      float64 // of this outcome, 0 to 1
	First       string  // the component that would then be likeliest; "" when a rival that names nobody is
	Probability float64 // its, then
}

// Bearing is what a measurement would do to a hypothesis about its component, in nats of log-odds.
type Bearing struct {
	Hypothesis *model.Hypothesis
	Bad, Quiet float64 // Bad > 0 > Quiet; Quiet is -Inf where it would rule out
}

// Forecast foretells measurements: a Ranking, made ready for many of them.
type Forecast struct {
	mass        mass
	survivors   map[string][]*model.Hypothesis // by component
	temperature float64
}

// Forecast makes a ranking ready to foretell.
func (r Ranking) Forecast(w model.Weights) Forecast {
	f := Forecast{mass: r.masses(w), survivors: map[string][]*model.Hypothesis{}, temperature: w.Temperature}
	for _, h := range r.all {
		if h.RuledOut == nil {
			f.survivors[h.Component] = append(f.survivors[h.Component], h)
		}
	}
	return f
}

// Outlook foretells a measurement of signals of one component.
//
// A weight of evidence is the logarithm of a likelihood ratio (I. J. Good, "Probability and the Weighing of Evidence",
// 1950), so the two weights that an outcome has on the weightiest hypothesis tell how often each comes: with b = exp(Bad)
// and q = exp(Quiet), the signal is bad by chance with frequency f = (1-q)/(b-q), and under the hypothesis with f*b. Under
// a lighter one it is bad with frequency f*exp(its Bad), under all others with f. A component's probability is divided
// among its surviving hypotheses in proportion to their odds.
func (f Forecast) Outlook(component string, bearings []Bearing) Outlook {
	mass := f.mass
	o := Outlook{Rival: mass.likeliestBut(component)}
	byChance := 1.0
	for _, b := range bearings {
		if b.Bad > 0 && b.Quiet < 0 {
			q := math.Exp(b.Quiet)
			byChance = min(byChance, (1-q)/(math.Exp(b.Bad)-q))
		}
	}
	own, sick := mass.of(component), f.sickness(component, bearings, byChance)
	bad := own*sick + (1-own)*byChance
	if !(bad > 0 && bad < 1) {
		return o // it has one outcome, which tells nothing
	}
	o.Bits = max(0, entropy(bad)-own*entropy(sick)-(1-own)*entropy(byChance))
	o.Bad = mass.after(component, o.Rival, sick/bad, byChance/bad)
	o.Quiet = mass.after(component, o.Rival, (1-sick)/(1-bad), (1-byChance)/(1-bad))
	o.Bad.Chance, o.Quiet.Chance = bad, 1-bad
	return o
}

// sickness is how often a signal is bad if a component is to blame.
func (f Forecast) sickness(component string, bearings []Bearing, byChance float64) float64 {
	top := math.Inf(-1)
	for _, h := range f.survivors[component] {
		top = max(top, h.LogOdds)
	}
	sum, sick := 0.0, 0.0
	for _, h := range f.survivors[component] {
		odds, often := math.Exp((h.LogOdds-top)/f.temperature), byChance
		for _, b := range bearings {
			if b.Hypothesis == h {
				often = min(1, byChance*math.Exp(b.Bad))
			}
		}
		sum, sick = sum+odds, sick+odds*often
	}
	if sum == 0 {
		return byChance
	}
	return sick / sum
}

// mass is how the probability is divided among the components that stand, before any cap, and those rivals of theirs
// that name nobody.
type mass struct {
	standings []Standing         // one a component, best first
	p         map[string]float64 // by component
	nobody    float64            // the likelier of "something not measured" and "nothing is wrong"
}

func (r Ranking) masses(w model.Weights) mass {
	p, unmeasured, nothing := r.shares(w)
	m := mass{standings: r.Standings, p: make(map[string]float64, len(p)), nobody: max(unmeasured, nothing)}
	for i, s := range r.Standings {
		m.p[s.Hypothesis.Component] = p[i]
	}
	return m
}

// shares are the probabilities of the standings, before caps, and of their two rivals.
func (r Ranking) shares(w model.Weights) (p []float64, unmeasured, nothing float64) {
	logOdds := make([]float64, len(r.Standings))
	for i, s := range r.Standings {
		logOdds[i] = s.Hypothesis.LogOdds
	}
	return newScale(w).shares(logOdds, r.Contest.Symptom)
}

func (m mass) of(component string) float64 { return m.p[component] }

// likeliestBut is the first standing of another component.
func (m mass) likeliestBut(component string) string {
	for _, s := range m.standings {
		if s.Hypothesis.Component != component {
			return s.Hypothesis.Component
		}
	}
	return ""
}

// after is who comes first when a component's probability is multiplied by one factor and all others' by another.
func (m mass) after(component, rival string, own, others float64) Prospect {
	p, q := own*m.of(component), others*m.of(rival)
	switch nobody := others * m.nobody; {
	case p >= q && p >= nobody:
		return Prospect{First: component, Probability: min(p, mostCertain)}
	case q >= nobody:
		return Prospect{First: rival, Probability: min(q, mostCertain)}
	default:
		return Prospect{Probability: nobody}
	}
}

// entropy of two outcomes of which one has probability p, in bits.
func entropy(p float64) float64 {
	if !(p > 0 && p < 1) {
		return 0
	}
	return -p*math.Log2(p) - (1-p)*math.Log2(1-p)
}
