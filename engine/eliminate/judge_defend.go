package eliminate

import (
	"math"
	"slices"
	"time"

	"github.com/diagnops/diagnops/engine/model"
)

// defend hears a change that is about to be accused: what clears it (one plea), or what else is to be said of a suspect.
//
// Signal: instances that were not changed and are as bad clear it; well ones charge it. The same thing done before without
// harm clears it. Of a rollout, trouble that grows with the share of instances charges it, and errors far beyond that
// share make it unknown: few cannot fail for many, unless a balancer sends most of the work to who fails fast.
//
// Defaults: below, at each test. When it is wrong: instances that share what the change used up (a database's
// connections) are bad together. What was tried: nothing else; the recorded incidents have three changes, so these rest on
// the reasoning and on the golden scenes.
func (j *judge) defend(c *model.Change) (model.Relation, []model.Message) {
	var pleas []model.Message
	verdict, plea := j.unchanged(c)
	if verdict == model.Refutes {
		return model.RelationCleared, []model.Message{plea}
	}
	if verdict == model.Supports {
		pleas = append(pleas, plea)
	}
	if earlier, ok := j.harmlessBefore(c); ok {
		return model.RelationCleared, []model.Message{earlier}
	}
	verdict, plea = j.doseOf(c)
	switch verdict {
	case model.Refutes:
		return model.RelationUnknown, append(pleas, plea)
	case model.Supports:
		pleas = append(pleas, plea)
	}
	return model.RelationSuspect, pleas
}

// asBad is the share of what is bad with the changed that makes the unchanged as bad.
const asBad = 0.7

// unchanged compares the instances that a change reached with those that it did not: replicas of the component, told apart
// by a label of its signals, or else components that do the same work.
func (j *judge) unchanged(c *model.Change) (model.Verdict, model.Message) {
	if len(c.Instances) > 0 {
		if changed, others := j.byInstance(c); len(others) > 0 {
			return compareReplicas(changed, others, func(r *model.Reading) string { return otherInstance(r, c.Instances) })
		}
	}
	var own []*model.Reading
	for _, r := range j.s.Profiles[c.Component].Readings {
		if felt(r) {
			own = append(own, r)
		}
	}
	var others []*model.Reading
	for _, name := range j.siblings(c) {
		others = append(others, slices.DeleteFunc(slices.Clone(j.s.Profiles[name].Readings), func(r *model.Reading) bool { return !felt(r) })...)
	}
	return compareReplicas(own, others, func(r *model.Reading) string { return r.Series.Subject.Component })
}

// felt tells whether a reading is of a component's own answers, and could be judged.
func felt(r *model.Reading) bool {
	sig := r.Series.Signal
	return r.State != model.StateUnknown && sig.Kind.UserFacing() && sig.Side != model.SideClient
}

// byInstance are the readings of the instances that were changed, and of the others, of the same signals.
func (j *judge) byInstance(c *model.Change) (changed, others []*model.Reading) {
	tells := map[string]bool{} // the labels that hold instances
	all := slices.DeleteFunc(slices.Clone(j.s.Profiles[c.Component].Readings), func(r *model.Reading) bool { return !felt(r) })
	for _, r := range all {
		for _, l := range r.Series.Labels {
			if slices.Contains(c.Instances, l.Value) {
				tells[l.Name] = true
				changed = append(changed, r)
			}
		}
	}
	for _, r := range all {
		if slices.ContainsFunc(r.Series.Labels, func(l model.Label) bool { return tells[l.Name] && !slices.Contains(c.Instances, l.Value) }) {
			others = append(others, r)
		}
	}
	return changed, others
}

// otherInstance is the instance that a reading of an unchanged one is of.
func otherInstance(r *model.Reading, changed []string) string {
	for _, l := range r.Series.Labels {
		if !slices.Contains(changed, l.Value) && (l.Name == "pod" || l.Name == "instance" || len(r.Series.Labels) == 1) {
			return l.Value
		}
	}
	return r.Series.Labels.String()
}

// compareReplicas holds the changed against the unchanged, signal by signal: of the worst that the changed show.
func compareReplicas(changed, others []*model.Reading, name func(*model.Reading) string) (model.Verdict, model.Message) {
	bad := func(r *model.Reading) bool { return r.Abnormal() && r.Bad }
	worst := model.Worst(changed, bad)
	if worst == nil {
		return model.VerdictUnknown, model.Message{}
	}
	same := func(r *model.Reading) bool { return r.Series.Signal.Name == worst.Series.Signal.Name }
	unit := worst.Series.Signal.Unit
	twin := model.Worst(others, func(r *model.Reading) bool {
		return same(r) && bad(r) && math.Abs(r.Delta()) >= asBad*math.Abs(worst.Delta()) && r.Onset.Compare(worst.Onset) != model.OrderAfter
	})
	if twin != nil {
		return model.Refutes, model.Say("%s was not changed and is as bad: %s %s, usually %s",
			name(twin), twin.Series.Signal.Said(), model.FormatValue(twin.Observed, unit), model.FormatValue(twin.Baseline, unit))
	}
	well := model.Worst(others, func(r *model.Reading) bool { return same(r) && r.State == model.StateNormal })
	if well == nil || slices.ContainsFunc(others, func(r *model.Reading) bool { return same(r) && bad(r) }) {
		return model.VerdictUnknown, model.Message{}
	}
	return model.Supports, model.Say("%s, not changed, is well: %s %s", name(well), well.Series.Signal.Said(), model.FormatValue(well.Observed, unit))
}

// siblings are the components that do the same work as the changed one and were not changed with it: of its kind, needed
// by the same and needing the same.
func (j *judge) siblings(c *model.Change) []string {
	callers, needs := j.around(c.Component)
	if len(callers) == 0 {
		return nil
	}
	var out []string
	for _, name := range j.g.Names() {
		if name == c.Component || j.g.Kind(name) != j.g.Kind(c.Component) || j.s.Profiles[name] == nil {
			continue
		}
		up, down := j.around(name)
		changedToo := slices.ContainsFunc(j.s.Changes, func(o model.Change) bool {
			return o.Component == name && o.Kind == c.Kind && o.At.Sub(c.At).Abs() <= suspectReach
		})
		if slices.Equal(up, callers) && slices.Equal(down, needs) && !changedToo {
			out = append(out, name)
		}
	}
	return out
}

// around are the names of what needs a component, and of what it needs, sorted.
func (j *judge) around(name string) (callers, needs []string) {
	for _, d := range j.g.Dependents(name) {
		callers = append(callers, d.From)
	}
	for _, d := range j.g.Carriers(name) {
		needs = append(needs, d.To)
	}
	slices.Sort(callers)
	slices.Sort(needs)
	return callers, needs
}

const (
	// harmShare is the share of today's deviation that an earlier change must have stayed below to be harmless.
	harmShare = 0.5
	// slackPoints are looked at beyond the time that the harm took today.
	slackPoints = 5
	// leastPoints must be known after an earlier change to call it harmless.
	leastPoints = 3
)

// harmlessBefore tells whether the same was done before and did no harm in as long as it takes now; or, of the earlier one,
// that the later is nearer to the harm.
func (j *judge) harmlessBefore(c *model.Change) (model.Message, bool) {
	r := j.s.Profiles[c.Component].Bad(model.FamilyNone)
	if r == nil {
		r = SymptomReading(j.s)
	}
	if r == nil {
		return model.Message{}, false
	}
	for i := range j.s.Changes {
		o := &j.s.Changes[i]
		switch {
		case o == c || !o.Like(c) || o.Since().After(j.onset.Latest):
		case j.harmless(o, c, r):
			return model.Say("the same was done at %s, and did no harm to %s", model.FormatClock(o.At), r.Series.Subject.String()), true
		case j.harmless(c, o, r):
			return model.Say("no harm came of it to %s before the same was done again at %s", r.Series.Subject.String(), model.FormatClock(o.At)), true
		}
	}
	return model.Message{}, false
}

// harmless tells whether a reading was well after the earlier of two changes for as long as it took to become bad after
// the later one.
func (j *judge) harmless(earlier, later *model.Change, r *model.Reading) bool {
	took := max(0, j.onset.Latest.Sub(later.At)) + slackPoints*j.s.Grid.Step + time.Duration(r.Series.SmearMillis)*time.Millisecond
	if !earlier.At.Add(took).Before(later.Since()) {
		return false
	}
	worst, ok := j.worstAfter(r, earlier.At, took)
	return ok && worst < harmShare*math.Abs(r.Delta())
}

// worstAfter is how far a series went the bad way in a stretch of time; ok is false where too little of it is known.
func (j *judge) worstAfter(r *model.Reading, from time.Time, length time.Duration) (worst float64, ok bool) {
	known := 0
	for i, v := range r.Series.Values {
		if at := j.s.Grid.Time(i); model.IsGap(v) || at.Before(from) || at.After(from.Add(length)) {
			continue
		}
		known++
		worst = max(worst, (v-r.Baseline)*float64(r.Sign))
	}
	return worst, known >= leastPoints
}
