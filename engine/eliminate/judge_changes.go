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
// are intervals: a change inside the interval is not cleared by time. Who is suspect is heard once more (see defend). When
// it is wrong: a change whose harm shows only on another component (a client's new query that locks a table); such a
// change is unknown while its component is on the path and measured bad.
//
// What was found in metrics long before the symptom is no news to anybody, and left out.
func JudgeChanges(s *model.Scene, g *topo.Graph, culprits []*model.Hypothesis) []model.JudgedChange {
	j := &judge{s: s, g: g, culprits: culprits, reach: g.Reach(s.Symptom.Component), onset: firstOnset(s, culprits)}
	var out []model.JudgedChange
	for i := range s.Changes {
		c := &s.Changes[i]
		if c.Found && s.Symptom.Interval.From.Sub(c.At) > foundReach {
			continue
		}
		judged := model.JudgedChange{
			ID: c.ID, Kind: c.Kind, Component: c.Component, At: c.At, Title: c.Title, Notes: c.Notes, From: c.From, To: c.To,
			Instances: c.Instances, Seen: inMetrics(c),
		}
		if c.Found {
			judged.Source, judged.Said = model.SourceMetrics, c.Seen.What
		}
		if c.Seen != nil {
			judged.Query = c.Seen.Query
		}
		judged.Relation, judged.Reason = j.relation(c)
		out = append(out, judged)
	}
	slices.SortStableFunc(out, func(a, b model.JudgedChange) int { return a.At.Compare(b.At) })
	return out
}

const (
	// suspectReach is how long after a change its trouble usually shows.
	suspectReach = time.Hour
	// foundReach is how long before the symptom what was found in metrics is still told.
	foundReach = 6 * time.Hour
)

// inMetrics says what metrics show of a change; zero where nothing would show it.
func inMetrics(c *model.Change) model.Message {
	switch {
	case c.Seen == nil:
		return model.Message{}
	case c.Found:
		return model.Say("found in metrics, nobody told of it")
	case c.Seen.Verdict == model.Refutes:
		return model.Say("metrics do not show it: %s", c.Seen.What)
	}
	return model.Say("metrics confirm it: %s, at %s", c.Seen.What, model.FormatOnset(c.Seen.When))
}

// judge holds changes against what a diagnosis found.
type judge struct {
	s        *model.Scene
	g        *topo.Graph
	culprits []*model.Hypothesis // best first
	reach    map[string]topo.Path
	onset    model.Onset // of the trouble
}

func (j *judge) relation(c *model.Change) (model.Relation, model.Message) {
	known := j.g.Component(c.Component) != nil
	_, onPath := j.reach[c.Component]
	p := j.s.Profiles[c.Component]
	switch {
	case len(j.culprits) == 0 && known && !troubled(p) && measured(p):
		return model.RelationCleared, model.Say("%s is as it usually is after it, and so is the symptom", c.Component)
	case len(j.culprits) == 0:
		return model.RelationUnrelated, model.Say("no trouble was found that it could have made")
	case !j.onset.Earliest.IsZero() && c.Since().After(j.onset.Latest):
		return model.RelationCleared, model.Say("the trouble began at %s, %s before it", model.FormatOnset(j.onset), model.FormatDuration(c.Since().Sub(j.onset.Latest)))
	case !known:
		return model.RelationUnrelated, model.Say("%s is no component of the topology", c.Component)
	case !onPath:
		return model.RelationUnrelated, model.Say("%s needs nothing from %s", j.s.Symptom.Component, c.Component)
	case c.Found && c.Kind == model.ChangeTraffic:
		return j.relationOfTraffic(c)
	}
	for _, h := range j.culprits {
		if h.Component == c.Component {
			return j.accuse(c)
		}
	}
	culprit := j.culprits[0].Component
	switch {
	case measured(p) && !troubled(p) && !seenBad(j.s, c.Component):
		return model.RelationCleared, model.Say("%s stayed as it usually is after it, and the trouble is in %s", c.Component, culprit)
	case explainedBy(j.s, c.Component, culprit):
		if r := shortOf(p, c.At); r != nil {
			return model.RelationUnknown, model.Say("%s accounts for the trouble of %s, but %s is unusual there too since the change, and that is no effect",
				culprit, c.Component, r.Series.Signal.Said())
		}
		return model.RelationCleared, model.Say("the trouble of %s is an effect: %s accounts for it", c.Component, culprit)
	}
	return model.RelationUnknown, model.Say("%s is on the path and not well; nothing tells whether the change did it", c.Component)
}

// relationOfTraffic judges another level of traffic that was found: the tests of load have accused it, or it stands by.
func (j *judge) relationOfTraffic(c *model.Change) (model.Relation, model.Message) {
	for _, h := range j.culprits {
		if h.Component == c.Component && h.Fault.Nature == model.NatureLoad {
			return j.accuse(c)
		}
	}
	switch below := len(j.g.Dependents(c.Component)) > 0; {
	case !c.Seen.Rises:
		return model.RelationCleared, model.Say("less traffic makes nobody slow: who waits asks less")
	case below && c.Seen.When.Compare(j.onset) != model.OrderBefore:
		return model.RelationCleared, model.Say("it came with the trouble, not before it: callers ask again for what fails, or ask others")
	}
	return model.RelationUnknown, model.Say("%s accounts for the trouble; whether it would have come without the traffic, nothing tells", j.culprits[0].Component)
}

// accuse a change on a culprit, unless it was so long before that the trouble would have come sooner, or something speaks
// for it.
func (j *judge) accuse(c *model.Change) (model.Relation, model.Message) {
	if j.onset.Latest.IsZero() {
		return model.RelationUnknown, model.Say("when the trouble of %s began is not known", c.Component)
	}
	relation, pleas := j.defend(c)
	if relation == model.RelationCleared {
		return relation, pleas[0]
	}
	before := max(0, j.onset.Latest.Sub(c.At))
	charge := model.Say("the trouble of %s began %s after it", c.Component, model.FormatDuration(before))
	if before > suspectReach {
		relation = model.RelationUnknown
		charge = model.Say("it came %s before the trouble of %s: long, but not too long to be its cause", model.FormatDuration(before), c.Component)
	}
	for _, p := range pleas {
		charge = model.Say("%s; %s", charge, p)
	}
	return relation, charge
}

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
