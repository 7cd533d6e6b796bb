package engine

import (
	"math"
	"strconv"
	"strings"

	"github.com/diagnops/diagnops/engine/cohort"
	"github.com/diagnops/diagnops/engine/model"
)

// teller puts a comparison into words.
type teller struct {
	suspect
	population
	result cohort.Result
}

func (t teller) comparison() model.Comparison {
	return model.Comparison{
		Component: t.component.Name, Signal: t.signal, Unit: t.unit, Units: t.result.Units, Labels: t.result.Labels,
		Separated: t.result.Found != nil, Text: t.outcome(),
	}
}

func (t teller) outcome() model.Message {
	switch n := len(t.result.Labels); {
	case t.result.TooFew:
		return model.Say("%s: %d units by %s are too few to tell what the hit have in common", t.component.Name, t.result.Units, t.unit)
	case t.result.Found == nil:
		return model.Say("%s: no label separates it (%s of %d units by %s; labels compared: %d, %s)",
			t.component.Name, t.what(), t.result.Units, t.unit, n, shortened(t.result.Labels))
	}
	return t.found()
}

// shownLabels is how many names of labels a sentence lists.
const shownLabels = 6

func shortened(names []string) string {
	if len(names) <= shownLabels {
		return strings.Join(names, ", ")
	}
	return strings.Join(names[:shownLabels], ", ") + ", ..."
}

// what is compared.
func (t teller) what() model.Message {
	if t.reading == nil {
		return model.Say("stops and restarts")
	}
	return t.reading.Series.Signal.Said()
}

func (t teller) found() model.Message {
	f := t.result.Found
	share := func(a, b float64) string { return model.FormatValue(a/(a+b), "ratio") }
	carried := share(max(0, f.In.Bad), max(0, f.Out.Bad))
	cond := said(f.Cohort)
	if t.kind == cohort.Events {
		return model.Say("%s: %s has %s of it (%s) and %s of the exposure, %d of %d units; at least %s times the rate of the others, p %s; labels compared: %d",
			t.component.Name, cond, carried, t.what(), share(f.In.Exposure, f.Out.Exposure), f.In.Units, f.In.Units+f.Out.Units,
			model.FormatValue(f.Effect.Low, ""), formatP(f.Corrected), len(t.result.Labels))
	}
	return model.Say("%s: %s differs from the others by %s (%s to %s) in %s, %d of %d units, p %s; labels compared: %d",
		t.component.Name, cond, model.FormatValue(f.Effect.Value, t.inUnit), model.FormatValue(f.Effect.Low, t.inUnit), model.FormatValue(f.Effect.High, t.inUnit),
		t.what(), f.In.Units, f.In.Units+f.Out.Units, formatP(f.Corrected), len(t.result.Labels))
}

// said is a cohort in words.
func said(c cohort.Cohort) string {
	parts := make([]string, len(c))
	for i, x := range c {
		parts[i] = x.Label + "=" + strconv.Quote(x.Value)
		if x.Not {
			parts[i] = x.Label + "!=" + strconv.Quote(x.Value)
		}
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

// formatP writes a p-value to two digits.
func formatP(p float64) string { return strconv.FormatFloat(p, 'g', 2, 64) }

func conditions(c cohort.Cohort) []model.CohortCondition {
	out := make([]model.CohortCondition, len(c))
	for i, x := range c {
		out[i] = model.CohortCondition(x)
	}
	return out
}

func (t teller) separation() model.Separation {
	f := t.result.Found
	s := model.Separation{
		Component: t.component.Name, Signal: t.signal, Where: conditions(f.Cohort), Units: f.In.Units, Others: f.Out.Units,
		ShareOfBadness: rounded(f.In.Bad / (f.In.Bad + f.Out.Bad)), ShareOfExposure: rounded(f.In.Exposure / (f.In.Exposure + f.Out.Exposure)),
		P: rounded(f.P), CorrectedP: rounded(f.Corrected), Text: t.found(),
		Effect: model.CohortEffect{Kind: "rate_ratio", Value: bounded(f.Effect.Value), Low: bounded(f.Effect.Low), High: bounded(f.Effect.High)},
	}
	if t.kind == cohort.Levels {
		s.Effect.Kind, s.Effect.Unit = "difference", t.inUnit
	}
	return s
}

// rounded is a share or p-value to four digits after the point.
func rounded(v float64) float64 { return math.Round(v*1e4) / 1e4 }

// bounded is a figure to four significant digits; nil where it is infinite.
func bounded(v float64) *float64 {
	if math.IsInf(v, 0) || math.IsNaN(v) {
		return nil
	}
	r, err := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 4, 64), 64)
	if err != nil {
		return nil
	}
	return &r
}

// indistinguishable lists what may as well be the label, with the experiment that would tell.
func (t teller) indistinguishable() (out []model.Indistinguishable) {
	f := t.result.Found
	for _, same := range f.Same {
		out = append(out, model.Indistinguishable{
			Component: t.component.Name, From: conditions(f.Cohort), Where: conditions(same), SameUnits: true,
			Text:       model.Say("%s and %s are the same units: nothing measured can tell which of the two it is", said(f.Cohort), said(same)),
			Experiment: model.Say("make a unit that is %s but not %s, or the other way round, and watch which of the two the trouble follows", said(f.Cohort), said(same)),
		})
	}
	for _, r := range f.Rivals {
		i := model.Indistinguishable{
			Component: t.component.Name, From: conditions(f.Cohort), Where: conditions(r.Cohort),
			Text: model.Say("%s separates as well as %s: too few units have one without the other (%d and %d)", said(r.Cohort), said(f.Cohort), r.OnlyRival, r.OnlyThis),
		}
		i.Experiment = model.Say("watch, or make more of, the units that are %s but not %s, and the reverse", said(f.Cohort), said(r.Cohort))
		out = append(out, i)
	}
	return out
}
