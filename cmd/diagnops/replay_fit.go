package main

import (
	"fmt"
	"io"
	"math"
	"os"

	"github.com/diagnops/diagnops/engine/batch"
	"github.com/diagnops/diagnops/engine/model"
	"github.com/diagnops/diagnops/engine/rank"
	"github.com/diagnops/diagnops/rules"
)

// fit fits the weights of the ranking on what was answered and is known to be true, says what that is worth on causes it
// did not see, and writes them as a rule pack.
func (c *replayCmd) fit(w io.Writer, scored []batch.Scored, weights model.Weights) error {
	cases := make([]rank.Case, len(scored))
	for i := range scored {
		cases[i] = rank.NewCase(scored[i].Set, scored[i].Diagnosis, scored[i].Truth, weights)
	}
	// Every fit starts from the same place, or fitting again and again would walk away.
	start := rules.NeutralWeights()
	fitted, err := rank.Fit(cases, start, rank.FitOptions{})
	if err != nil {
		return err
	}
	held, err := rank.CrossValidate(cases, start, rank.FitOptions{})
	if err != nil {
		return err
	}
	before, after := rank.MeanLogProbability(cases, weights), rank.MeanLogProbability(cases, fitted)
	unseen := rank.MeanOverSets(cases, held)
	_, err = fmt.Fprintf(w, "fit over %d incidents: what was true has a probability of %.3f (geometric mean over sets) as it was, "+
		"%.3f fitted, %.3f fitted without the incidents of its own cause\n",
		len(cases), math.Exp(before), math.Exp(after), math.Exp(unseen))
	if err != nil {
		return err
	}
	return writeWeights(c.Fit, cases, unseen, fitted)
}

func writeWeights(path string, cases []rank.Case, unseen float64, w model.Weights) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	comment := fmt.Sprintf("Fitted by `diagnops replay --fit` on %d labelled incidents; what was true had a probability of %.3f\n"+
		"# in cross-validation by cause. See engine/rank/fit.go for how.", len(cases), math.Exp(unseen))
	if err := rank.WriteWeights(file, comment, w); err != nil {
		_ = file.Close() // the first error tells more
		return fmt.Errorf("writing %s: %w", path, err)
	}
	return file.Close()
}
