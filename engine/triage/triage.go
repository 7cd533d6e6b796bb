// Package triage says how urgent a diagnosis is: must someone get up for it, who is affected, and who could end it. Pure
// functions over the scene and the diagnosis.
package triage

import (
	"slices"

	"github.com/diagnops/diagnops/engine/model"
	"github.com/diagnops/diagnops/engine/topo"
)

const (
	// failing is the share of requests failing from which users cannot work.
	failing = 0.05
	// crawling is how many times the usual latency makes users give up.
	crawling = 5.0
)

// Judge triages a diagnosis whose status, causes and chain are known.
func Judge(s *model.Scene, g *topo.Graph, d *model.Diagnosis) model.Triage {
	t := model.Triage{Control: control(g, d), Scope: scope(s, g, d)}
	symptom := s.Profiles[s.Symptom.Component]
	switch {
	case d.Outcome.Status == model.Healthy:
		t.Severity, t.Reason = model.SeverityOther, model.Say("%s shows no user impact", s.Symptom.Component)
	case !bad(symptom) && nearlyUsual(s) != nil:
		r := nearlyUsual(s)
		sig := r.Series.Signal
		t.Severity = model.SeveritySevere
		t.Reason = model.Say("users of %s are served nearly as usual (%s %s, usually %s)", s.Symptom.Component, sig.Said(),
			model.FormatValue(r.Observed, sig.Unit), model.FormatValue(r.Baseline, sig.Unit))
	case !bad(symptom) && unjudged(symptom):
		t.Severity, t.Reason = model.SeveritySevere, model.Say("how users of %s are served cannot be told", s.Symptom.Component)
	case !bad(symptom):
		t.Severity, t.Reason = model.SeveritySevere, model.Say("how users of %s are served is not measured", s.Symptom.Component)
	case outage(symptom) != nil:
		t.Severity, t.WakeUp = model.SeverityCritical, true
		t.Reason = said(outage(symptom))
	case symptom.Latency != nil && crawls(symptom.Latency):
		t.Severity, t.WakeUp = model.SeverityCritical, true
		t.Reason = said(symptom.Latency)
	default:
		t.Severity = model.SeveritySevere
		r := symptom.Latency
		if r == nil {
			r = symptom.Errors
		}
		t.Reason = said(r)
	}
	return t
}

// AtLeast is a triage that is no less urgent than the rule of the fault that was found says; "" = it says nothing.
func AtLeast(t model.Triage, least model.Severity) model.Triage {
	all := model.Severities() // the worst first
	if least == "" || slices.Index(all, least) >= slices.Index(all, t.Severity) {
		return t
	}
	t.Severity = least
	if least == model.SeverityCritical {
		t.WakeUp, t.Reason = true, model.Say("this fault is critical by its rule, whatever users feel so far: %s", t.Reason)
	} else {
		t.Reason = model.Say("this fault is severe by its rule, whatever users feel so far: %s", t.Reason)
	}
	return t
}

// bad tells whether anything that users feel of a component is bad.
func bad(p *model.Profile) bool { return p != nil && (p.Errors != nil || p.Latency != nil) }

// unjudged tells whether something that users feel of a component is measured, without anything to be told from it.
func unjudged(p *model.Profile) bool {
	return p != nil && slices.ContainsFunc(p.Readings, func(r *model.Reading) bool {
		sig := r.Series.Signal
		return r.State == model.StateUnknown && sig.Kind.UserFacing() && sig.Side != model.SideClient
	})
}

// nearlyUsual is the reading that came nearest to trouble, where none is bad, of what users feel of the symptom: of what
// was asked about, or else of anything. Nil when it is not measured.
func nearlyUsual(s *model.Scene) *model.Reading {
	p := s.Profiles[s.Symptom.Component]
	if p == nil {
		return nil
	}
	if r := p.Nearest(s.Symptom.Signal.Family()); r != nil {
		return r
	}
	return p.Nearest(model.FamilyNone)
}

func said(r *model.Reading) model.Message {
	sig := r.Series.Signal
	return model.Say("%s at %s is %s, usually %s", sig.Said(), r.Series.Subject.Component,
		model.FormatValue(r.Observed, sig.Unit), model.FormatValue(r.Baseline, sig.Unit))
}

// outage is the worst of the component's own readings that tells of users who cannot work; nil when there is none. The
// most unusual of its errors need not be the one: a restart is more unusual than every second request failing.
func outage(p *model.Profile) *model.Reading {
	return model.Worst(p.Readings, func(r *model.Reading) bool {
		sig := r.Series.Signal
		return r.Abnormal() && r.Bad && sig.Kind.Family() == model.FamilyErrors && sig.Side != model.SideClient && fails(r)
	})
}

// crawls tells whether answers come so late that users give up. Where none was ever timed nothing is late.
func crawls(r *model.Reading) bool { return r.Baseline > 0 && r.Observed >= crawling*r.Baseline }

// fails tells whether so many requests fail that users cannot work.
func fails(r *model.Reading) bool {
	sig, whole := r.Series.Signal, 1.0
	if sig.Unit == "percent" {
		whole = 100
	}
	share := sig.Unit == "ratio" || sig.Unit == "percent"
	switch {
	case share && sig.Bad == model.BadDown:
		return r.Observed < whole*(1-failing)
	case share:
		return r.Observed > whole*failing
	case sig.Bad == model.BadDown: // what answers, counted: nothing does
		return r.Observed <= 0
	case sig.Kind == model.KindAvailability && sig.Unit != "bool": // what restarted or left, counted: others may go on
		return false
	}
	return r.Observed > 0 && r.Baseline == 0
}

// control is who could have prevented the first cause or can end it.
func control(g *topo.Graph, d *model.Diagnosis) model.Control {
	if len(d.Causes) == 0 {
		return model.ControlTechnical
	}
	first := d.Causes[0].Component
	if g.Kind(first) == "external" {
		return model.ControlExternal
	}
	for _, c := range d.Changes {
		if c.Relation == model.RelationSuspect {
			return model.ControlHuman
		}
	}
	return model.ControlTechnical
}

// scope gathers the functions that users see of the symptom, of what it stands in front of, and of the chain.
func scope(s *model.Scene, g *topo.Graph, d *model.Diagnosis) model.Scope {
	var functions []string
	names := []string{s.Symptom.Component}
	for _, l := range d.Chain {
		names = append(names, l.Component)
	}
	for _, n := range names {
		if c := g.Component(n); c != nil {
			functions = append(functions, c.Serves...)
		}
	}
	slices.Sort(functions)
	sc := model.Scope{Functions: slices.Compact(functions)}
	if d.Outcome.Status == model.Healthy {
		sc.Users = model.Say("none")
		return sc
	}
	switch {
	case bad(s.Profiles[s.Symptom.Component]):
		sc.Users = model.Say("users of %s", s.Symptom.Component)
	case nearlyUsual(s) != nil:
		sc.Users = model.Say("users of %s, hardly so far", s.Symptom.Component)
	case unjudged(s.Profiles[s.Symptom.Component]):
		sc.Users = model.Say("cannot be told")
	default:
		sc.Users = model.Say("not measured")
	}
	return sc
}
