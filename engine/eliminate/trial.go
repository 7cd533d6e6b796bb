package eliminate

import (
	"cmp"
	"math"
	"time"

	"github.com/diagnops/diagnops/engine/model"
	"github.com/diagnops/diagnops/engine/topo"
)

// Trial is one hypothesis before the court, with what all its tests look at.
type Trial struct {
	H     *model.Hypothesis
	Graph *topo.Graph

	*court
	standing
	seen   *witness
	spoken float64 // what the tests so far found for the hypothesis
}

// standing is how a component stands before the court, whatever it is supposed to have.
type standing struct {
	profile  *model.Profile
	incoming []view         // what others saw of the component, worst first
	user     *model.Reading // the worst of its own late or wrong answers
	below    model.Influence
}

// view is what one dependent saw of the component.
type view struct {
	caller  string
	reading *model.Reading // nil: it looked and saw nothing bad
}

// test holds one prediction against the scene. The result's Test and Necessary are filled in by Run.
type test func(*Trial, model.Prediction) model.Evidence

// tests is the table: a refutation test is one file and one line here.
var tests = map[string]test{
	model.TestRole:          role,
	model.TestOwnSignal:     ownSignal,
	model.TestServiceSuffer: serviceSuffer,
	model.TestCallersSee:    callersSee,
	model.TestGap:           gap,
	model.TestBelowExplains: belowExplains,
	model.TestLoadDriven:    loadDriven,
	model.TestLoadSource:    loadSource,
	model.TestDose:          dose,
	model.TestOnsetOrder:    onsetOrder,
	model.TestAlibi:         alibi,
	model.TestHostQuiet:     hostQuiet,
	model.TestChange:        change,
	model.TestPropagation:   propagation,
	model.TestSpill:         spillOver,
	model.TestRulePredicts:  rulePredicts,
	model.TestRuleRefutes:   ruleRefutes,
}

// SymptomReading is the worst bad reading of the symptom's component in the family asked about; if that is quiet, of
// any user-facing family.
func SymptomReading(s *model.Scene) *model.Reading {
	p := s.Profiles[s.Symptom.Component]
	if p == nil {
		return nil
	}
	if r := p.Bad(s.Symptom.Signal.Family()); r != nil {
		return r
	}
	return p.Bad(model.FamilyNone)
}

// newTrial opens the trial of a hypothesis; before is the one held just before, which may be of the same component.
func newTrial(h *model.Hypothesis, c *court, w *witness, g *topo.Graph, before *Trial) *Trial {
	t := &Trial{H: h, Graph: g, court: c, seen: w}
	if before != nil && before.H.Component == h.Component {
		t.standing = before.standing
		return t
	}
	t.profile = w.profile(h.Component)
	t.user = t.worse(t.profile.Latency, t.profile.Errors)
	t.incoming = t.views()
	for _, inf := range w.influences(h.Component) {
		if t.explainsMore(&inf, &t.below) {
			t.below = inf
		}
	}
	return t
}

// explainsMore tells whether an influence accounts for more than another. Several often account for all of it: then what
// is called is named before the host, and of the called the one that suffers most, whatever it is called.
func (t *Trial) explainsMore(a, b *model.Influence) bool {
	hosted := func(i *model.Influence) int {
		if i.Dependency.Kind == model.RunsOn {
			return 1
		}
		return 0
	}
	if c := cmp.Or(cmp.Compare(a.Explained, b.Explained), cmp.Compare(hosted(b), hosted(a))); c != 0 || a.Callee == nil {
		return c > 0
	}
	return b.Callee == nil || t.worse(b.Callee, a.Callee) != b.Callee
}

// views collects what dependents saw of the component: calls they measured; the trouble of those that do nothing but
// hand on to it (a balancer with one backend, a pure client); of hosts and volumes, how those on it fare.
func (t *Trial) views() []view {
	var out []view
	for _, d := range t.Graph.Dependents(t.H.Component) {
		p := t.seen.profile(d.From)
		c := t.seen.call(d.From, t.H.Component)
		switch {
		case c.SeenByCaller(t.family):
			out = append(out, view{d.From, c.Client})
		case c != nil && c.Client != nil:
			out = append(out, view{d.From, c.Client})
		case d.Kind == model.Calls && t.mirrors(d.From) && t.measuresService(d.From):
			out = append(out, view{d.From, t.worse(p.Latency, t.worse(p.Errors, p.Client))})
		case hosting(d.Kind) && t.measuresService(d.From):
			out = append(out, view{d.From, t.worse(p.Latency, p.Errors)})
		}
	}
	return out
}

// trust is how far what dependents see may be charged to the component, 0 to 1: the share of them that suffer. With one
// view alone nothing contradicts it.
func (t *Trial) trust() float64 {
	suffering, last := 0, ""
	for _, v := range t.incoming {
		if v.reading != nil {
			suffering++
			last = v.caller
		}
	}
	switch {
	case len(t.incoming) < 2:
		return 1
	case suffering == 1 && t.seen.linkAlone(last, t.H.Component):
		return linkTrust
	}
	return max(leastTrust, float64(suffering)/float64(len(t.incoming)))
}

// linkTrust is for one call that alone is bad: it lies between the two, and either may be to blame.
const linkTrust = 0.6

// leastTrust is left when nearly all dependents are well: they may use other functions of the component.
const leastTrust = 0.15

// familyOf is the family that users feel: of the symptom's bad reading, else the one asked about.
func familyOf(s *model.Scene, symptom *model.Reading) model.Family {
	if symptom != nil {
		return symptom.Series.Signal.Kind.Family()
	}
	return s.Symptom.Signal.Family()
}

// mirrors tells whether a dependent does nothing but hand on: a balancer with one backend, a client that nobody calls.
func (t *Trial) mirrors(name string) bool {
	return len(t.Graph.Carriers(name)) == 1 &&
		(model.PassThrough(t.Graph.Kind(name)) || name != t.seen.symptom().Component && len(t.Graph.Dependents(name)) == 0)
}

// bare tells whether the hypothesis supposes a resource of which no signal is bad: then nothing that the component
// suffers speaks for this resource rather than another.
func (t *Trial) bare() bool {
	n := t.H.Fault.Nature
	return len(t.H.Marks) == 0 && (n == model.NatureResource || n == model.NatureAbsent)
}

// measuresService tells whether a component measures its own answers in the family of the symptom: quiet latency clears
// nobody of errors.
func (t *Trial) measuresService(name string) bool {
	return t.seen.profile(name).Measures(t.family)
}

// worst is the harshest view, by relevance to the question; nil when nobody saw anything.
func (t *Trial) worst() *model.Reading {
	var w *model.Reading
	for _, v := range t.incoming {
		w = t.worse(w, v.reading)
	}
	return w
}

// worse is the harsher of two readings, either of which may be nil; a where nothing tells them apart. Strengths are
// capped: of two at the cap the severity decides, or it would be the order of names.
func (t *Trial) worse(a, b *model.Reading) *model.Reading {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	}
	if cmp.Or(cmp.Compare(t.strength(a), t.strength(b)), cmp.Compare(a.Severity, b.Severity)) < 0 {
		return b
	}
	return a
}

// strength is the evidence of a reading in nats, less when it is of another family than the symptom.
func (t *Trial) strength(r *model.Reading) float64 {
	if r == nil {
		return 0
	}
	return model.StrengthOf(r) * t.relevance(r.Series.Signal.Kind)
}

const (
	// offFamily is what a latency is worth when errors are asked about, and the reverse: they often go together, and
	// often do not.
	offFamily = 0.5
)

// relevance of a signal's family to the question: whole when it was asked about or when the symptom shows it too.
func (t *Trial) relevance(k model.SignalKind) float64 {
	f, asked := k.Family(), t.seen.symptom().Signal.Family()
	if f == model.FamilyNone || f == asked || asked == model.FamilyNone {
		return 1
	}
	if p := t.seen.profile(t.seen.symptom().Component); p != nil && p.Bad(f) != nil {
		return 1
	}
	return offFamily
}

func (t *Trial) isSymptom() bool { return t.H.Component == t.seen.symptom().Component }

// evidence about a reading, with its query, value and baseline filled in.
func about(r *model.Reading, v model.Verdict, weight float64, format string, args ...any) model.Evidence {
	return resting(r, model.Evidence{Verdict: v, Weight: weight, Text: model.Say(format, args...)})
}

// resting is evidence that rests on a reading; nil = on none.
func resting(r *model.Reading, e model.Evidence) model.Evidence {
	if e.Reading = r; r != nil {
		sig := r.Series.Signal
		e.Signal, e.Query = sig.Name, r.Series.Query
		e.Observed, e.Baseline = model.FormatValue(r.Observed, sig.Unit), model.FormatValue(r.Baseline, sig.Unit)
	}
	return e
}

func unknown(format string, args ...any) model.Evidence {
	return about(nil, model.VerdictUnknown, 0, format, args...)
}

func clamp(x, lo, hi float64) float64 { return math.Min(hi, math.Max(lo, x)) }

func stepOf(t *Trial) time.Duration { return time.Duration(t.seen.step()) * time.Millisecond }
