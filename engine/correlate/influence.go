package correlate

import (
	"cmp"
	"math"

	"gonum.org/v1/gonum/stat"

	"github.com/diagnops/diagnops/engine/model"
	"github.com/diagnops/diagnops/engine/topo"
)

const (
	// doseSlack forgives that quantiles of caller and callee do not add up: a callee that deviates half as much as its
	// caller still explains it whole.
	doseSlack = 2.0
	// minPointsForCorrelation is how many common points Pearson's r needs to say anything.
	minPointsForCorrelation = 8
	// unlikeDose is the dose of a callee whose signal has another unit than the caller's and is as strong.
	unlikeDose = 1.0
)

// influences judges every carrying dependency of every component.
func influences(g *topo.Graph, s *model.Scene) map[string][]model.Influence {
	out := map[string][]model.Influence{}
	for _, name := range g.Names() {
		if infs := influencesOn(name, g, s); len(infs) > 0 {
			out[name] = infs
		}
	}
	return out
}

// influencesOn judges what a component needs.
func influencesOn(name string, g *topo.Graph, s *model.Scene) []model.Influence {
	carriers := g.Carriers(name)
	out := make([]model.Influence, len(carriers))
	for i, d := range carriers {
		out[i] = relate(g, d, s)
	}
	return out
}

// concerned are the components whose influences may hang on what is read of a subject: relate looks at both ends of a
// dependency, at who else needs the needed end, and at who calls the dependent.
func concerned(g *topo.Graph, of model.Subject) map[string]bool {
	out := map[string]bool{}
	add := func(needed string) {
		out[needed] = true
		for _, d := range g.Dependents(needed) {
			out[d.From] = true
		}
	}
	add(of.Component)
	for _, d := range g.Carriers(of.Component) {
		add(d.To)
	}
	if of.IsEdge() {
		add(of.Peer)
	}
	return out
}

// relate picks, of all pairs of the dependent's trouble and the needed side's, the one that explains most; of those that
// explain as much, one of what was asked about.
func relate(g *topo.Graph, d model.Dependency, s *model.Scene) model.Influence {
	best := model.Influence{Dependency: d, Dose: math.NaN(), Correlation: math.NaN(), LagSeconds: math.NaN()}
	for _, caller := range troublesOfCaller(g, s, d) {
		if best.Caller == nil {
			best.Caller = caller
		}
		callees := troublesOfCallee(s, d)
		if caller.Series.Signal.Kind.Family() == model.FamilyErrors {
			callees = append(callees, model.Present(gone(s.Profiles[d.To]))...)
		}
		for _, callee := range callees {
			r := pair(g, d, s, caller, callee)
			c := cmp.Compare(r.Explained, best.Explained)
			if best.Callee == nil || c > 0 || c == 0 && answers(s, &r) && !answers(s, &best) {
				best = r
			}
		}
	}
	return best
}

// answers tells whether both sides of an influence are of the family asked about.
func answers(s *model.Scene, inf *model.Influence) bool {
	asked := s.Symptom.Signal.Family()
	return inf.Caller.Series.Signal.Kind.Family() == asked && inf.Callee.Series.Signal.Kind.Family() == asked
}

// troublesOfCaller are the dependent's own user-facing troubles, and what it saw of its calls.
func troublesOfCaller(g *topo.Graph, s *model.Scene, d model.Dependency) []*model.Reading {
	p := s.Profiles[d.From]
	switch {
	case d.Kind == model.RunsOn && loses(s.Profiles[d.To]):
		return model.Present(p.Latency, p.Errors, p.Resource, incoming(g, s, d.From))
	case d.Kind == model.RunsOn || d.Kind == model.StoredOn:
		return model.Present(p.Latency, p.Errors, p.Resource)
	}
	return model.Present(p.Latency, p.Errors, p.Client, incoming(g, s, d.From))
}

// loses tells whether a machine's network loses what is sent: what runs on it may be well, and is reached late.
func loses(p *model.Profile) bool {
	return p.Errors != nil && p.Errors.Series.Signal.Resource == "network"
}

// incoming is the worst of what others saw of their calls to name: for a component that is not measured itself. Where
// nobody measures these calls, the answers of a balancer that has no other backend are those of name.
func incoming(g *topo.Graph, s *model.Scene, name string) *model.Reading {
	var worst *model.Reading
	add := func(r *model.Reading) {
		if r != nil && (worst == nil || harsher(r, worst)) {
			worst = r
		}
	}
	calls := s.CallsTo(name)
	for _, c := range calls {
		add(c.Client)
	}
	if len(calls) > 0 || s.Profiles[name].Measures(model.FamilyNone) {
		return worst
	}
	for _, up := range g.Dependents(name) {
		if up.Kind == model.Calls && model.PassThrough(g.Kind(up.From)) && len(g.Carriers(up.From)) == 1 {
			add(s.Profiles[up.From].Latency)
			add(s.Profiles[up.From].Errors)
		}
	}
	return worst
}

func harsher(a, b *model.Reading) bool {
	if a.Severity != b.Severity {
		return a.Severity > b.Severity
	}
	return a.Series.Compare(b.Series) < 0
}

// troublesOfCallee are what the caller saw of these calls, and what the needed side shows itself.
func troublesOfCallee(s *model.Scene, d model.Dependency) []*model.Reading {
	p := s.Profiles[d.To]
	if d.Kind == model.RunsOn || d.Kind == model.StoredOn {
		return model.Present(shared(p), p.Latency, p.Errors)
	}
	var client, server *model.Reading
	if c := s.Calls[model.Subject{Component: d.From, Peer: d.To}]; c != nil {
		client, server = c.Client, c.Server
	}
	return model.Present(server, p.Latency, p.Errors, client, stale(p))
}

// gone is the silence of the exporter of something of which most samples stopped; nil where they go on. To those that fail at
// the same time it is no more there, whatever else the silence may mean.
func gone(p *model.Profile) *model.Reading {
	if stopped, alive := p.Stopped(); len(stopped) <= alive {
		return nil
	}
	return model.Worst(p.Readings, func(r *model.Reading) bool {
		return r.Abnormal() && r.Bad && r.Series.Signal.Resource == "exporter"
	})
}

// stale is how far a copy lags behind what it copies: it answers as fast as ever, and what it answers is wrong. Nil when it
// keeps up, or is no copy.
func stale(p *model.Profile) *model.Reading {
	return model.Worst(p.Readings, func(r *model.Reading) bool {
		return r.Abnormal() && r.Bad && r.Series.Signal.Resource == "replication"
	})
}

// shared is the worst resource of a host or volume that those on it use up together. Sockets that wait on a machine are
// theirs, and an effect of whatever they wait for.
func shared(p *model.Profile) *model.Reading {
	if p.Resource == nil || !model.Awaited(p.Resource.Series.Signal.Resource) {
		return p.Resource
	}
	return model.Worst(p.Readings, func(r *model.Reading) bool {
		sig := r.Series.Signal
		return r.Abnormal() && r.Bad && isResource(sig.Kind) && !model.Awaited(sig.Resource)
	})
}

func pair(g *topo.Graph, d model.Dependency, s *model.Scene, caller, callee *model.Reading) model.Influence {
	r := model.Influence{Dependency: d, Caller: caller, Callee: callee, Dose: math.NaN(), LagSeconds: math.NaN()}
	r.Overlap = overlap(caller.Hits, callee.Hits)
	r.Correlation = pearson(caller.Series.Values, callee.Series.Values, caller.Hits, callee.Hits)
	if lag, ok := caller.Onset.Lag(callee.Onset); ok {
		r.LagSeconds = lag.Seconds()
	}
	dose := unlikeDose * min(1, model.StrengthOf(callee)/max(0.1, model.StrengthOf(caller)))
	if sameUnit(caller, callee) {
		r.Dose = math.Abs(callee.Delta()) / math.Abs(caller.Delta())
		dose = doseSlack * r.Dose * fanOut(s, d)
	}
	r.Explained = r.Overlap * min(1, dose) * believable(g, s, d, callee)
	if d.Kind == model.RunsOn && callee.Series.Signal.Resource == "disk" {
		r.Explained *= believeHostDisk
	}
	return r
}

const (
	// believeAlone is how far a caller's word about its callee is believed when nobody else calls it and the callee does
	// not measure itself; believeAgainst when the callee measures itself and finds nothing.
	believeAlone   = 0.9
	believeAgainst = 0.5
	// believeLeast is what is left when other callers of the same callee find nothing: the trouble is then the caller's
	// own (starved of processor it sees every answer late) or lies between the two.
	believeLeast = 0.15
	// believeHostDisk is for a host whose processors wait for IO: that is what a slow volume looks like from the host,
	// whoever is slowed by it.
	believeHostDisk = 0.4
	// believeLink is for a call that alone is bad, of all that the caller makes and of all that the callee gets: it lies
	// between the two.
	believeLink = 0.6
	// mostRetries is how many times its usual load a failing callee may get from callers that try again.
	mostRetries = 5
	// believeSpare is for a host that has plenty left of what its residents wait for.
	believeSpare = 0.3
	// believeDriven is for a callee that the caller has begun to ask more.
	believeDriven = 0.25
)

// believable is how far the callee reading may be charged to the callee, 0 to 1. A callee that is asked more by a caller
// which itself is not asked more is driven by that caller. What the callee's own side measured is
// its own. What only the caller measured may be the caller's own slowness: then other callers are asked.
func believable(g *topo.Graph, s *model.Scene, d model.Dependency, callee *model.Reading) float64 {
	if from, to := s.Profiles[d.From].Traffic, s.Profiles[d.To].Traffic; to != nil && to.Sign > 0 && (from == nil || from.Sign <= 0) && !retries(to) {
		return believeDriven
	}
	if d.Kind == model.RunsOn || d.Kind == model.StoredOn {
		if r := s.Profiles[d.To].Spare(callee.Series.Signal.Resource); r != nil {
			return believeSpare * residents(g, s, d)
		}
		return residents(g, s, d)
	}
	if !callee.Series.Subject.IsEdge() || callee.Series.Signal.Side == model.SideServer {
		return 1
	}
	others, suffering := 0, 0
	for _, c := range s.CallsTo(d.To) {
		if c.Subject.Component == d.From || !c.SeenByCaller(model.FamilyNone) {
			continue
		}
		others++
		if c.Client != nil {
			suffering++
		}
	}
	if ownSideQuiet(s, d) && s.Profiles[d.From].PoolFull() != nil {
		return believeLeast
	}
	if others > 0 && suffering == 0 && s.LinkAlone(d.From, d.To) {
		return believeLink
	}
	if others > 0 {
		return max(believeLeast, float64(suffering)/float64(others))
	}
	if ownSideQuiet(s, d) {
		return believeAgainst
	}
	return believeAlone
}

// retries tells whether a callee's load grew no more than callers make it grow that try again.
func retries(r *model.Reading) bool { return r.Baseline > 0 && r.Observed <= mostRetries*r.Baseline }

// residents is how far a host or volume may be charged with the trouble of one that lives on it: the share of the others
// living there, whose service is measured, that suffer too.
func residents(g *topo.Graph, s *model.Scene, d model.Dependency) float64 {
	others, suffering := 0, 0
	for _, o := range g.Dependents(d.To) {
		p := s.Profiles[o.From]
		if o.From == d.From || !p.Measures(model.FamilyNone) {
			continue
		}
		others++
		if p.Latency != nil || p.Errors != nil {
			suffering++
		}
	}
	if others == 0 {
		return 1
	}
	return max(believeLeast, float64(suffering)/float64(others))
}

// ownSideQuiet tells whether the callee measures the same thing and finds nothing.
func ownSideQuiet(s *model.Scene, d model.Dependency) bool {
	if c := s.Calls[model.Subject{Component: d.From, Peer: d.To}]; c.SeenByCallee(model.FamilyNone) {
		return c.Server == nil
	}
	p := s.Profiles[d.To]
	return p.Latency == nil && p.Measures(model.FamilyLatency)
}

func sameUnit(a, b *model.Reading) bool {
	return a.Series.Signal.Unit == b.Series.Signal.Unit && a.Series.Signal.Kind == b.Series.Signal.Kind && a.Delta() != 0
}

// fanOut is how many calls of the callee one request of the caller makes, from the baselines of both loads; 1 when it
// is not known or below 1 (fewer calls than requests make the dose smaller in the mean, not in a tail quantile).
func fanOut(s *model.Scene, d model.Dependency) float64 {
	from, to := load(s.Profiles[d.From]), load(s.Profiles[d.To])
	if from == nil || to == nil || from.Series.Signal.Name != to.Series.Signal.Name || !(from.Baseline > 0) {
		return 1
	}
	return min(maxFanOut, max(1, to.Baseline/from.Baseline))
}

// maxFanOut bounds a ratio of loads, most of which may come from other callers.
const maxFanOut = 10

func load(p *model.Profile) *model.Reading {
	for _, r := range p.Readings {
		if r.Series.Signal.Kind == model.KindTraffic && r.State != model.StateUnknown {
			return r
		}
	}
	return nil
}

// overlap is the share of a's points that are in b; both ascending.
func overlap(a, b []int) float64 {
	if len(a) == 0 {
		return 0
	}
	n, j := 0, 0
	for _, x := range a {
		for j < len(b) && b[j] < x {
			j++
		}
		if j < len(b) && b[j] == x {
			n++
		}
	}
	return float64(n) / float64(len(a))
}

// pearson correlates two courses over a stretch around their unusual points: as long again before them.
func pearson(a, b []float64, hitsA, hitsB []int) float64 {
	if len(hitsA) == 0 || len(hitsB) == 0 {
		return math.NaN()
	}
	from, to := min(hitsA[0], hitsB[0]), max(hitsA[len(hitsA)-1], hitsB[len(hitsB)-1])
	from = max(0, from-max(minPointsForCorrelation, to-from+1))
	var x, y []float64
	for i := from; i <= to; i++ {
		if !model.IsGap(a[i]) && !model.IsGap(b[i]) {
			x, y = append(x, a[i]), append(y, b[i])
		}
	}
	if len(x) < minPointsForCorrelation {
		return math.NaN()
	}
	return stat.Correlation(x, y, nil)
}
