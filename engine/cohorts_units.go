package engine

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/diagnops/diagnops/engine/cohort"
	"github.com/diagnops/diagnops/engine/model"
	"github.com/diagnops/diagnops/engine/window"
	"github.com/diagnops/diagnops/rules"
)

// identities are the labels by which instances go, in the order of preference among those that tell as many apart.
var identities = []string{
	"instance", "pod", "node", "host", "hostname", "server", "machine", "nodename", "container_id", "exported_instance", "kubernetes_pod_name",
}

// endings are the labels that say how a request ended, in the conventions of client libraries: badness by another name, and
// nothing that the hit have in common.
var endings = []string{
	"status", "code", "status_code", "http_status_code", "http_response_status_code", "grpc_code", "rpc_grpc_status_code",
	"outcome", "result", "exception", "error", "error_type",
}

// maxValues is how many values a label of requests may have: what has more names users or requests, not kinds of them.
const maxValues = 100

// split asks for a signal instance by instance and, where requests carry labels, by these within each instance.
func (p *prober) split(s suspect) []population {
	split, err := rules.NewSplit(s.reading.Series.Query)
	if err != nil {
		return nil
	}
	seen := p.series(s, split)
	if len(seen) < 2 {
		return nil
	}
	identity := identityOf(seen)
	var out []population
	if identity != "" {
		pop := p.population(s, split, []string{identity})
		facts := p.facts(identity, seen)
		for i := range pop.units {
			u := &pop.units[i]
			u.Name = u.Labels.Get(identity)
			u.Labels = facts[u.Name]
		}
		out = append(out, pop)
	}
	if of := requestLabels(seen, identity); len(of) > 0 && !s.always {
		by := of
		if identity != "" {
			by = append([]string{identity}, of...)
		}
		pop := p.population(s, split, by)
		for i := range pop.units {
			u := &pop.units[i]
			u.Stratum, u.Labels = u.Labels.Get(identity), u.Labels.Without(identity)
		}
		out = append(out, pop)
	}
	return slices.DeleteFunc(out, func(pop population) bool { return len(pop.units) < 2 })
}

// series are the label sets of the raw series that a signal is made of, without those that only measure.
func (p *prober) series(s suspect, split *rules.Split) []model.Labels {
	drop := append([]string{model.MetricName}, split.Chosen()...)
	var out []model.Labels
	for _, sel := range split.Selectors() {
		answer, err := p.src.Query(p.ctx, sel, p.grid.ends())
		if err != nil {
			continue
		}
		for _, as := range answer.Series {
			if p.concerns(s, as.Labels) {
				out = append(out, as.Labels.Without(drop...))
			}
		}
	}
	slices.SortFunc(out, model.Labels.Compare)
	return slices.CompactFunc(out, func(a, b model.Labels) bool { return a.Compare(b) == 0 })
}

// concerns tells whether a series is about the suspect, not about another component that the same query speaks of.
func (p *prober) concerns(s suspect, ls model.Labels) bool {
	subject, _ := window.SubjectOf(p.known, s.query, ls)
	return subject == s.reading.Series.Subject
}

// identityOf is the label that tells most instances apart; "" where there is one instance.
func identityOf(seen []model.Labels) string {
	best, most := "", 1
	for _, name := range identities {
		if n := len(valuesOf(seen, name)); n > most {
			best, most = name, n
		}
	}
	return best
}

// valuesOf are the values of a label that are there.
func valuesOf(seen []model.Labels, name string) map[string]bool {
	out := map[string]bool{}
	for _, ls := range seen {
		if v := ls.Get(name); v != "" {
			out[v] = true
		}
	}
	return out
}

// requestLabels are those that differ within an instance, sorted. Other names of the instance, and how requests ended, are
// none.
func requestLabels(seen []model.Labels, identity string) []string {
	first := map[string]model.Labels{}
	varying := map[string]bool{}
	for _, ls := range seen {
		of, ok := first[ls.Get(identity)]
		if !ok {
			first[ls.Get(identity)] = ls
			continue
		}
		for _, l := range slices.Concat(ls, of) {
			if ls.Get(l.Name) != of.Get(l.Name) {
				varying[l.Name] = true
			}
		}
	}
	return slices.DeleteFunc(slices.Sorted(maps.Keys(varying)), func(name string) bool {
		return slices.Contains(identities, name) || slices.Contains(endings, name) || len(valuesOf(seen, name)) > maxValues
	})
}

// population asks for a signal by labels and turns each series of the answer into a unit, whose labels are those.
func (p *prober) population(s suspect, split *rules.Split, by []string) population {
	sig := s.reading.Series.Signal
	pop := population{unit: strings.Join(by, ", "), signal: sig.Name, kind: cohort.Levels, inUnit: sig.Unit}
	if above, below, ok := split.Quotient(by); ok {
		if sig.Kind == model.KindErrors {
			pop.kind = cohort.Events
		}
		pop.units = p.shares(s, above, below, by)
	} else {
		pop.units = p.levels(s, split.By(by), by)
	}
	sortUnits(pop.units)
	return pop
}

// ask is the answer to an expression, by the values of labels.
func (p *prober) ask(s suspect, expr string, by []string) map[string]model.AnswerSeries {
	out := map[string]model.AnswerSeries{}
	answer, err := p.src.Query(p.ctx, expr, p.grid.grid)
	if err != nil {
		return out
	}
	for _, as := range answer.Series {
		if p.concerns(s, as.Labels) {
			out[only(as.Labels, by).String()] = as
		}
	}
	return out
}

// only are the labels of some names.
func only(ls model.Labels, names []string) model.Labels {
	return slices.DeleteFunc(slices.Clone(ls), func(l model.Label) bool { return !slices.Contains(names, l.Name) })
}

// shares are units of which the badness is a part of what they did: failed requests of all, seconds of all requests.
// Badness is what there is of it beyond the unit's usual share; beyond all units' where the unit is new.
func (p *prober) shares(s suspect, above, below string, by []string) (out []cohort.Unit) {
	tops := p.ask(s, above, by)
	bottoms := p.ask(s, below, by)
	seconds := p.grid.grid.Step.Seconds()
	total := map[string][4]float64{} // top and bottom in the symptom, then in the reference
	var all [4]float64
	for key, bottom := range bottoms {
		top := tops[key]
		var sum [4]float64
		for i, ph := range p.grid.phases {
			if model.IsGap(bottom.Values[i]) || ph != model.PhaseSymptom && ph != model.PhaseReference {
				continue
			}
			at := 0
			if ph == model.PhaseReference {
				at = 2
			}
			if len(top.Values) > 0 && !model.IsGap(top.Values[i]) {
				sum[at] += top.Values[i] * seconds
			}
			sum[at+1] += bottom.Values[i] * seconds
		}
		total[key] = sum
	}
	keys := slices.Sorted(maps.Keys(total))
	for _, key := range keys { // in order: sums of floats hang on it
		for i, v := range total[key] {
			all[i] += v
		}
	}
	for _, key := range keys {
		sum := total[key]
		if !(sum[1] > 0) {
			continue
		}
		usual := 0.0
		switch {
		case s.always:
		case sum[3] > 0:
			usual = sum[2] / sum[3]
		case all[3] > 0:
			usual = all[2] / all[3]
		}
		out = append(out, cohort.Unit{Name: key, Labels: only(bottoms[key].Labels, by), Bad: sum[0] - usual*sum[1], Seen: sum[0], Exposure: sum[1]})
	}
	return out
}

// levels are units of which the badness is how far they are from their own usual level, or from nothing where they are
// compared as they always are; from the middle of all where the unit is new.
func (p *prober) levels(s suspect, expr string, by []string) (out []cohort.Unit) {
	answers := p.ask(s, expr, by)
	keys := slices.Sorted(maps.Keys(answers))
	var usuals []float64
	now, before := map[string]float64{}, map[string]float64{}
	for _, key := range keys {
		a := answers[key]
		if v, ok := p.mean(a.Values, model.PhaseSymptom); ok {
			now[key] = v
		}
		if v, ok := p.mean(a.Values, model.PhaseReference); ok {
			before[key] = v
			usuals = append(usuals, v)
		}
	}
	middle := 0.0
	if len(usuals) > 0 {
		slices.Sort(usuals)
		middle = usuals[len(usuals)/2]
	}
	sign := float64(cmp.Or(s.reading.Sign, 1))
	if s.reading.Series.Signal.Bad == model.BadDown {
		sign = -1
	}
	for _, key := range keys {
		v, ok := now[key]
		if !ok {
			continue
		}
		usual, known := before[key]
		switch {
		case s.always:
			usual = 0
		case !known:
			usual = middle
		}
		out = append(out, cohort.Unit{Name: key, Labels: only(answers[key].Labels, by), Bad: sign * (v - usual), Exposure: 1})
	}
	return out
}

// mean of the points of a phase; false when none is known.
func (p *prober) mean(values []float64, of model.Phase) (float64, bool) {
	sum, n := 0.0, 0
	for i, v := range values {
		if p.grid.phases[i] == of && !model.IsGap(v) {
			sum, n = sum+v, n+1
		}
	}
	return sum / float64(max(1, n)), n > 0
}
