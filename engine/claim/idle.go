package claim

import (
	"slices"
	"strings"

	"github.com/diagnops/diagnops/engine/model"
)

// idleShare is the share of a resource in use below which there is plenty left.
const idleShare = 0.6

// idle asks whether there is plenty of a resource left: of the component's own, else of what it runs or is stored on. That
// a resource idles clears nobody: something else may be short. Where that is so, it is said.
func idle(h *hearing) finding {
	resource := h.claim.Resource
	worst := func(which func(*model.Reading) bool) *model.Reading {
		for _, name := range append([]string{h.claim.Component}, h.below(model.RunsOn, model.StoredOn)...) {
			r := model.Worst(h.Scene.Profiles[name].Readings, func(r *model.Reading) bool {
				return r.State != model.StateUnknown && strings.TrimPrefix(r.Series.Signal.Resource, "host_") == resource && which(r)
			})
			if r != nil {
				return r
			}
		}
		return nil
	}
	waits := worst(func(r *model.Reading) bool {
		return r.Series.Signal.Kind == model.KindSaturation && r.Abnormal() && r.Bad
	})
	used := worst(func(r *model.Reading) bool { return r.Series.Signal.Kind == model.KindUtilization })
	switch {
	case used == nil && waits == nil:
		return cannotTell(model.Say("the %s of %s is not measured", resource, h.claim.Component), resource)
	case waits != nil && model.StrengthOf(waits) >= leastShort:
		return of(model.ClaimContradicted, shows(waits), waits)
	case used == nil:
		return cannotTell(model.Say("how much of the %s of %s is in use is not measured", resource, h.claim.Component), resource)
	case busy(used):
		return of(model.ClaimContradicted, shows(used), used)
	}
	f := of(model.ClaimConfirmed, shows(used), used)
	if short := h.shortOfElse(resource); short != nil {
		f.reason = model.Say("%s; that clears nobody: %s", f.reason, shows(short))
		f.rests = append(f.rests, short)
	}
	return f
}

// busy tells whether a utilization leaves little: by its share where it has a bound, else when it is more than usual.
func busy(r *model.Reading) bool {
	switch r.Series.Signal.Unit {
	case "ratio":
		return r.Observed >= idleShare
	case "percent":
		return r.Observed >= 100*idleShare
	}
	return r.Abnormal() && r.Bad
}

// shortOfElse is the worst shortage of another resource, of the component or of what it stands on; of the cause, where that
// is among them.
func (h *hearing) shortOfElse(resource string) *model.Reading {
	names := append([]string{h.claim.Component}, h.below(model.RunsOn, model.StoredOn)...)
	if c := h.culprit(); c != nil && slices.Contains(names, c.Component) {
		names = append([]string{c.Component}, names...)
	}
	for _, name := range names {
		r := model.Worst(h.Scene.Profiles[name].Readings, func(r *model.Reading) bool {
			sig := r.Series.Signal
			return r.Abnormal() && r.Bad && sig.Kind == model.KindSaturation && sig.Resource != "" && sig.Resource != resource &&
				model.StrengthOf(r) >= leastShort
		})
		if r != nil {
			return r
		}
	}
	return nil
}
