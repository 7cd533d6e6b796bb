package eliminate

import (
	"slices"

	"github.com/diagnops/diagnops/engine/model"
)

// gap compares what callers see with what the component measures of the same calls.
//
// Signal: client-side and server-side latency or errors. Callers suffer and the component measures nothing unusual: the
// trouble lies on the way, or the component answers wrongly without counting it. Both see it: it lies in the component or
// below. When it is wrong: when the two sides use other clocks for the same call (queueing in front of the server's own
// measurement belongs to the server but looks like network).
//
// Defaults: the shares and weights below; errors count nothing here, for they come from services. What was tried: weighing
// it at nothing, which changes no first place of the 60 recorded incidents, and leaves one more of them open.
func gap(t *Trial, _ model.Prediction) model.Evidence {
	seen := t.worstCall()
	link := t.H.Fault.Nature == model.NatureLink
	if seen == nil {
		if link && model.IsMachine(t.Graph.Kind(t.H.Component)) && len(t.H.Marks) > 0 && t.residentsCalled() {
			return unknown("nobody calls %s itself: those that run on it are called", t.H.Component)
		}
		if link {
			return about(nil, model.Refutes, 0, "no caller of %s suffers more than %s itself", t.H.Component, t.H.Component)
		}
		return unknown("no caller's view to compare with")
	}
	ownSide, measured := t.serverSide()
	strength := t.strength(seen)
	switch {
	case ownSide != nil && t.strength(ownSide) >= gapShare*strength:
		if link {
			return about(ownSide, model.Refutes, 0, "%s measures the trouble itself (%s): it does not arise on the way", t.H.Component, ownSide.Series.Signal.Said())
		}
		return about(ownSide, model.Supports, ownSideSees, "%s measures the trouble itself (%s)", t.H.Component, ownSide.Series.Signal.Said())
	case measured && link && t.poolOf(seen) != nil:
		pool := t.poolOf(seen)
		return about(pool, model.VerdictUnknown, t.trust()*gapPool*strength, "callers see %s, but with it goes their own wait for a connection: %s of %s is %s, usually %s",
			seen.Series.Signal.Said(), pool.Series.Signal.Said(), pool.Series.Subject.Component,
			model.FormatValue(pool.Observed, pool.Series.Signal.Unit), model.FormatValue(pool.Baseline, pool.Series.Signal.Unit))
	case measured:
		if link {
			return about(seen, model.Supports, t.trust()*gapWeight*strength, "callers see %s at %s, while %s measures its answers as usual: it arises on the way",
				seen.Series.Signal.Said(), model.FormatValue(seen.Observed, seen.Series.Signal.Unit), t.H.Component)
		}
		return about(seen, model.Refutes, gapAgainst, "callers see %s, but %s measures its answers as usual", seen.Series.Signal.Said(), t.H.Component)
	case link && t.family == model.FamilyErrors:
		return about(seen, model.VerdictUnknown, gapErrors*strength, "callers see errors; %s does not count its own, so the way to it and the service cannot be told apart", t.H.Component)
	case link && t.lookUps(seen) != nil:
		names := t.lookUps(seen)
		return about(names, model.VerdictUnknown, t.trust()*gapPool*strength, "callers see %s, but with it goes their looking up of names: %s of %s is %s, usually %s",
			seen.Series.Signal.Said(), names.Series.Signal.Said(), names.Series.Subject.Component,
			model.FormatValue(names.Observed, names.Series.Signal.Unit), model.FormatValue(names.Baseline, names.Series.Signal.Unit))
	case link && hangs(seen):
		return about(seen, model.VerdictUnknown, t.trust()*gapHang*strength, "callers wait %s for it: a network delays by less, what hangs takes as long as its callers are patient",
			model.FormatValue(seen.Observed, seen.Series.Signal.Unit))
	case link:
		return about(seen, model.VerdictUnknown, t.trust()*gapUnmeasured*strength, "callers see it; %s does not measure its own answers, so network and service cannot be told apart", t.H.Component)
	}
	return unknown("%s does not measure its own answers", t.H.Component)
}

// hangs tells whether calls take longer than a network delays them: a lost packet is sent again after one second, two, four.
func hangs(r *model.Reading) bool {
	sig := r.Series.Signal
	return sig.Kind == model.KindLatency && sig.Unit == "seconds" && r.Observed >= hangSeconds
}

// poolOf is the full pool of the caller that took a reading; nil when it has none, or when the reading is not a caller's.
func (t *Trial) poolOf(seen *model.Reading) *model.Reading {
	if p := t.seen.profile(seen.Series.Subject.Component); p != nil && seen.Series.Subject.IsEdge() {
		return p.PoolFull()
	}
	return nil
}

// lookUps is the slow resolver of names that the caller needs which took a reading; nil when there is none.
func (t *Trial) lookUps(seen *model.Reading) *model.Reading {
	if !seen.Series.Subject.IsEdge() || model.IsResolver(t.Graph.Kind(t.H.Component)) {
		return nil
	}
	var worst *model.Reading
	for _, d := range t.Graph.Carriers(seen.Series.Subject.Component) {
		if model.IsResolver(t.Graph.Kind(d.To)) {
			worst = t.worse(worst, model.Worst(t.seen.profile(d.To).Readings, func(r *model.Reading) bool {
				return r.Abnormal() && r.Bad && r.Series.Signal.Kind == model.KindLatency
			}))
		}
	}
	return worst
}

// residentsCalled tells whether callers suffer of something that runs on the component.
func (t *Trial) residentsCalled() bool {
	return slices.ContainsFunc(t.Graph.Dependents(t.H.Component), func(d model.Dependency) bool {
		return d.Kind == model.RunsOn && slices.ContainsFunc(t.Graph.Dependents(d.From), func(up model.Dependency) bool {
			c := t.seen.call(up.From, d.From)
			return c != nil && c.Client != nil
		})
	})
}

// worstCall is the harshest view of those that call the component; what suffers on a host has no link to it.
func (t *Trial) worstCall() *model.Reading {
	var w *model.Reading
	for _, v := range t.incoming {
		if v.reading != nil && !t.hosts(v.reading) {
			w = t.worse(w, v.reading)
		}
	}
	return w
}

// serverSide is the worst of what the component's own side measured of its answers, in the family callers complain of.
func (t *Trial) serverSide() (*model.Reading, bool) {
	seen := t.worstCall()
	f := seen.Series.Signal.Kind.Family()
	own, measured := t.profile.Bad(f), t.profile.Measures(f)
	for _, v := range t.incoming {
		if c := t.seen.call(v.caller, t.H.Component); c.SeenByCallee(f) {
			measured = true
			own = t.worse(own, c.Server)
		}
	}
	return own, measured
}

const (
	gapShare      = 0.4 // of the callers' strength: from there on the component sees it itself
	ownSideSees   = 0.4
	gapWeight     = 0.9
	gapAgainst    = -0.6
	gapUnmeasured = 0.55
	gapPool       = 0.15
	gapHang       = 0.15
	gapErrors     = 0 // errors come from services, not from slow networks

	hangSeconds = 10.0
)
