package report

import (
	"cmp"
	"math"
	"slices"
	"strings"

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
		p := proof{
			Mark: verdictMark[e.Verdict], Verdict: v.say.word(string(e.Verdict)), Text: v.say.evidence(e), Signal: clean(e.Signal),
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

// value is an observed or usual value as the engine wrote it; the word for "unknown" in the report's language.
func (v *view) value(s string) string {
	if s == "unknown" {
		return v.say.word(s)
	}
	return clean(s)
}

// said is the text with its figures, unless the text names them itself.
func (p proof) said(s speaker) string {
	if p.Observed == "" || strings.Contains(p.Text, p.Observed) {
		return p.Text
	}
	figures := p.Observed
	if p.Baseline != "" {
		figures = s.t("%s, usually %s", p.Observed, bare(p.Baseline, p.Observed))
	}
	if text, stopped := strings.CutSuffix(p.Text, "."); stopped {
		return text + " (" + figures + ")."
	}
	return p.Text + " (" + figures + ")"
}

// ruledOut puts what lies on the chain first, from the symptom down: that is what is argued about; the rest stays in the
// engine's order.
func (v *view) ruledOut(d *model.Diagnosis) []ruledOut {
	place := map[string]int{}
	for i, l := range d.Chain {
		if _, seen := place[l.Component]; !seen {
			place[l.Component] = i - len(d.Chain)
		}
	}
	all := slices.Clone(d.Eliminated)
	slices.SortStableFunc(all, func(a, b model.Eliminated) int { return cmp.Compare(place[a.Component], place[b.Component]) })
	out := make([]ruledOut, 0, len(all))
	for _, e := range all {
		out = append(out, ruledOut{
			Component: clean(e.Component), Fault: v.fault(e.Fault), Test: clean(e.Test), Text: v.say.msg(e.Text),
			Evidence: v.proofs(e.Evidence),
		})
	}
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
		out = append(out, change{
			Relation: c.Relation, Says: v.enum(relationText[c.Relation], string(c.Relation)), At: v.clock(c.At),
			Kind: v.say.word(string(c.Kind)), Component: clean(c.Component), ID: clean(c.ID), Title: clean(c.Title),
			Notes: clean(c.Notes), Why: v.say.msg(c.Reason),
		})
	}
	return out
}

func (v *view) actions(in []model.Action, kind string) []action {
	out := make([]action, 0, len(in))
	for _, a := range in {
		out = append(out, action{
			Component: clean(a.Component), Text: v.say.msg(a.Text), Command: cleanLines(a.Command),
			Because: v.say.msg(a.Because), Risk: v.say.msg(a.Risk), Kind: kind,
		})
	}
	return out
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

func (v *view) candidate(c model.Cause) candidate {
	path := ""
	if len(c.Chain) > 1 {
		path = strings.Join(cleanAll(c.Chain), " <- ")
	}
	return candidate{
		Rank: c.Rank, Component: clean(c.Component), Fault: v.fault(c.Fault), Signal: clean(c.Signal),
		Probability: v.probability(c.Probability), Path: path,
		Flip: v.say.msg(c.WouldFlip), Onset: v.onset(c.Onset), Evidence: v.proofs(c.Evidence),
	}
}
