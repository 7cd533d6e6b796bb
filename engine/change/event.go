package change

import "github.com/diagnops/diagnops/engine/model"

// byEvent reads a count of what happens in the range that its expression looks back over: above zero, where it was zero
// before. What went on when the recording began has no beginning that anybody knows.
func byEvent(t *track) []shift {
	var out []shift
	for _, s := range t.Series {
		last := -1
		for i, v := range s.Values {
			if model.IsGap(v) {
				continue
			}
			if last >= 0 && s.Values[last] <= 0 && v > 0 {
				out = append(out, shift{group: t.group(s.Labels), instance: t.instance(s.Labels), when: t.between(last, i), of: len(t.Series)})
			}
			last = i
		}
	}
	return out
}
