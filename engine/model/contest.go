package model

// Contest is everything that a ranking rests on but the weights, in numbers: to rank again with other weights, as the fit
// does, needs neither the metrics nor the words.
type Contest struct {
	Symptom SymptomEvidence
	// Suspects are the hypotheses that were not ruled out, in the order of their components.
	Suspects []Suspect
}

// SymptomEvidence is how the symptom itself showed.
type SymptomEvidence struct {
	Strength float64 // evidence, in nats, that it is real
	Measured bool    // whether it could be read at all
}

// Suspect is a hypothesis that was not ruled out, in numbers.
type Suspect struct {
	Component, Fault string
	Signal           string // the signal that shows it best; "" when it shows nothing itself
	// Evidence is what each test adds to the log-odds before any multiplier, in nats, in the order of TestNames.
	Evidence []float64
	// Supported: anything that was measured speaks for it.
	Supported bool
	// Lone: it rests on one signal, or on none.
	Lone bool
	// Marks and Hint put suspects of the same log-odds in order: how many bad readings show the fault, and the largest
	// severity of anything read on the component.
	Marks int
	Hint  float64
}
