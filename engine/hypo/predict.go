package hypo

import "github.com/diagnops/diagnops/engine/model"

// predictions lists what must hold, or would tell, if the hypothesis is right.
func predictions(h *model.Hypothesis) []model.Prediction {
	at := model.Subject{Component: h.Component}
	say := func(test string, necessary bool, format string, args ...any) model.Prediction {
		return model.Prediction{Test: test, Subject: at, Signal: h.Signal, Necessary: necessary, Text: model.Say(format, args...)}
	}
	ps := []model.Prediction{say(model.TestRole, false, "%s is a place where faults begin", h.Component)}
	switch h.Fault.Nature {
	case model.NatureLoad:
		return append(ps,
			say(model.TestOwnSignal, true, "more requests than usual come in at %s", h.Component),
			say(model.TestLoadSource, true, "the load comes in at %s, not from further up", h.Component),
			say(model.TestOnsetOrder, false, "it began no later than the symptom"),
		)
	case model.NatureSupply:
		return append(ps,
			say(model.TestOwnSignal, true, "the signals of %s on %s are bad", h.Fault.Name, h.Component),
			say(model.TestSpill, true, "others are asked more, for %s answers less", h.Component),
			say(model.TestPropagation, false, "all between %s and the symptom suffer too", h.Component),
			say(model.TestOnsetOrder, false, "it began no later than the symptom"),
			say(model.TestChange, false, "%s was changed just before", h.Component),
		)
	case model.NatureResource, model.NatureAbsent:
		ps = append(ps,
			say(model.TestOwnSignal, true, "the signals of %s on %s are bad", h.Fault.Name, h.Component),
			say(model.TestHostQuiet, true, "the host of %s is short of %s too", h.Component, h.Fault.HostResource),
			say(model.TestServiceSuffer, false, "%s itself answers late or wrongly", h.Component),
		)
	case model.NatureService, model.NatureChange:
		ps = append(ps,
			say(model.TestOwnSignal, false, "%s itself answers late or wrongly", h.Component),
			say(model.TestGap, false, "%s measures the trouble itself", h.Component),
		)
	case model.NatureLink:
		ps = append(ps,
			say(model.TestGap, true, "callers of %s suffer while %s itself measures nothing unusual", h.Component, h.Component),
		)
	}
	return append(ps,
		say(model.TestCallersSee, false, "callers of %s see it late or failing", h.Component),
		say(model.TestAlibi, false, "all callers of %s suffer, not one alone", h.Component),
		say(model.TestPropagation, false, "all between %s and the symptom suffer too", h.Component),
		say(model.TestBelowExplains, true, "nothing that %s needs explains its trouble", h.Component),
		say(model.TestLoadDriven, false, "%s gets no more requests than usual", h.Component),
		say(model.TestDose, false, "its trouble is large enough for the symptom"),
		say(model.TestOnsetOrder, false, "it began no later than the symptom"),
		say(model.TestChange, h.Fault.Nature == model.NatureChange, "%s was changed just before", h.Component),
	)
}
