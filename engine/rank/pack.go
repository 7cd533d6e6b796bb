package rank

import (
	"cmp"
	"fmt"
	"io"
	"math"

	"github.com/diagnops/diagnops/engine/model"
)

// WriteWeights writes the weights as a rule pack, with a comment on top.
func WriteWeights(out io.Writer, comment string, w model.Weights) error {
	if _, err := fmt.Fprintf(out, "# %s\nversion: 1\nname: weights\nweights:\n  tests:\n", comment); err != nil {
		return err
	}
	for _, test := range model.TestNames() {
		if _, err := fmt.Fprintf(out, "    %s: %s\n", test, decimal(w.Test(test))); err != nil {
			return err
		}
	}
	for _, line := range []struct {
		name  string
		value float64
	}{
		{"unmeasured", w.Unmeasured},
		{"unsupported", w.Unsupported},
		{"quiet", w.Quiet},
		{"quiet_with_symptom", w.QuietWithSymptom},
		{"temperature", w.Temperature},
		{"lone_signal_cap", w.LoneSignalCap},
		{"diagnosed", w.Diagnosed},
	} {
		if _, err := fmt.Fprintf(out, "  %s: %s\n", line.name, decimal(line.value)); err != nil {
			return err
		}
	}
	return nil
}

// decimal prints two places: more would be noise.
func decimal(v float64) string {
	return fmt.Sprintf("%.2f", cmp.Or(math.Round(v*100)/100, 0))
}
