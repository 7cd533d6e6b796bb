package report

import (
	"slices"
	"strconv"
	"strings"

	"github.com/diagnops/diagnops/engine/model"
)

// untested is a kind of fault that could not be decided on some components, for want of one and the same measurement.
type untested struct {
	Components      []string
	Fault, HowToGet string
	Missing         []string
	Rivals          []string // the others between which it would decide
}

// untested gathers what one piece of advice would settle: twenty components without a processor's signals are one thing
// to do. The engine's order holds.
func (v *view) untested(in []model.Untested) []untested {
	type advice struct{ fault, how string }
	known := map[advice]int{}
	var out []untested
	for _, u := range in {
		key := advice{v.fault(u.Fault), v.say.msg(u.HowToGet)}
		i, again := known[key]
		if !again {
			i = len(out)
			known[key] = i
			out = append(out, untested{Fault: key.fault, HowToGet: key.how})
		}
		o := &out[i]
		o.Components = union(o.Components, clean(u.Component))
		o.Missing = union(o.Missing, cleanAll(u.Missing)...)
		o.Rivals = union(o.Rivals, cleanAll(u.DecidesBetween)...)
	}
	for i := range out {
		o := &out[i]
		o.Rivals = slices.DeleteFunc(o.Rivals, func(name string) bool { return slices.Contains(o.Components, name) })
	}
	return out
}

// maxMeasurements is how many measurements are proposed: the most telling ones.
const maxMeasurements = 3

// measurements are what to measure to find out, the most telling first, with what each outcome would mean: one of each
// component, for its faults are told by the same signals.
func (v *view) measurements(in []model.Untested) []action {
	var out []action
	proposed := map[string]bool{}
	for _, u := range in {
		if len(out) == maxMeasurements {
			break
		}
		if u.Outcomes.IsZero() || len(u.Missing) == 0 || proposed[u.Component] {
			continue
		}
		proposed[u.Component] = true
		names := cleanAll(u.Missing[:min(len(u.Missing), shortNames)])
		out = append(out, action{
			Text:    v.say.t("measure %s (%s): %s", clean(u.Component), commas(names), v.say.msg(u.Outcomes)),
			Because: v.say.t("it is not measured, and expected to tell %s bits of who is to blame", strconv.FormatFloat(rounded(u.ExpectedGainBits), 'g', -1, 64)),
		})
	}
	return out
}

// union appends what is not there yet.
func union(list []string, more ...string) []string {
	for _, s := range more {
		if !slices.Contains(list, s) {
			list = append(list, s)
		}
	}
	return list
}

// line says what could not be decided, for want of what; names joins a list.
func (u untested) line(s speaker, names func([]string) string) string {
	text := names(u.Components) + ": " + u.Fault + "."
	if len(u.Missing) > 0 {
		text += " " + s.t("Not measured: %s.", names(u.Missing))
	}
	switch several := len(u.Components) > 1; {
	case len(u.Rivals) == 0 && several:
		return text + " " + s.t("It would decide about them.")
	case len(u.Rivals) == 0:
		return text + " " + s.t("It would decide about %s.", u.Components[0])
	case several:
		return text + " " + s.t("It would decide between them and %s.", names(u.Rivals))
	}
	return text + " " + s.t("It would decide between %s.", strings.Join(slices.Concat(u.Components, u.Rivals), ", "))
}

// commas joins a list in full.
func commas(list []string) string { return strings.Join(list, ", ") }
