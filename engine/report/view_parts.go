package report

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/diagnops/diagnops/engine/model"
)

var verdictMark = map[model.Verdict]string{model.Supports: "+", model.Refutes: "-", model.VerdictUnknown: "?"}

var verdictOrder = map[model.Verdict]int{model.Supports: 0, model.Refutes: 1, model.VerdictUnknown: 2}

// proofs orders a ledger: for, against, not to be told; the weightiest first, else as the engine has it.
func (v *view) proofs(ledger []model.Evidence) []proof {
	ledger = slices.Clone(ledger)
	slices.SortStableFunc(ledger, func(a, b model.Evidence) int {
		return cmp.Or(cmp.Compare(verdictOrder[a.Verdict], verdictOrder[b.Verdict]),
			cmp.Compare(math.Abs(b.Weight), math.Abs(a.Weight)))
	})
	out := make([]proof, 0, len(ledger))
	for _, e := range ledger {
		if saysNothing(e) {
			continue
		}
		p := proof{
			Mark: verdictMark[e.Verdict], Verdict: v.say.word(string(e.Verdict)), Text: v.say.msg(e.Text), Signal: clean(e.Signal),
			Observed: v.value(e.Observed), Baseline: v.value(e.Baseline), Query: cleanLines(e.Query),
		}
		if p.Mark == "" {
			p.Mark = "?"
		}
		if p.Text == "" {
			p.Text = strings.TrimSpace(clean(e.Test) + " " + p.Signal)
		}
		out = append(out, p)
	}
	return out
}

// saysNothing tells whether a test did not apply at all: true of most tests for most hypotheses, and no news to anybody.
func saysNothing(e model.Evidence) bool {
	if e.Verdict != model.VerdictUnknown {
		return false
	}
	switch e.Test {
	case model.TestRole, model.TestHostQuiet, model.TestAlibi, model.TestOnsetOrder, model.TestDose, model.TestLoadSource, model.TestRuleRefutes:
		return true
	}
	return false
}

// value is an observed or usual value as the engine wrote it; the word for "unknown" in the report's language.
func (v *view) value(s string) string {
	if s == "unknown" {
		return v.say.word(s)
	}
	return clean(s)
}

// figures are what was seen and what is usual, unless the text says so itself or nothing was told.
func (p proof) figures(s speaker) string {
	switch {
	case p.Observed == "" || p.Mark == "?" || strings.Contains(p.Text, p.Observed):
		return ""
	case p.Baseline == "":
		return p.Observed
	}
	return s.t("%s, usually %s", p.Observed, bare(p.Baseline, p.Observed))
}

// with adds figures to a text.
func with(text, figures string) string {
	if figures == "" {
		return text
	}
	return strings.TrimSuffix(text, ".") + "; " + figures
}

// ruledOutRound is how many faults of one component are told before the next component has its turn, so that a short
// list shows everybody's innocence and not one component's in all its aspects.
const ruledOutRound = 3

// ruledOut begins next to the cause and goes up the chain: that is what is argued about. What is off the chain follows;
// within a component the engine's order holds, the most suspected first. Faults that fell for one and the same reason
// share an entry.
func (v *view) ruledOut(d *model.Diagnosis) []ruledOut {
	place := map[string]int{}
	for i, l := range d.Chain {
		place[clean(l.Component)] = -1 - i
	}
	type reason struct{ component, text string }
	known, count := map[reason]int{}, map[string]int{}
	out := make([]ruledOut, 0, len(d.Eliminated))
	for _, e := range d.Eliminated {
		r := ruledOut{
			Component: clean(e.Component), Faults: []string{v.fault(e.Fault)}, Test: clean(e.Test), Text: v.say.msg(e.Text),
			Evidence: v.proofs(e.Evidence),
		}
		if i, again := known[reason{r.Component, r.Text}]; again {
			out[i].Faults = append(out[i].Faults, r.Faults[0])
			continue
		}
		r.round = count[r.Component] / ruledOutRound
		count[r.Component]++
		known[reason{r.Component, r.Text}] = len(out)
		out = append(out, r)
	}
	slices.SortStableFunc(out, func(a, b ruledOut) int {
		return cmp.Or(cmp.Compare(a.round, b.round), cmp.Compare(place[a.Component], place[b.Component]))
	})
	return out
}

// The words for what a renderer is given as an enumeration.
var (
	relationText = map[model.Relation]string{
		model.RelationSuspect: "SUSPECT", model.RelationCleared: "cleared", model.RelationUnrelated: "unrelated",
		model.RelationUnknown: "cannot tell",
	}
	severityText = map[model.Severity]string{
		model.SeverityCritical: "critical", model.SeveritySevere: "severe, in the morning", model.SeverityOther: "not urgent",
	}
	controlText = map[model.Control]string{
		model.ControlTechnical: "technical, ours to fix", model.ControlHuman: "human, something was done",
		model.ControlExternal: "external, not ours to fix",
	}
	faultText = map[string]string{
		model.FaultUnmeasured: "something not measured", model.FaultUnclassified: "a fault of no known kind",
	}
)

// enum says the words of an enumeration's value, or the bare value where it is none of ours.
func (v *view) enum(words, value string) string {
	if words == "" {
		return clean(value)
	}
	return v.say.t(words)
}

// fault says a kind of fault: by its name, which the rules and the JSON have too, save for the two that are no kinds.
func (v *view) fault(name string) string {
	if words := faultText[name]; words != "" {
		return v.say.t(words)
	}
	return v.say.word(name)
}

var relationOrder = map[model.Relation]int{
	model.RelationSuspect: 0, model.RelationUnknown: 1, model.RelationCleared: 2, model.RelationUnrelated: 3,
}

// changes puts suspects first, then what cannot be told, then the cleared; each by time.
func (v *view) changes(in []model.JudgedChange) []change {
	in = slices.Clone(in)
	slices.SortStableFunc(in, func(a, b model.JudgedChange) int {
		return cmp.Or(cmp.Compare(relationOrder[a.Relation], relationOrder[b.Relation]), a.At.Compare(b.At),
			cmp.Compare(a.ID, b.ID))
	})
	out := make([]change, 0, len(in))
	for _, c := range in {
		shown := change{
			Relation: c.Relation, Says: v.enum(relationText[c.Relation], string(c.Relation)), At: v.clock(c.At),
			Kind: v.say.word(string(c.Kind)), Component: clean(c.Component), ID: clean(c.ID), Title: clean(c.Title),
			Notes: excerpt(c.Notes), Why: v.say.msg(c.Reason), Seen: v.say.msg(c.Seen),
		}
		if !c.Said.IsZero() {
			shown.Title = v.say.msg(c.Said)
		}
		if c.Source == model.SourceMetrics {
			shown.ID = "" // nobody but the JSON knows it by that
		}
		if n := len(c.Instances); n > 0 && n <= shortNames {
			shown.Title = v.say.t("%s (on %s)", shown.Title, strings.Join(cleanAll(c.Instances), ", "))
		} else if n > 0 {
			shown.Title = v.say.t("%s (on %d instances)", shown.Title, n)
		}
		out = append(out, shown)
	}
	return out
}

// Reasons are the reason and what metrics show, in one text.
func (c change) Reasons() string {
	if c.Why == "" || c.Seen == "" {
		return c.Why + c.Seen
	}
	return c.Why + "; " + c.Seen
}

func (v *view) actions(in []model.Action, kind string) []action {
	out := make([]action, 0, len(in))
	for _, a := range in {
		out = append(out, action{
			Component: clean(a.Component), Text: v.say.msg(a.Text), Command: cleanLines(a.Command),
			Link: address(a.Link), Because: v.say.msg(a.Because), Risk: v.say.msg(a.Risk), Kind: kind,
		})
	}
	return out
}

// address is a link that leads to a page; "" for all else, since a diagnosis may come from outside.
func address(link string) string {
	if strings.HasPrefix(link, "https://") || strings.HasPrefix(link, "http://") {
		return clean(link)
	}
	return ""
}

// expected says what is unusual and held against nobody.
func (v *view) expected(e *model.Expected) string {
	return v.say.t("%s of %s is %s, usually %s: %s (until %s)", v.say.msg(e.Title), clean(cmp.Or(e.Subject, e.Component)),
		v.value(e.Observed), v.value(e.Baseline), v.say.msg(e.Reason), e.Until.UTC().Format(time.RFC3339))
}

// line is the action in one sentence, with its component unless the sentence names it.
func (a action) line() string {
	text := a.Text
	if a.Component != "" && !strings.Contains(text, a.Component) {
		text = a.Component + ": " + text
	}
	if a.Kind != "" {
		text += " (" + a.Kind + ")"
	}
	return text
}

// slight is the probability below which a candidate is none for a short report; slightOfMany where the question is open,
// and a dozen components share what is left.
const (
	slight       = 0.01
	slightOfMany = 0.05
)

// rivals says what else may be wrong with a cause; empty when nothing else comes near.
func (v *view) rivals(faults []model.RivalFault) string {
	if len(faults) == 0 {
		return ""
	}
	texts := make([]string, len(faults))
	for i, f := range faults {
		texts[i] = v.say.msg(f.Text)
	}
	return v.say.t("Nearly as much speaks for another fault of the same component: %s", strings.Join(texts, "; "))
}

func (v *view) candidate(c model.Cause) candidate {
	path, least := "", slight
	if v.open() {
		least = slightOfMany
	}
	if len(c.Chain) > 1 {
		path = strings.Join(cleanAll(c.Chain), " <- ")
	}
	return candidate{
		Rank: c.Rank, Slight: c.Probability < least, Component: clean(c.Component), Fault: v.fault(c.Fault), Signal: clean(c.Signal),
		Probability: v.probability(c.Probability), Path: path,
		Flip: v.say.msg(c.WouldFlip), Onset: v.onset(c.Onset), Evidence: v.proofs(c.Evidence),
	}
}

// hit is what a comparison of units came to. Finding tells that a label separates them; Experiment is what would tell it
// from another, if one is as good.
type hit struct {
	Text, Experiment string
	Finding          bool
}

// hit says what those who are hit have in common, then what cannot be told from it.
func (v *view) hit(c *model.Cohorts) (out []hit) {
	if c == nil {
		return nil
	}
	for _, s := range c.Compared {
		if len(s.Labels) == 0 && len(c.SeparatedBy) > 0 {
			continue // that it could not be told another way matters no more
		}
		out = append(out, hit{Text: v.say.msg(s.Text), Finding: s.Separated})
	}
	for _, i := range c.Indistinguishable {
		out = append(out, hit{Text: v.say.msg(i.Text), Experiment: v.say.msg(i.Experiment)})
	}
	return out
}
