package correlate

import (
	"strings"

	"github.com/diagnops/diagnops/engine/model"
)

// profiles gathers the readings of each component.
func profiles(names []string, readings []*model.Reading) map[string]*model.Profile {
	own := make(map[string][]*model.Reading, len(names))
	for _, r := range readings {
		if subject := r.Series.Subject; !subject.IsEdge() {
			own[subject.Component] = append(own[subject.Component], r)
		}
	}
	ps := make(map[string]*model.Profile, len(names))
	for _, n := range names {
		ps[n] = profileOf(n, own[n])
	}
	return ps
}

// calls gathers the readings of each call.
func calls(readings []*model.Reading) map[model.Subject]*model.Call {
	out := map[model.Subject]*model.Call{}
	for _, r := range readings {
		if r.Series.Subject.IsEdge() {
			addToCall(out, r)
		}
	}
	return out
}

// profileOf is the profile of a component of which these are all readings.
func profileOf(component string, readings []*model.Reading) *model.Profile {
	p := &model.Profile{Component: component, Readings: readings, Measured: map[model.SignalKind]int{}}
	for _, r := range readings {
		if r.State != model.StateUnknown {
			p.Measured[r.Series.Signal.Kind]++
		}
	}
	bad := func(match func(*model.Signal) bool) *model.Reading {
		return model.Worst(p.Readings, func(r *model.Reading) bool {
			return r.Abnormal() && r.Bad && match(r.Series.Signal)
		})
	}
	p.Latency = bad(func(s *model.Signal) bool { return s.Kind == model.KindLatency && s.Side != model.SideClient })
	p.Errors = bad(func(s *model.Signal) bool { return s.Kind.Family() == model.FamilyErrors && s.Side != model.SideClient })
	p.Client = bad(func(s *model.Signal) bool { return s.Kind.UserFacing() && s.Side == model.SideClient })
	p.Resource = bad(func(s *model.Signal) bool { return isResource(s.Kind) })
	p.Traffic, p.Load = traffic(p.Readings)
	return p
}

// traffic is the largest change of load, and the load: of requests where they are counted, else of bytes or whatever
// there is.
func traffic(readings []*model.Reading) (change, load *model.Reading) {
	counted := false
	for _, r := range readings {
		counted = counted || isRequests(r.Series.Signal) && r.State != model.StateUnknown
	}
	of := func(r *model.Reading) bool {
		sig := r.Series.Signal
		return r.State != model.StateUnknown && sig.Kind == model.KindTraffic && (!counted || isRequests(sig))
	}
	change = model.Worst(readings, func(r *model.Reading) bool { return of(r) && r.Abnormal() })
	if change != nil {
		return change, change
	}
	return nil, model.Worst(readings, of)
}

// isRequests tells whether a load is counted in requests rather than bytes, which grow with the size of answers too.
func isRequests(sig *model.Signal) bool {
	return sig.Kind == model.KindTraffic && !strings.Contains(sig.Unit, "byte") && !strings.Contains(sig.Unit, "bit")
}

func addToCall(calls map[model.Subject]*model.Call, r *model.Reading) {
	subject := r.Series.Subject
	c := calls[subject]
	if c == nil {
		c = &model.Call{
			Subject: subject, ClientMeasured: map[model.Family]bool{}, ServerMeasured: map[model.Family]bool{},
		}
		calls[subject] = c
	}
	c.Readings = append(c.Readings, r)
	if r.State == model.StateUnknown || !r.Series.Signal.Kind.UserFacing() {
		return
	}
	side, measured := &c.Client, c.ClientMeasured
	if r.Series.Signal.Side == model.SideServer {
		side, measured = &c.Server, c.ServerMeasured
	}
	measured[r.Series.Signal.Kind.Family()] = true
	if r.Abnormal() && r.Bad && (*side == nil || harsher(r, *side)) {
		*side = r
	}
}

func isResource(k model.SignalKind) bool {
	return k == model.KindSaturation || k == model.KindUtilization || k == model.KindUsage
}
