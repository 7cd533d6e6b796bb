package claim

import "github.com/diagnops/diagnops/engine/model"

// slow asks whether the component answers late: by its own word, else by its callers'.
func slow(h *hearing) finding {
	return h.trouble(model.FamilyLatency, func(r *model.Reading) bool { return r.Series.Signal.Kind == model.KindLatency })
}

// failing asks whether it answers wrongly.
func failing(h *hearing) finding {
	return h.trouble(model.FamilyErrors, func(r *model.Reading) bool { return r.Series.Signal.Kind.Family() == model.FamilyErrors })
}

func (h *hearing) trouble(family model.Family, is func(*model.Reading) bool) finding {
	own := func(r *model.Reading) bool {
		return is(r) && r.Series.Signal.Side != model.SideClient && r.State != model.StateUnknown
	}
	worst := model.Worst(h.profile.Readings, func(r *model.Reading) bool { return own(r) && r.Abnormal() && r.Bad })
	switch {
	case worst != nil:
		return of(model.ClaimConfirmed, shows(worst), worst)
	case h.profile.Measures(family):
		r := h.profile.Nearest(family)
		return of(model.ClaimContradicted, shows(r), r)
	}
	if seen := h.seenBad(family); len(seen) > 0 {
		return of(model.ClaimConfirmed, model.Say("its callers see it: %s", shows(seen[0])), seen...)
	}
	for _, c := range h.Scene.CallsTo(h.claim.Component) {
		if c.SeenByCaller(family) || c.SeenByCallee(family) {
			return of(model.ClaimContradicted, model.Say("no caller of %s sees it", h.claim.Component))
		}
	}
	return cannotTell(model.Say("how %s answers is not measured", h.claim.Component), string(family))
}

// down asks whether it does not answer at all: its availability, else whether its samples stopped or it still works.
func down(h *hearing) finding {
	isAvailability := func(r *model.Reading) bool {
		return r.Series.Signal.Kind == model.KindAvailability && r.State != model.StateUnknown
	}
	if r := model.Worst(h.profile.Readings, func(r *model.Reading) bool { return isAvailability(r) && r.Abnormal() && r.Bad }); r != nil {
		return of(model.ClaimConfirmed, shows(r), r)
	}
	if stopped, alive := h.profile.Stopped(); len(stopped) > alive {
		return of(model.ClaimConfirmed, shows(stopped[0]), stopped[0])
	}
	if r := model.Worst(h.profile.Readings, isAvailability); r != nil {
		return of(model.ClaimContradicted, shows(r), r)
	}
	if r := h.profile.Load; r != nil && r.Observed > 0 {
		return of(model.ClaimContradicted, model.Say("it still works: %s", shows(r)), r)
	}
	if r := h.profile.Nearest(model.FamilyNone); r != nil {
		return of(model.ClaimContradicted, model.Say("it still works: %s", shows(r)), r)
	}
	return cannotTell(model.Say("whether %s answers is not measured", h.claim.Component), string(model.KindAvailability))
}
