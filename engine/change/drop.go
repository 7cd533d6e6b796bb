package change

import (
	"slices"

	"github.com/diagnops/diagnops/engine/model"
)

const (
	// dropPoints are looked at before a drop, and restPoints after it: what comes back at once was a blip.
	dropPoints = 5
	restPoints = 3
	// dropShare is what is left, at most, of an amount that was thrown away. What expires by itself goes little by little.
	dropShare = 0.5
)

// byDrop reads an amount that is thrown away: from one point to the next below half the least of the points before, and
// below it stays. When it is wrong: an amount so small that a half is noise.
func byDrop(t *track) []shift {
	var out []shift
	for _, s := range t.Series {
		var known []int
		for i, v := range s.Values {
			if !model.IsGap(v) {
				known = append(known, i)
			}
		}
		value := func(k int) float64 { return s.Values[known[k]] }
		for k := dropPoints; k < len(known); k++ {
			before, after := make([]float64, 0, dropPoints), []float64{}
			for j := k - dropPoints; j < k; j++ {
				before = append(before, value(j))
			}
			for j := k; j < min(k+restPoints, len(known)); j++ {
				after = append(after, value(j))
			}
			if slices.Max(after) >= dropShare*slices.Min(before) {
				continue
			}
			unit := t.Query.Rule.Unit
			out = append(out, shift{
				group: t.group(s.Labels), instance: t.instance(s.Labels), of: len(t.Series),
				from: model.FormatValue(value(k-1), unit), to: model.FormatValue(value(k), unit), when: t.between(known[k-1], known[k]),
			})
			k += dropPoints // what follows is the same drop
		}
	}
	return out
}
