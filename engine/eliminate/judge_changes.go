package eliminate

import (
	"slices"
	"time"

	"github.com/diagnops/diagnops/engine/model"
	"github.com/diagnops/diagnops/engine/topo"
)

// JudgeChanges says of every change whether it is suspect, cleared with an alibi, unrelated, or cannot be told. culprits
// are the hypotheses that the diagnosis accuses, best first.
//
// Signal: when and where the change was, against when and where the trouble began. In order: a change after the trouble
// began cannot have made it; one on a component that the symptom does not need is not on the path; one whose component
// shows nothing unusual did nothing that shows; one on an accused component shortly before its onset is suspect. Onsets
// are intervals: a change inside the interval is not cleared by time. When it is wrong: a change whose harm shows only on
// another component (a client's new query that locks a table); such a change is unknown while its component is on the
// path and measured bad.
func JudgeChanges(s *model.Scene, g *topo.Graph, culprits []*model.Hypothesis) []model.JudgedChange {
	reach := g.Reach(s.Symptom.Component)
	onset := firstOnset(s, culprits)
	var out []model.JudgedChange
	for _, c := range s.Changes {
		j := model.JudgedChange{ID: c.ID, Kind: c.Kind, Component: c.Component, At: c.At, Title: c.Title, Notes: c.Notes}
		_, onPath := reach[c.Component]
		j.Relation, j.Reason = relation(c, s, g, culprits, onset, onPath)
		out = append(out, j)
	}
	slices.SortStableFunc(out, func(a, b model.JudgedChange) int { return a.At.Compare(b.At) })
	return out
}

func relation(c model.Change, s *model.Scene, g *topo.Graph, culprits []*model.Hypothesis, onset model.Onset, onPath bool) (model.Relation, model.Message) {
	known := g.Component(c.Component) != nil
	switch {
	case len(culprits) == 0 && known && !troubled(s.Profiles[c.Component]) && measured(s.Profiles[c.Component]):
		return model.RelationCleared, model.Say("%s is as it usually is after it, and so is the symptom", c.Component)
	case len(culprits) == 0:
		return model.RelationUnrelated, model.Say("no trouble was found that it could have made")
	case !onset.Earliest.IsZero() && c.At.After(onset.Latest):
		return model.RelationCleared, model.Say("the trouble began at %s, %s before it", model.FormatOnset(onset), model.FormatDuration(c.At.Sub(onset.Latest)))
	case !known:
		return model.RelationUnrelated, model.Say("%s is no component of the topology", c.Component)
	case !onPath:
		return model.RelationUnrelated, model.Say("%s needs nothing from %s", s.Symptom.Component, c.Component)
	}
	p := s.Profiles[c.Component]
	for _, h := range culprits {
		if h.Component == c.Component {
			return accuse(c, onset)
		}
	}
	switch {
	case measured(p) && !troubled(p) && !seenBad(s, c.Component):
		return model.RelationCleared, model.Say("%s stayed as it usually is after it, and the trouble is in %s", c.Component, culprits[0].Component)
	case explainedBy(s, c.Component, culprits[0].Component):
		if r := shortOf(p, c.At); r != nil {
			return model.RelationUnknown, model.Say("%s accounts for the trouble of %s, but %s is unusual there too since the change, and that is no effect",
				culprits[0].Component, c.Component, r.Series.Signal.Said())
		}
		return model.RelationCleared, model.Say("the trouble of %s is an effect: %s accounts for it", c.Component, culprits[0].Component)
	}
	return model.RelationUnknown, model.Say("%s is on the path and not well; nothing tells whether the change did it", c.Component)
}

// accuse a change on a culprit, unless it was so long before that the trouble would have come sooner.
func accuse(c model.Change, onset model.Onset) (model.Relation, model.Message) {
	if onset.Latest.IsZero() {
		return model.RelationUnknown, model.Say("when the trouble of %s began is not known", c.Component)
	}
	before := max(0, onset.Latest.Sub(c.At))
	if before > suspectReach {
		return model.RelationUnknown, model.Say("it came %s before the trouble of %s: long, but not too long to be its cause", model.FormatDuration(before), c.Component)
	}
	return model.RelationSuspect, model.Say("the trouble of %s began %s after it", c.Component, model.FormatDuration(before))
}

// suspectReach is how long after a change its trouble usually shows.
const suspectReach = time.Hour

// firstOnset is the earliest onset that is known of the culprits' own signs, else of the symptom.
func firstOnset(s *model.Scene, culprits []*model.Hypothesis) model.Onset {
	var best model.Onset
	consider := func(r *model.Reading) {
		if r != nil && !r.Onset.Latest.IsZero() && (best.Latest.IsZero() || r.Onset.Latest.Before(best.Latest)) {
			best = r.Onset
		}
	}
	for _, h := range culprits {
		for _, m := range h.Marks {
			consider(m.Reading)
		}
	}
	if best.Latest.IsZero() {
		consider(SymptomReading(s))
	}
	return best
}

// shortOf is the worst resource of a component that runs out by itself and became bad after a time; nil when there is none.
// What it waits for on its volume may be the volume's affair.
func shortOf(p *model.Profile, at time.Time) *model.Reading {
	return model.Worst(p.Readings, func(r *model.Reading) bool {
		return r.Abnormal() && r.Bad && !r.Onset.Latest.Before(at) && runsOut(r.Series.Signal.Resource) && r.Series.Signal.Resource != "disk"
	})
}

func troubled(p *model.Profile) bool { return p.Latency != nil || p.Errors != nil || p.Resource != nil }

func measured(p *model.Profile) bool { return len(p.Measured) > 0 }

// seenBad tells whether any caller saw the component late or failing.
func seenBad(s *model.Scene, name string) bool {
	return slices.ContainsFunc(s.CallsTo(name), func(c *model.Call) bool { return c.Client != nil || c.Server != nil })
}

// explainedBy tells whether culprit accounts for the trouble of name, directly or through what lies between.
func explainedBy(s *model.Scene, name, culprit string) bool {
	seen := map[string]bool{}
	var follow func(string) bool
	follow = func(n string) bool {
		if n == culprit {
			return true
		}
		if seen[n] {
			return false
		}
		seen[n] = true
		for _, inf := range s.Influences[n] {
			if inf.Explained >= explainedSome && follow(inf.Dependency.To) {
				return true
			}
		}
		return false
	}
	return follow(name)
}
