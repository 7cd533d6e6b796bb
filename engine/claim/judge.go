package claim

import (
	"slices"
	"strings"

	"github.com/diagnops/diagnops/engine/model"
	"github.com/diagnops/diagnops/engine/topo"
)

// Case is what claims are held against.
type Case struct {
	Scene *model.Scene
	Graph *topo.Graph
	// Status and Causes are the answer: who is to blame, best first.
	Status     model.Status
	Causes     []model.Cause
	Eliminated []model.Eliminated
	// HowToGet says how to measure something of a component that is missing; zero where nobody knows.
	HowToGet func(component, missing string) model.Message
}

// Judge judges every claim, in their order. A claim of a component that the graph does not have is a programmer's error:
// package ask names only such as there are.
func Judge(claims []model.Claim, of Case) []model.JudgedClaim {
	out := make([]model.JudgedClaim, len(claims))
	for i, c := range claims {
		h := &hearing{Case: of, claim: c, profile: of.Scene.Profiles[c.Component]}
		if h.profile == nil {
			panic("BUG: a claim of " + c.Component + ", which is no component")
		}
		v := tests[c.Kind](h)
		if c.Denied {
			v.verdict = opposite(v.verdict)
		}
		out[i] = model.JudgedClaim{
			Claim: c.Text, Component: c.Component, Says: c.Kind, Denied: c.Denied, Resource: c.Resource, Verdict: v.verdict,
			Reason: v.reason, Missing: v.missing, Evidence: h.evidence(v),
		}
		if len(v.missing) > 0 && of.HowToGet != nil {
			out[i].HowToGet = of.HowToGet(c.Component, v.missing[0])
		}
	}
	return out
}

// tests is the table: a kind of claim is one function and one line here.
var tests = map[model.ClaimKind]func(*hearing) finding{
	model.ClaimHealthy:   healthy,
	model.ClaimNotUs:     notUs,
	model.ClaimSlow:      slow,
	model.ClaimFailing:   failing,
	model.ClaimDown:      down,
	model.ClaimIdle:      idle,
	model.ClaimUnchanged: unchanged,
}

func opposite(v model.ClaimVerdict) model.ClaimVerdict {
	switch v {
	case model.ClaimConfirmed:
		return model.ClaimContradicted
	case model.ClaimContradicted:
		return model.ClaimConfirmed
	}
	return v
}

// hearing is one claim before the court.
type hearing struct {
	Case
	claim   model.Claim
	profile *model.Profile
}

// finding is what came of it. for and against are the readings that it rests on.
type finding struct {
	verdict    model.ClaimVerdict
	reason     model.Message
	rests      []*model.Reading
	missing    []string
	fromLedger []model.Evidence // of the diagnosis
}

// of is a finding that rests on readings.
func of(v model.ClaimVerdict, reason model.Message, rests ...*model.Reading) finding {
	return finding{verdict: v, reason: reason, rests: rests}
}

// cannotTell is a finding for want of measurements.
func cannotTell(reason model.Message, missing ...string) finding {
	return finding{verdict: model.ClaimUnknown, reason: reason, missing: missing}
}

// testName is the test that the evidence of claims names.
const testName = "claim"

func (h *hearing) evidence(f finding) []model.Evidence {
	verdict := model.Supports
	if f.verdict == model.ClaimContradicted {
		verdict = model.Refutes
	}
	out := slices.Clone(f.fromLedger)
	for _, r := range f.rests {
		sig := r.Series.Signal
		out = append(out, model.Evidence{
			Test: testName, Verdict: verdict, Signal: sig.Name, Query: r.Series.Query, Observed: model.FormatValue(r.Observed, sig.Unit),
			Baseline: model.FormatValue(r.Baseline, sig.Unit), Text: shows(r), Reading: r,
		})
	}
	return out
}

// shows says what a reading shows, and since when where it is bad.
func shows(r *model.Reading) model.Message {
	sig, subject := r.Series.Signal, r.Series.Subject.String()
	if r.Reason == model.ReasonVanished {
		return model.Say("samples of %s of %s stopped", sig.Said(), subject)
	}
	now, usual := model.FormatValue(r.Observed, sig.Unit), model.FormatValue(r.Baseline, sig.Unit)
	switch {
	case r.Abnormal() && r.Bad && r.Onset.Known():
		return model.Say("%s of %s is %s, usually %s; it began %s", sig.Said(), subject, now, usual, model.FormatOnset(r.Onset))
	case now == usual:
		return model.Say("%s of %s is %s, as usual", sig.Said(), subject, now)
	}
	return model.Say("%s of %s is %s, usually %s", sig.Said(), subject, now, usual)
}

// culprit is who the diagnosis blames; nil where it blames nobody for sure.
func (h *hearing) culprit() *model.Cause {
	if h.Status == model.Diagnosed && len(h.Causes) > 0 {
		return &h.Causes[0]
	}
	return nil
}

// effectOf is the cause that accounts for the component's trouble; nil when none does.
func (h *hearing) effectOf() *model.Cause {
	c := h.culprit()
	if c == nil || c.Component == h.claim.Component || !slices.Contains(c.Chain, h.claim.Component) {
		return nil
	}
	return c
}

// list joins names for people.
func list(names []string) string { return strings.Join(names, ", ") }
