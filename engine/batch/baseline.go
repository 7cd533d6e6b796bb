package batch

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"slices"
)

// baselineVersion is the version of Baseline's JSON form.
const baselineVersion = 1

// Baseline is the figures of an earlier run, as stored beside the code.
type Baseline struct {
	Version int       `json:"version"`
	Sets    []Figures `json:"sets"`
	// HeldOut are the figures of the same incidents, each ranked with weights that were fitted without its kin.
	HeldOut []HeldOut `json:"held_out,omitempty"`
}

// HeldOut are figures of a cross-validation.
type HeldOut struct {
	By   string    `json:"by"` // what was held out: "cause", "day" or "set"
	Sets []Figures `json:"sets"`
}

// NewBaseline makes the figures storable.
func NewBaseline(sets []Figures) Baseline { return Baseline{Version: baselineVersion, Sets: sets} }

// Encode writes the baseline as indented JSON with a closing newline.
func (b Baseline) Encode() ([]byte, error) {
	out, err := json.MarshalIndent(b, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("writing figures: %w", err)
	}
	return append(out, '\n'), nil
}

// DecodeBaseline reads what Encode wrote. Unknown keys are errors, since a misspelt figure would silently guard nothing.
func DecodeBaseline(data []byte) (Baseline, error) {
	var b Baseline
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&b); err != nil {
		return Baseline{}, fmt.Errorf("reading figures: %w", err)
	}
	if b.Version != baselineVersion {
		return Baseline{}, fmt.Errorf("version (%d) must be %d", b.Version, baselineVersion)
	}
	if len(b.Sets) == 0 {
		return Baseline{}, fmt.Errorf("sets must not be empty")
	}
	return b, nil
}

// tolerance is how far a figure may fall before it counts as worse: above the rounding of the stored figures, below one
// incident of any data set we could hold.
const tolerance = 1e-4

// brierTolerance allows for probabilities that move a little with every honest change of a weight.
const brierTolerance = 0.005

// Delta is one figure of one set that differs from its baseline.
type Delta struct {
	Set, Figure string
	HeldOut     string // what was held out; "" = nothing
	Was, Is     Ratio
	Worse       bool
}

func (c Delta) String() string {
	word := "better"
	if c.Worse {
		word = "worse"
	}
	set := c.Set
	if c.HeldOut != "" {
		set += " without its " + c.HeldOut
	}
	return fmt.Sprintf("%s: %s was %s, is %s (%s)", set, c.Figure, c.Was, c.Is, word)
}

// String prints three decimals, or "-" when unknown.
func (r Ratio) String() string {
	if !r.Known() {
		return "-"
	}
	return fmt.Sprintf("%.3f", float64(r))
}

// figure is one number that is compared, with the direction that is better.
type figure struct {
	name      string
	of        func(*Figures) Ratio
	lower     bool // lower is better
	tolerance float64
}

// compared lists what a run must not lose. Times are no part of it: they belong to the machine, not to the code.
var compared = []figure{
	{"AC@1", func(f *Figures) Ratio { return f.Component.AC[0] }, false, tolerance},
	{"AC@3", func(f *Figures) Ratio { return f.Component.AC[2] }, false, tolerance},
	{"Avg@5", func(f *Figures) Ratio { return f.Component.Avg5 }, false, tolerance},
	{"AC@1 with signal", func(f *Figures) Ratio { return f.Signal.AC[0] }, false, tolerance},
	{"precision", func(f *Figures) Ratio { return f.Precision.Share }, false, tolerance},
	{"specificity", func(f *Figures) Ratio { return f.Specificity.Share }, false, tolerance},
	{"false accusations", func(f *Figures) Ratio { return f.FalseAccusations.Share }, true, tolerance},
	{"Brier score", func(f *Figures) Ratio { return f.Calibration.Brier }, true, brierTolerance},
	{"errors", func(f *Figures) Ratio { return Ratio(f.Errors) }, true, tolerance},
}

// Compare holds the figures against the baseline, set by set in the baseline's order, and returns every figure that
// moved by more than its tolerance. A figure that was known and is not any more is worse. Sets that only one side has are
// left out of the changes and named in missing: a run over one data set may be compared with a baseline of many. What
// depends on the other sets, too, is compared only when both sides have the same ones, for it means something else
// otherwise: the overall figures, and those of a cross-validation, which is compared when both sides have it.
func Compare(baseline, now Baseline) (deltas []Delta, missing []string) {
	deltas, missing = compareSets(baseline.Sets, now.Sets)
	if !sameSets(baseline.Sets, now.Sets) {
		return deltas, missing
	}
	for _, was := range baseline.HeldOut {
		i := slices.IndexFunc(now.HeldOut, func(h HeldOut) bool { return h.By == was.By })
		if i < 0 {
			continue
		}
		held, _ := compareSets(was.Sets, now.HeldOut[i].Sets)
		for _, d := range held {
			d.HeldOut = was.By
			deltas = append(deltas, d)
		}
	}
	return deltas, missing
}

func compareSets(baseline, now []Figures) (deltas []Delta, missing []string) {
	is := map[string]*Figures{}
	for i := range now {
		is[now[i].Set] = &now[i]
	}
	for i := range baseline {
		was := &baseline[i]
		got, ok := is[was.Set]
		switch {
		case was.Set == Overall && !sameSets(baseline, now):
		case !ok:
			missing = append(missing, was.Set)
		default:
			deltas = append(deltas, compareSet(was, got)...)
		}
	}
	return deltas, missing
}

func compareSet(was, is *Figures) []Delta {
	var out []Delta
	for _, f := range compared {
		before, after := f.of(was), f.of(is)
		gain := float64(after - before)
		if f.lower {
			gain = -gain
		}
		switch {
		case !before.Known() && !after.Known():
		case !after.Known():
			out = append(out, Delta{Set: was.Set, Figure: f.name, Was: before, Is: after, Worse: true})
		case !before.Known():
			out = append(out, Delta{Set: was.Set, Figure: f.name, Was: before, Is: after})
		case math.Abs(gain) > f.tolerance:
			out = append(out, Delta{Set: was.Set, Figure: f.name, Was: before, Is: after, Worse: gain < 0})
		}
	}
	return out
}

func sameSets(a, b []Figures) bool {
	names := map[string]bool{}
	for i := range a {
		names[a[i].Set] = true
	}
	for i := range b {
		if !names[b[i].Set] {
			return false
		}
	}
	return len(a) == len(b)
}
