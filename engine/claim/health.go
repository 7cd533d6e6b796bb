package claim

import (
	"cmp"
	"slices"
	"strings"

	"github.com/diagnops/diagnops/engine/model"
)

// leastShort is the evidence, in nats, from which a resource is short enough to be no health.
const leastShort = 1.0

// healthy asks whether what users feel of the component, and the resources that matter, are measured and as usual.
//
// When it is wrong: a component that was never well has a bad usual, and is as usual. A component whose users are served
// well from a nearly used-up resource is called unhealthy, which it is.
func healthy(h *hearing) finding {
	if stopped, alive := h.profile.Stopped(); len(stopped) > alive {
		return of(model.ClaimContradicted, shows(stopped[0]), stopped[0])
	}
	if bad := h.bad(); len(bad) > 0 {
		f := of(model.ClaimContradicted, shows(bad[0]), bad...)
		if cause := h.effectOf(); cause != nil {
			f.reason = model.Say("%s; that is an effect: %s accounts for it", f.reason, cause.Component)
		}
		return f
	}
	seen, rests, missing := h.measuredOf()
	switch {
	case len(seen) == 0:
		return cannotTell(model.Say("nothing of %s is measured that would tell", h.claim.Component), missing...)
	case len(missing) > 0:
		return finding{
			verdict: model.ClaimUnknown, rests: rests, missing: missing,
			reason: model.Say("what is measured is as usual (%s); not measured: %s", list(seen), list(missing)),
		}
	}
	return of(model.ClaimConfirmed, model.Say("measured and as usual: %s", list(seen)), rests...)
}

// bad are the readings that speak against health, what users feel first, then the worst.
func (h *hearing) bad() []*model.Reading {
	var out []*model.Reading
	for _, r := range h.profile.Readings {
		sig := r.Series.Signal
		felt := sig.Kind.UserFacing() && sig.Side != model.SideClient
		short := sig.Kind == model.KindSaturation || sig.Kind == model.KindUtilization
		if r.Abnormal() && r.Bad && (felt || short && model.StrengthOf(r) >= leastShort) {
			out = append(out, r)
		}
	}
	if !h.profile.Measures(model.FamilyNone) { // its own word goes before that of its callers, who see the way to it too
		out = append(out, h.seenBad(model.FamilyNone)...)
	}
	slices.SortStableFunc(out, func(a, b *model.Reading) int {
		return cmp.Or(cmp.Compare(rankOf(a), rankOf(b)), cmp.Compare(b.Severity, a.Severity), a.Series.Compare(b.Series))
	})
	return out
}

func rankOf(r *model.Reading) int {
	if r.Series.Signal.Kind.UserFacing() {
		return 0
	}
	return 1
}

// seenBad are the bad readings that callers took of the component, in a family; of FamilyNone, in any.
func (h *hearing) seenBad(f model.Family) []*model.Reading {
	var out []*model.Reading
	for _, c := range h.Scene.CallsTo(h.claim.Component) {
		for _, r := range model.Present(c.Client, c.Server) {
			if f == model.FamilyNone || r.Series.Signal.Kind.Family() == f {
				out = append(out, r)
			}
		}
	}
	return out
}

// measuredOf lists what of the things that matter is measured, with the readings that show it, and what is not.
func (h *hearing) measuredOf() (seen []string, rests []*model.Reading, missing []string) {
	for _, f := range []model.Family{model.FamilyLatency, model.FamilyErrors} {
		if !h.feels() {
			break
		}
		switch {
		case h.profile.Measures(f):
			seen = append(seen, string(f))
			rests = append(rests, model.Present(h.profile.Nearest(f))...)
		case slices.ContainsFunc(h.Scene.CallsTo(h.claim.Component), func(c *model.Call) bool { return c.SeenByCaller(f) || c.SeenByCallee(f) }):
			seen = append(seen, string(f))
		default:
			missing = append(missing, string(f))
		}
	}
	for _, resource := range h.matters() {
		r := h.mostUsed(resource)
		if r == nil {
			missing = append(missing, resource)
			continue
		}
		seen, rests = append(seen, resource), append(rests, r)
	}
	return seen, rests, missing
}

// feels tells whether anybody asks the component anything: a volume or a host is judged by its resources alone.
func (h *hearing) feels() bool {
	return !model.IsMachine(h.kind()) && !isVolume(h.kind())
}

func (h *hearing) kind() string { return strings.ToLower(h.Graph.Kind(h.claim.Component)) }

func isVolume(kind string) bool { return kind == "disk" || kind == "volume" || kind == "storage" }

// matters are the resources without which a component of its kind is not called healthy.
func (h *hearing) matters() []string {
	switch kind := h.kind(); {
	case isVolume(kind):
		return []string{"disk"}
	case model.IsMachine(kind):
		return []string{"cpu", "memory"}
	case slices.Contains([]string{"external", "probe", "network", "cdn"}, kind):
		return nil
	}
	if len(h.below(model.StoredOn)) > 0 {
		return []string{"cpu", "memory", "disk"}
	}
	return []string{"cpu", "memory"}
}

// below are the components that this one runs on or is stored on, itself first.
func (h *hearing) below(kinds ...model.DependencyKind) []string {
	var out []string
	for _, d := range h.Graph.Carriers(h.claim.Component) {
		if slices.Contains(kinds, d.Kind) {
			out = append(out, d.To)
		}
	}
	return out
}

// mostUsed is the most unusual reading of a resource that is known: of the component, else of what it runs or is stored
// on. Nil when none is measured.
func (h *hearing) mostUsed(resource string) *model.Reading {
	for _, name := range append([]string{h.claim.Component}, h.below(model.RunsOn, model.StoredOn)...) {
		r := model.Worst(h.Scene.Profiles[name].Readings, func(r *model.Reading) bool {
			return r.State != model.StateUnknown && strings.TrimPrefix(r.Series.Signal.Resource, "host_") == resource
		})
		if r != nil {
			return r
		}
	}
	return nil
}
