package change

import (
	"time"

	"github.com/diagnops/diagnops/engine/model"
)

// leastApart is by how much two times must differ to be two events: a clock that is set right moves a boot time.
const leastApart = 2 * time.Second

// byTime reads a value that is the Unix time of the last event. A later time is a new event, if it lies after the last
// look at the old one: else it is the same one, told better. It happened when the value says.
func byTime(t *track) []shift {
	var out []shift
	for _, s := range t.Series {
		last := -1
		for i, v := range s.Values {
			if model.IsGap(v) || v <= 0 {
				continue
			}
			if last >= 0 {
				at := model.FromMillis(int64(v * 1000))
				old := model.FromMillis(int64(s.Values[last] * 1000))
				if at.Sub(old) >= leastApart && !at.Before(t.at(last).Add(-t.scrape)) {
					when := model.Onset{Earliest: at, Latest: at}
					if at.After(t.at(i)) { // by a clock that is ahead
						when = t.between(last, i)
					}
					out = append(out, shift{group: t.group(s.Labels), instance: t.instance(s.Labels), when: when, of: len(t.Series)})
				}
			}
			last = i
		}
	}
	return out
}
