package model

// Weights are the numbers of the ranking. They come from the rule packs, and `replay --fit` fits them on labelled
// incidents. The zero value is not usable.
type Weights struct {
	// Tests multiplies what each refutation test adds to the log-odds; a test that is not named counts once.
	Tests map[string]float64
	// Unmeasured is the log-odds of "something not measured", the rival of every cause.
	Unmeasured float64
	// Unsupported is added to a hypothesis that nothing measured speaks for.
	Unsupported float64
	// Quiet is the log-odds of "nothing is wrong" when the symptom itself shows nothing, and QuietWithSymptom when it
	// shows something, though not much.
	Quiet, QuietWithSymptom float64
	// Temperature divides log-odds before they become probabilities.
	Temperature float64
	// LoneSignalCap bounds the probability of a cause that rests on one signal.
	LoneSignalCap float64
	// Diagnosed is the probability from which the first cause is a diagnosis.
	Diagnosed float64
}

// Test is the multiplier of a test.
func (w *Weights) Test(name string) float64 {
	if m, ok := w.Tests[name]; ok {
		return m
	}
	return 1
}

// TestNames lists every refutation test, in the order in which ledgers name them.
func TestNames() []string {
	return []string{
		TestRole, TestOwnSignal, TestHostQuiet, TestServiceSuffer, TestGap, TestCallersSee, TestAlibi, TestPropagation,
		TestBelowExplains, TestLoadDriven, TestLoadSource, TestSpill, TestDose, TestOnsetOrder, TestChange,
		TestRulePredicts, TestRuleRefutes,
	}
}
