package eliminate_test

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/diagnops/diagnops/engine/model"
)

// expect reads a line of the rule of the fault "by-rule":
//
//	predicts cpu up                                the signal rises on the component
//	predicts cpu up on host necessary weak
//	predicts latency up by pod                     for some pods only
//	contradicts latency up after io_queue -10s 60s it begins 10 s before to 60 s after the queue
func (s *scene) expect(f []string) error {
	if len(f) < 3 {
		return fmt.Errorf("%v says nothing of a signal", f)
	}
	x := model.Expectation{
		Name: f[1], Shape: model.Shape(f[2]), Weight: 1, On: model.OnComponent, Necessary: f[0] == "contradicts",
		Matches: func(sig *model.Signal) bool { return sig.Name == f[1] },
	}
	for words := f[3:]; len(words) > 0; {
		n := 2
		switch words[0] {
		case "on":
			x.On = model.Place(words[1])
		case "by":
			x.By = words[1]
		case "after":
			n = 4
			low, err := time.ParseDuration(words[2])
			if err != nil {
				return err
			}
			x.Lag = &model.Lag{After: words[1], Min: low, Max: math.MaxInt64}
			if words[3] != "later" {
				if x.Lag.Max, err = time.ParseDuration(words[3]); err != nil {
					return err
				}
			}
		case "necessary":
			n, x.Necessary = 1, true
		case "weak":
			n, x.Weight = 1, 0.3
		default:
			return fmt.Errorf("%q is no part of an expectation", words[0])
		}
		words = words[n:]
	}
	if !slices.Contains(model.Shapes(), x.Shape) || !slices.Contains(model.Places(), x.On) {
		return fmt.Errorf("%v is no expectation", f)
	}
	if f[0] == "contradicts" {
		s.rule.Contradicts = append(s.rule.Contradicts, x)
	} else {
		s.rule.Predicts = append(s.rule.Predicts, x)
	}
	return nil
}

// byRule is the fault of which the scene's own rule speaks; it shows in a queue for the disk.
func (s *scene) byRule() model.Fault {
	f := s.rule
	f.Name, f.Nature = "by-rule", model.NatureResource
	f.Befalls = func(string) bool { return true }
	f.Marks = func(sig *model.Signal) (float64, bool) { return 1, sig.Name == "io_queue" }
	f.Needs = func(sig *model.Signal) bool { return sig.Name == "io_queue" }
	return f
}
