package eliminate_test

import (
	"cmp"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/diagnops/diagnops/engine/model"
)

// change reads "deploy db -300 release 12".
func (s *scene) change(f []string, found bool) error {
	at, err := strconv.ParseFloat(f[2], 64)
	c := model.Change{
		Kind: model.ChangeKind(f[0]), Component: f[1], At: after(at), Title: strings.Join(f[3:], " "), Found: found,
		ID: strconv.Itoa(len(s.changes) + 1),
	}
	if found {
		c.Seen = &model.Sighting{
			Verdict: model.Supports, What: model.Verbatim(c.Title), Query: f[1] + " " + f[3], Rises: strings.HasSuffix(c.Title, "up"),
			When: model.Onset{Earliest: c.At.Add(-step), Latest: c.At},
		}
	}
	s.changes = append(s.changes, c)
	return err
}

// sighting reads what metrics show of the change before: "metrics confirm version 12", "reached a,b of 4 -300:0.25".
func (s *scene) sighting(f []string) error {
	if len(s.changes) == 0 {
		return errors.New("there is no change before it")
	}
	c := &s.changes[len(s.changes)-1]
	if f[0] == "metrics" {
		verdict := map[string]model.Verdict{"confirm": model.Supports, "deny": model.Refutes}[f[1]]
		c.Seen = &model.Sighting{Verdict: verdict, What: model.Verbatim(strings.Join(f[2:], " ")), When: model.Onset{Earliest: c.At, Latest: c.At}}
		return nil
	}
	if c.Seen == nil || f[2] != "of" {
		return errors.New("metrics must show the change before, and the line must read: reached a,b of 4")
	}
	c.Instances = strings.Split(f[1], ",")
	var err error
	c.Seen.Instances, err = strconv.Atoi(f[3])
	for _, word := range f[4:] {
		from, share, _ := strings.Cut(word, ":")
		at, errA := strconv.ParseFloat(from, 64)
		part, errB := strconv.ParseFloat(share, 64)
		err = cmp.Or(err, errA, errB)
		c.Seen.Steps = append(c.Seen.Steps, model.RolloutStep{From: after(at), Share: part})
	}
	return err
}

// hurtPoints is how long a trouble of before lasts, in points.
const hurtPoints = 8

// bend gives a reading's values another course: "rising" from its onset on, or "hurt@-200".
func bend(r *model.Reading, course string) error {
	values := r.Series.Values
	if at, ok := strings.CutPrefix(course, "hurt@"); ok {
		seconds, err := strconv.ParseFloat(at, 64)
		if err != nil {
			return fmt.Errorf("%q: %w", course, err)
		}
		first, ok := grid.Index(model.Millis(after(seconds)))
		if !ok {
			return fmt.Errorf("%q is no point of the grid", course)
		}
		for i := first; i < min(first+hurtPoints, len(values)); i++ {
			values[i] = r.Observed
		}
	}
	if course == "rising" {
		n := len(r.Hits)
		for k, i := range r.Hits {
			values[i] = r.Baseline + r.Delta()*float64(k+1)/float64(n)
		}
	}
	return nil
}
