package change

import "github.com/diagnops/diagnops/engine/model"

// holdPoints is how many points in a row a level must hold to be one: while a rollout goes on, there is one instance more
// for a while. At the end of the recording two points do.
const (
	holdPoints    = 3
	holdPointsEnd = 2
)

// byLevel reads a number that stays as it is until it is altered.
func byLevel(t *track) []shift {
	var out []shift
	for _, s := range t.Series {
		levels := t.levels(s.Values)
		for k := 1; k < len(levels); k++ {
			a, b := levels[k-1], levels[k]
			out = append(out, shift{
				group: t.group(s.Labels), instance: t.instance(s.Labels), from: t.state(s, a.last), to: t.state(s, b.first),
				when: t.between(a.last, b.first), of: len(t.Series), rises: s.Values[b.first] > s.Values[a.last],
			})
		}
	}
	return out
}

// level is a run of points with one value, gaps passed over.
type level struct{ first, last, points int }

// levels are the runs that hold; two of the same value with a blip between are one.
func (t *track) levels(values []float64) []level {
	var runs []level
	for i, v := range values {
		switch {
		case model.IsGap(v):
		case len(runs) > 0 && values[runs[len(runs)-1].last] == v:
			runs[len(runs)-1].last = i
			runs[len(runs)-1].points++
		default:
			runs = append(runs, level{i, i, 1})
		}
	}
	var out []level
	for k, r := range runs {
		holds := r.points >= holdPoints || k == len(runs)-1 && r.points >= holdPointsEnd
		switch {
		case !holds:
		case len(out) > 0 && values[out[len(out)-1].last] == values[r.first]:
			out[len(out)-1].last = r.last
		default:
			out = append(out, r)
		}
	}
	return out
}
