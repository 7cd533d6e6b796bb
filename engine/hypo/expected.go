package hypo

import "github.com/diagnops/diagnops/engine/model"

// expected lists what the fault's rule says is to be seen, and what is not.
func expected(h *model.Hypothesis) []model.Prediction {
	f := h.Fault
	out := make([]model.Prediction, 0, len(f.Predicts)+len(f.Contradicts))
	add := func(test string, text func(x *model.Expectation, component string) model.Message, all []model.Expectation) {
		for i := range all {
			x := &all[i]
			out = append(out, model.Prediction{
				Test: test, Subject: model.Subject{Component: h.Component}, Signal: x.Name, Necessary: x.Necessary,
				Text: text(x, h.Component), Expect: x,
			})
		}
	}
	add(model.TestRulePredicts, predicted, f.Predicts)
	add(model.TestRuleRefutes, contradicted, f.Contradicts)
	return out
}

func predicted(x *model.Expectation, component string) model.Message {
	return model.Say("its rule predicts: %s %s (%s of %s)", x.Name, x.Shape, x.On, component)
}

func contradicted(x *model.Expectation, component string) model.Message {
	return model.Say("its rule leaves no room for: %s %s (%s of %s)", x.Name, x.Shape, x.On, component)
}
