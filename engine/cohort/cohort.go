package cohort

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/diagnops/diagnops/engine/model"
)

// Unit is one of what is compared.
type Unit struct {
	Name string // tells it from the others
	// Stratum is what its outcome may be exchanged within; "" for all. Units of several series of one machine that are told
	// apart by labels of requests have the machine as theirs.
	Stratum string
	Labels  model.Labels // what is known of it; an absent label counts as the value ""
	// Bad is how much badness it has: events (failed requests, restarts), or the level times the exposure. What is usual
	// may have been taken off; then it may be negative.
	Bad float64
	// Seen is how many events there were, usual ones included, where Bad is only what is beyond them; 0 = as Bad. The
	// size of an effect goes by them.
	Seen float64
	// Exposure is what the badness came of: requests, hours, or 1 for a level. More than 0.
	Exposure float64
}

// Kind is what the badness of a sample counts.
type Kind uint8

// The kinds. They differ in how large an effect is said to be, not in how it is tested.
const (
	Events Kind = iota // things that happened, one by one
	Levels             // a level of each unit: seconds, share
)

// Options tune Compare. Zero fields take the defaults.
type Options struct {
	// Alpha is the corrected p-value up to which a label separates. Default 0.05.
	Alpha float64
	// Exchanges is how often outcomes are exchanged at random, at most; it bounds how small a p-value can get. Default 9,999;
	// where there are many units and labels it is less, down to 999.
	Exchanges int
	// Seed makes the random numbers.
	Seed uint64
}

const (
	defaultAlpha     = 0.05
	defaultExchanges = 9999
	// narrower is how much surer a second label must be than the first: to name it takes suspicion off units that the first
	// put under it.
	narrower = 5
	// minExchanges are the least by which a corrected p-value of 5 % can be told from one of 10 %.
	minExchanges = 199
)

func (o Options) withDefaults() Options {
	if o.Alpha == 0 {
		o.Alpha = defaultAlpha
	}
	if o.Exchanges == 0 {
		o.Exchanges = defaultExchanges
	}
	return o
}

// Validate lists everything that is wrong.
func (o Options) Validate() error {
	o = o.withDefaults()
	var errs []error
	if !(o.Alpha > 0 && o.Alpha < 1) {
		errs = append(errs, fmt.Errorf("alpha (%v) must be between 0 and 1", o.Alpha))
	}
	if o.Exchanges < minExchanges {
		errs = append(errs, fmt.Errorf("exchanges (%d) must be at least %d", o.Exchanges, minExchanges))
	}
	return errors.Join(errs...)
}

// Condition is what the units of a cohort share: a label's value or, negated, that they do not have it.
type Condition struct {
	Label, Value string
	Not          bool
}

// Cohort is the units that fulfil all its conditions: one, or two.
type Cohort []Condition

func (c Cohort) compare(o Cohort) int {
	return slices.CompareFunc(c, o, func(a, b Condition) int {
		not := 0
		if a.Not != b.Not {
			not = 1
			if b.Not {
				not = -1
			}
		}
		return cmp.Or(not, cmp.Compare(a.Label, b.Label), cmp.Compare(a.Value, b.Value))
	})
}

// Side is what the units of a cohort, or those outside, come to.
type Side struct {
	Units         int
	Bad, Exposure float64
}

// Finding is a cohort that carries the badness.
type Finding struct {
	Cohort Cohort
	// Same are other cohorts of exactly these units: the data cannot tell them apart, now or with more of it.
	Same []Cohort
	// Rivals are cohorts of other units that separate too, and beside which this one is not significant: more data may
	// tell. AB and BA are the units that are in this one alone and in the rival alone.
	Rivals []Rival
	In     Side
	Out    Side
	Effect Effect
	// P is how often chance alone would do as well by this label, Corrected by any of the labels compared.
	P, Corrected float64
}

// Rival is a cohort that may as well be the one.
type Rival struct {
	Cohort Cohort
	// OnlyThis are the units of the finding's cohort that are not in the rival, OnlyRival the reverse.
	OnlyThis, OnlyRival int
}

// Result is what a comparison came to.
type Result struct {
	Units int
	// Labels are those compared, sorted, one of those that divide the units alike.
	Labels []string
	// Found is the cohort that carries the badness; nil when no label separates it.
	Found *Finding
	// TooFew tells that there were labels, but too few units for any of them to be significant: that is no "no label
	// separates it".
	TooFew bool
}

// Compare looks for the cohort that carries the badness of the units. The errors are those of the options, of an exposure
// that is not more than 0, and of numbers that are none.
func Compare(units []Unit, kind Kind, o Options) (Result, error) {
	if err := o.Validate(); err != nil {
		return Result{}, fmt.Errorf("cohort options: %w", err)
	}
	for i := range units {
		u := &units[i]
		if !(u.Exposure > 0) || math.IsInf(u.Exposure, 0) || math.IsNaN(u.Bad) || math.IsInf(u.Bad, 0) {
			return Result{}, fmt.Errorf("unit %q: badness (%v) must be a number and exposure (%v) more than 0", u.Name, u.Bad, u.Exposure)
		}
	}
	o = o.withDefaults()
	sorted := slices.Clone(units)
	slices.SortStableFunc(sorted, func(a, b Unit) int { return cmp.Or(cmp.Compare(a.Stratum, b.Stratum), cmp.Compare(a.Name, b.Name)) })
	s := newSample(sorted)
	factors, hopeless := s.factors(o.Alpha)
	r := Result{Units: len(units), TooFew: len(factors) == 0 && hopeless}
	for i := range factors {
		r.Labels = append(r.Labels, factors[i].labels[0])
	}
	if len(factors) == 0 || !(s.bad > 0) {
		return r, nil
	}
	if c, ok := s.search(factors, o); ok {
		if f := s.finding(c, factors, kind, o); f.In.Bad/f.In.Exposure > f.Out.Bad/f.Out.Exposure {
			r.Found = f
		}
	}
	return r, nil
}

// carrier is a cohort that was found to carry the badness.
type carrier struct {
	conditions   Cohort
	members      []bool // by unit
	p, corrected float64
	others       []rivalry // other factors that are significant
}

// rivalry is the best cohort of another factor.
type rivalry struct {
	conditions Cohort
	members    []bool
}

// search finds the cohort that one label gives and, within it, the one that a second label gives.
func (s *sample) search(factors []factor, o Options) (carrier, bool) {
	c, ok := s.foremost(factors, o)
	if !ok {
		return carrier{}, false
	}
	var within []Unit
	var place []int
	for i, in := range c.members {
		if in {
			u := s.units[i]
			u.Labels = u.Labels.Without(c.conditions[0].Label)
			within, place = append(within, u), append(place, i)
		}
	}
	inner := newSample(within)
	o.Alpha /= narrower
	sub, _ := inner.factors(o.Alpha)
	if len(sub) == 0 || !(inner.bad > 0) {
		return c, true
	}
	second, ok := inner.foremost(sub, o)
	if !ok {
		return c, true
	}
	pair := carrier{
		conditions: append(slices.Clone(c.conditions), second.conditions...), members: make([]bool, len(s.units)),
		p: max(c.p, second.p), corrected: max(c.corrected, second.corrected),
	}
	slices.SortFunc(pair.conditions, func(a, b Condition) int { return Cohort{a}.compare(Cohort{b}) })
	for k, in := range second.members {
		pair.members[place[k]] = in
	}
	return pair, true
}

// foremost is the cohort of the most significant label.
func (s *sample) foremost(factors []factor, o Options) (carrier, bool) {
	scores, ok := s.scores(factors, o)
	if !ok {
		return carrier{}, false
	}
	order := make([]int, len(factors))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		x, y := scores[a], scores[b]
		return cmp.Or(cmp.Compare(x.corrected, y.corrected), cmp.Compare(x.p, y.p), cmp.Compare(y.z, x.z), cmp.Compare(factors[a].labels[0], factors[b].labels[0]))
	})
	top := order[0]
	if scores[top].corrected > o.Alpha {
		return carrier{}, false
	}
	c := carrier{p: scores[top].p, corrected: scores[top].corrected}
	c.conditions, c.members = factors[top].cohort(scores[top].at)
	for _, i := range order[1:] {
		if scores[i].corrected <= o.Alpha {
			conditions, members := factors[i].cohort(scores[i].at)
			c.others = append(c.others, rivalry{conditions, members})
		}
	}
	return c, true
}

// finding puts a carrier into figures, with all that is as good.
func (s *sample) finding(c carrier, factors []factor, kind Kind, o Options) *Finding {
	f := &Finding{Cohort: c.conditions, P: c.p, Corrected: c.corrected}
	for i, in := range c.members {
		side := &f.Out
		if in {
			side = &f.In
		}
		side.Units++
		side.Bad += s.units[i].Bad
		side.Exposure += s.units[i].Exposure
	}
	f.Effect = s.effect(c.members, kind)
	for i := range factors {
		f.Same = append(f.Same, factors[i].same(c)...)
	}
	slices.SortFunc(f.Same, Cohort.compare)
	for _, r := range c.others {
		if !s.apart(c.members, r.members, o) {
			f.Rivals = append(f.Rivals, rivalOf(c.members, r))
		}
	}
	return f
}

func rivalOf(members []bool, r rivalry) Rival {
	out := Rival{Cohort: r.conditions}
	for i, in := range members {
		switch {
		case in && !r.members[i]:
			out.OnlyThis++
		case !in && r.members[i]:
			out.OnlyRival++
		}
	}
	return out
}
