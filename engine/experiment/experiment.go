package experiment

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/diagnops/diagnops/engine/model"
)

const (
	// sure is the probability from which a cause is called the cause.
	sure = 0.7
	// leastLikely is the probability below which a cause that no trial rules out is not listed.
	leastLikely = 0.01
	maxListed   = 10
	maxProposed = 3
	// maxCells bounds causes times trials: beyond it a table is no longer one that somebody wrote.
	maxCells = 2_000_000
)

// Analyze tells what trials come to. The error says what is missing or too much.
func Analyze(trials *model.Trials) (*model.Experiment, error) {
	if err := validate(trials); err != nil {
		return nil, fmt.Errorf("trials: %w", err)
	}
	t := newTable(trials)
	if n := len(t.causes()) * len(t.runs); n > maxCells {
		return nil, fmt.Errorf("trials: possible causes times trials (%d) must be at most %d: leave out factors that are known to be innocent", n, maxCells)
	}
	all := t.learn()
	ranked := rank(all)
	e := &model.Experiment{
		SchemaVersion: model.SchemaVersion, Title: trials.Title, Counts: t.count(), Combinations: t.combinations(),
		RuledOut: t.ruledOut(), Remaining: t.remaining(ranked), Next: []model.Proposal{},
	}
	for _, b := range all {
		if len(b.cause) == 0 {
			e.SomethingElse = rounded(b.p)
		}
	}
	e.Verdict = t.verdict(ranked, e.Counts)
	for _, p := range t.proposals(all, trials.RunCost) {
		if len(e.Next) == maxProposed {
			break
		}
		e.Next = append(e.Next, t.propose(all, p))
	}
	return e, nil
}

func validate(t *model.Trials) error {
	var errs []error
	if len(t.Trials) == 0 {
		errs = append(errs, errors.New("there must be at least one"))
	}
	if !slices.ContainsFunc(t.Factors, func(f model.Factor) bool { return len(f.Values) > 1 }) {
		errs = append(errs, errors.New("at least one factor must have two values: name what could be tried instead"))
	}
	if !(t.RunCost > 0) {
		errs = append(errs, fmt.Errorf("the cost of a run (%v) must be more than 0", t.RunCost))
	}
	return errors.Join(errs...)
}

func (t *table) count() (c model.TrialsCounts) {
	c.Settings = len(t.combinations())
	for _, r := range t.runs {
		c.Good, c.Bad = c.Good+r.good, c.Bad+r.bad
		if r.good+r.bad == 0 {
			c.Unknown++
		}
	}
	return c
}

// named turns conditions into words.
func (t *table) named(cs []condition) []model.FactorValue {
	out := make([]model.FactorValue, len(cs))
	for i, c := range cs {
		out[i] = model.FactorValue{Factor: t.factors[c.factor].Name, Value: t.factors[c.factor].Values[c.value]}
	}
	return out
}

// all conditions of a setting.
func conditions(setting []int) []condition {
	out := make([]condition, len(setting))
	for f, v := range setting {
		out[f] = condition{f, v}
	}
	return out
}

// said writes conditions as factor=value.
func said(vs []model.FactorValue) string {
	parts := make([]string, len(vs))
	for i, v := range vs {
		parts[i] = v.Factor + "=" + v.Value
	}
	return strings.Join(parts, ", ")
}

// combinations are the settings tried, in the order of their first trial.
func (t *table) combinations() []model.Combination {
	var out []model.Combination
	var settings [][]int
	for _, r := range t.runs {
		i := slices.IndexFunc(settings, func(s []int) bool { return slices.Equal(s, r.setting) })
		if i < 0 {
			i = len(settings)
			settings = append(settings, r.setting)
			out = append(out, model.Combination{Setting: t.named(conditions(r.setting))})
		}
		out[i].Good += r.good
		out[i].Bad += r.bad
	}
	for i := range out {
		out[i].Seen = seen(out[i].Good, out[i].Bad)
	}
	return out
}

func seen(good, bad int) string {
	switch {
	case good > 0 && bad > 0:
		return "both"
	case bad > 0:
		return "bad"
	case good > 0:
		return "good"
	}
	return "unknown"
}

// ruledOut lists the factors that were bad with two of their values, and of the others the values that it was bad without.
func (t *table) ruledOut() []model.FactorOut {
	out := []model.FactorOut{}
	for f, factor := range t.factors {
		var bad []run // of different values
		for _, r := range t.runs {
			if r.bad > 0 && !slices.ContainsFunc(bad, func(o run) bool { return o.setting[f] == r.setting[f] }) {
				bad = append(bad, r)
			}
		}
		switch {
		case len(bad) == 0 || len(factor.Values) < 2:
		case len(bad) > 1:
			a, b := bad[0], bad[1]
			out = append(out, model.FactorOut{
				Factor: factor.Name, Lines: []int{a.line, b.line},
				Text: model.Say("%s is not it by itself: bad with %s (line %d) and with %s (line %d)",
					factor.Name, factor.Values[a.setting[f]], a.line, factor.Values[b.setting[f]], b.line),
			})
		default:
			for v, value := range factor.Values {
				tried := slices.ContainsFunc(t.runs, func(r run) bool { return r.setting[f] == v })
				if tried && v != bad[0].setting[f] {
					out = append(out, model.FactorOut{
						Factor: factor.Name, Value: value, Lines: []int{bad[0].line},
						Text: model.Say("%s=%s is not it by itself: bad without it, with %s (line %d)", factor.Name, value, factor.Values[bad[0].setting[f]], bad[0].line),
					})
				}
			}
		}
	}
	return out
}

// refuted tells whether a run was bad without a cause.
func (t *table) refuted(c cause) bool {
	return slices.ContainsFunc(t.runs, func(r run) bool { return r.bad > 0 && !c.present(r.setting) })
}

// remaining are the causes that no trial rules out, the likeliest first.
func (t *table) remaining(ranked []belief) []model.Explanation {
	out := []model.Explanation{}
	for _, b := range ranked {
		if len(out) == maxListed || b.p < leastLikely {
			break
		}
		if len(b.cause) == 0 || t.refuted(b.cause) {
			continue
		}
		e := model.Explanation{Where: t.named(b.cause), Probability: rounded(b.p), Shows: rounded(b.shows())}
		for _, r := range t.runs {
			if b.present(r.setting) {
				e.Good, e.Bad = e.Good+r.good, e.Bad+r.bad
			}
		}
		e.Text = model.Say("%s: %d %%; bad in %d of %d runs with it, would show in about %d %% of them",
			said(e.Where), percent(b.p), e.Bad, e.Good+e.Bad, percent(b.shows()))
		out = append(out, e)
	}
	return out
}

func (t *table) verdict(ranked []belief, c model.TrialsCounts) model.Message {
	first := ranked[0]
	if c.Bad == 0 {
		return model.Say("the trouble has not shown in any trial: there is nothing to explain yet")
	}
	if len(first.cause) == 0 && first.p >= 0.5 {
		return model.Say("no factor by itself, and no two together, explain it well: it is likely something else (%d %%)", percent(first.p))
	}
	named := slices.DeleteFunc(slices.Clone(ranked), func(b belief) bool { return len(b.cause) == 0 })
	if named[0].p >= sure {
		return model.Say("%s makes it, %d %% sure", said(t.named(named[0].cause)), percent(named[0].p))
	}
	var near []string
	for _, b := range named {
		if b.p >= named[0].p/2 && len(near) < maxListed {
			near = append(near, said(t.named(b.cause)))
		}
	}
	if len(near) > 1 {
		return model.Say("not decided between %s (%d %% or less each)", strings.Join(near, "; "), percent(named[0].p))
	}
	return model.Say("not decided: %s comes nearest (%d %%)", near[0], percent(named[0].p))
}

// propose puts a proposal into words.
func (t *table) propose(all []belief, p proposal) model.Proposal {
	out := model.Proposal{
		Setting: t.named(conditions(p.setting)), Changes: t.named(p.changed), Runs: p.runs, GainBits: rounded(p.gain), Cost: p.cost,
		ChanceBad: rounded(p.chanceBad),
	}
	if n, of := runsToClear(all, p.setting); n > 0 {
		out.RunsToClear, out.Clears = n, t.named(of)
		out.ClearText = model.Say("good runs in a row that would clear %s: %d", said(out.Clears), n)
	}
	what := model.Say("set %s", said(out.Changes))
	if len(p.changed) == 0 {
		what = model.Say("change nothing")
	}
	good, bad := slices.Clone(all), slices.Clone(all)
	update(good, run{setting: p.setting, good: p.runs})
	update(bad, run{setting: p.setting, bad: 1})
	out.Text = model.Say("%s, runs: %d; it is expected to tell %s bits for a cost of %s; if all goes well, %s; if the trouble shows, %s",
		what, p.runs, figure(p.gain), figure(p.cost), t.foremost(good), t.foremost(bad))
	return out
}

// foremost is the likeliest cause in words.
func (t *table) foremost(all []belief) model.Message {
	first := rank(all)[0]
	if len(first.cause) == 0 {
		return model.Say("something else is likeliest (%d %%)", percent(first.p))
	}
	return model.Say("%s is likeliest (%d %%)", said(t.named(first.cause)), percent(first.p))
}

func percent(p float64) int { return int(p*100 + 0.5) }

// rounded is to four digits after the point.
func rounded(v float64) float64 { return math.Round(v*1e4) / 1e4 }

func figure(v float64) string { return strconv.FormatFloat(v, 'g', 2, 64) }
