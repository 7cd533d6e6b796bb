package engine

import (
	"math"

	"github.com/diagnops/diagnops/engine/cohort"
	"github.com/diagnops/diagnops/engine/model"
)

// signalStops is what comparisons of rare events go by.
const signalStops = "stops"

const (
	// leastDown is how many points in a row a unit must be down or gone: one lost scrape is no power-off.
	leastDown = 2
	// restarted is by how many seconds a start time must differ: clocks are adjusted, too.
	restarted = 5.0
	// blind is the share of units that, gone at once, means that the monitoring was.
	blind = 0.5
)

// startTimes are the metrics that say when a unit started.
const startTimes = `{__name__=~"node_boot_time_seconds|process_start_time_seconds"`

// stops are the instances of a component with how often each went down, vanished or started anew, from the beginning of
// the window to the end of the symptom: what is rare needs all the time there is.
func (p *prober) stops(s suspect) []population {
	matchers := model.NewLabels(s.component.Selector).String()
	up, err := p.src.Query(p.ctx, "up"+matchers, p.grid.grid)
	if err != nil || len(up.Series) < 2 {
		return nil
	}
	seen := make([]model.Labels, len(up.Series))
	for i := range up.Series {
		seen[i] = up.Series[i].Labels.Without(model.MetricName)
	}
	identity := identityOf(seen)
	if identity == "" {
		return nil
	}
	starts := map[string][]float64{}
	if answer, err := p.src.Query(p.ctx, startTimes+","+matchers[1:], p.grid.grid); err == nil {
		for _, as := range answer.Series { // a machine's own start comes before a process', by name
			if id := as.Labels.Get(identity); starts[id] == nil {
				starts[id] = as.Values
			}
		}
	}
	facts, unknown := p.facts(identity, seen), p.blindPoints(up.Series)
	pop := population{unit: identity, signal: signalStops, kind: cohort.Events}
	for i := range up.Series {
		id := seen[i].Get(identity)
		events, points := outages(up.Series[i].Values, starts[id], unknown)
		if id == "" || points == 0 {
			continue
		}
		pop.units = append(pop.units, cohort.Unit{
			Name: id, Labels: facts[id], Bad: float64(events), Exposure: float64(points) * p.grid.grid.Step.Hours(),
		})
	}
	sortUnits(pop.units)
	return []population{pop}
}

// blindPoints are those at which most units that are there at some time are gone.
func (p *prober) blindPoints(series []model.AnswerSeries) []bool {
	out := make([]bool, p.grid.grid.Len())
	for i := range out {
		gone := 0
		for _, s := range series {
			if model.IsGap(s.Values[i]) {
				gone++
			}
		}
		out[i] = float64(gone) > blind*float64(len(series)) || p.grid.phases[i] == model.PhaseExcluded
	}
	return out
}

// outages counts how often a unit that was up went down for leastDown points, or came back with another start time; one
// outage is one, however it shows. points is how many it was up at.
func outages(up, started []float64, unknown []bool) (events, points int) {
	last, down, counted := math.NaN(), 0, true // before it is first seen, nothing stops
	for i, v := range up {
		if unknown[i] {
			continue
		}
		if !(v > 0) {
			if down++; down == leastDown && !counted {
				events++
				counted = true
			}
			continue
		}
		points++
		if len(started) > 0 && !model.IsGap(started[i]) {
			if !counted && math.Abs(started[i]-last) > restarted {
				events++
			}
			last = started[i]
		}
		down, counted = 0, false
	}
	return events, points
}
