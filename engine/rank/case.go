package rank

import (
	"maps"
	"slices"

	"github.com/diagnops/diagnops/engine/model"
)

// Case is a labelled incident, as the fit sees it.
type Case struct {
	// Set is the data set.
	Set string
	// Day is the calendar day that was asked about, in UTC.
	Day     string
	Contest *model.Contest
	// True are the components any of which is right, and Faults what was wrong with them as far as that is known, both in
	// the order of their names. No component: nothing was wrong.
	True, Faults []string
}

// NewCase takes a diagnosis and what was true apart. The diagnosis must have its contest.
func NewCase(set string, d *model.Diagnosis, truth model.Truth) Case {
	trues, faults := map[string]bool{}, map[string]bool{}
	for _, t := range truth.Causes {
		trues[t.Component] = true
		if t.Fault != "" {
			faults[t.Fault] = true
		}
	}
	return Case{
		Set: set, Day: d.Question.From.UTC().Format("2006-01-02"), Contest: distinct(d.Contest),
		True: slices.Sorted(maps.Keys(trues)), Faults: slices.Sorted(maps.Keys(faults)),
	}
}

// distinct leaves out the suspects that another one of their component outdoes whatever the weights: of those with the
// same evidence one is the best, and most faults of a component that shows nothing have the same.
func distinct(c *model.Contest) *model.Contest {
	out := &model.Contest{Symptom: c.Symptom}
	from := 0 // where the suspects of the component begin
	for i := range c.Suspects {
		s := &c.Suspects[i]
		if n := len(out.Suspects); n > 0 && out.Suspects[n-1].Component != s.Component {
			from = n
		}
		k := slices.IndexFunc(out.Suspects[from:], func(o model.Suspect) bool {
			return o.Supported == s.Supported && slices.Equal(o.Evidence, s.Evidence)
		})
		switch {
		case k < 0:
			out.Suspects = append(out.Suspects, *s)
		case breakTie(s, &out.Suspects[from+k]) < 0:
			out.Suspects[from+k] = *s
		}
	}
	return out
}

// Kin tells whether two incidents may not stand on both sides of a cross-validation. An incident is its own kin.
type Kin func(a, b *Case) bool

// SameCause holds out what a cause has in common: two incidents are kin when a component or a fault of theirs is the
// same, in whichever set. Quiet windows have no cause; those of one set are kin.
func SameCause(a, b *Case) bool {
	if len(a.True) == 0 || len(b.True) == 0 {
		return len(a.True) == len(b.True) && a.Set == b.Set
	}
	return overlap(a.True, b.True) || overlap(a.Faults, b.Faults)
}

// SameDay holds out a day: what else was going on, and the repetitions of a fault. A set of one day is held out as a whole.
func SameDay(a, b *Case) bool { return a.Day == b.Day }

// SameSet holds out the whole set: another application, other exporters, other habits.
func SameSet(a, b *Case) bool { return a.Set == b.Set }

func overlap(a, b []string) bool {
	return slices.ContainsFunc(a, func(s string) bool { return slices.Contains(b, s) })
}

// HeldOut returns for each case the weights that are fitted on all cases but its kin, made-up ones included; start where
// nothing is left.
func HeldOut(cases []Case, start model.Weights, o FitOptions, kin Kin) ([]model.Weights, error) {
	out := make([]model.Weights, len(cases))
	fits := map[string]model.Weights{} // by what is left: cases with the same kin share a fit
	for i := range cases {
		strangers := func(of []Case) (left []Case, which []byte) {
			for k := range of {
				if kin(&cases[i], &of[k]) {
					which = append(which, '-')
					continue
				}
				left, which = append(left, of[k]), append(which, '+')
			}
			return left, which
		}
		rest, which := strangers(cases)
		madeUp, whichMadeUp := strangers(o.MadeUp)
		key := string(which) + string(whichMadeUp)
		w, ok := fits[key]
		if !ok {
			w = start
			if len(rest) > 0 {
				var err error
				without := o
				without.MadeUp = madeUp
				if w, err = Fit(rest, start, without); err != nil {
					return nil, err
				}
			}
			fits[key] = w
		}
		out[i] = w
	}
	return out, nil
}

// LogProbability is the log of the probability that the weights give to what was true, bounded below.
func LogProbability(c *Case, w model.Weights) float64 { return newScale(w).logProbability(c, nil, 0) }
