package engine_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/diagnops/diagnops/engine/model"
)

// scene is an incident of the shop, and where it was noticed.
type scene struct {
	name string
	shop *shop
	inc  model.Incident
}

// scenes are the shop's incidents, noticed at the edge and one step below it.
func scenes(t *testing.T) []scene {
	t.Helper()
	var out []scene
	for _, at := range []string{"edge", "web"} {
		inc := incident()
		inc.Symptom.Component = at
		out = append(
			out, scene{"slow volume at " + at, slowVolume(t), inc}, scene{"slow mail at " + at, slowMail(t), inc},
			scene{"busy db at " + at, busyDatabase(t), inc}, scene{"two at once at " + at, twoAtOnce(t), inc},
		)
	}
	return out
}

// otherwise is the shop with one course at another level from the onset on: at its base where to is 0.
func (s *shop) otherwise(t *testing.T, signal, at string, to float64) *shop {
	t.Helper()
	out := *s
	out.courses = slices.Clone(s.courses)
	component, peer, _ := strings.Cut(strings.ReplaceAll(at, " -> ", ">"), ">")
	for i := range out.courses {
		if c := &out.courses[i]; strings.ReplaceAll(c.signal, "_", " ") == strings.ReplaceAll(signal, "_", " ") && c.component == component && c.peer == peer {
			c.sick = to
			if to == 0 {
				c.sick = c.base
			}
			return &out
		}
	}
	t.Fatalf("the shop has no %s of %s", signal, at)
	return nil
}

// result is who comes first, and in what kind of answer.
func result(d *model.Diagnosis) string {
	if len(d.Causes) == 0 {
		return string(d.Outcome.Status)
	}
	return string(d.Outcome.Status) + " " + d.Causes[0].Component
}

// TestNamedFlipFlips changes the data the way that the answer says would change it, and asks again.
func TestNamedFlipFlips(t *testing.T) {
	t.Parallel()
	named, none := 0, 0
	for _, sc := range scenes(t) {
		name, s := sc.name, sc.shop
		d := diagnose(t, s, sc.inc)
		flip := first(t, d).WouldFlip
		if len(flip.Args) != 2 {
			t.Errorf("%s: %q names no supposition", name, flip)
			continue
		}
		premise := flip.Args[0].(model.Message)
		if strings.Contains(premise.Format, "at %s or so") {
			t.Errorf("%s: the first falls when something gets bad: %q", name, flip)
			continue
		}
		then := diagnose(t, s.otherwise(t, premise.Args[0].(model.Message).String(), premise.Args[1].(string), 0), sc.inc)
		said := flip.Args[1].(model.Message)
		if turned, told := result(then) != result(d), strings.HasPrefix(flip.Format, "if "); turned != told {
			t.Errorf("%s: it says %q, and with other data the answer goes from %q to %q", name, flip, result(d), result(then))
		}
		if len(then.Causes) > 0 && len(said.Args) > 0 && said.Args[0] != then.Causes[0].Component {
			t.Errorf("%s: it says %q, and with other data %s comes first", name, flip, then.Causes[0].Component)
		}
		if strings.HasPrefix(flip.Format, "if ") {
			named++
		} else {
			none++
		}
	}
	if named == 0 || none == 0 {
		t.Errorf("of the scenes %d can be turned by one observation and %d can not", named, none)
	}
}

// TestNoSingleObservation sets every course that went bad, but the symptom's, back to usual, one at a time: where the
// answer says that nothing turns it, nothing does.
func TestNoSingleObservation(t *testing.T) {
	t.Parallel()
	tried := 0
	for _, sc := range scenes(t) {
		name, s := sc.name, sc.shop
		d := diagnose(t, s, sc.inc)
		if flip := first(t, d).WouldFlip; !strings.HasPrefix(flip.Format, "no single observation") {
			continue
		}
		for _, c := range s.courses {
			if c.sick == c.base || c.component == "edge" || c.component == sc.inc.Symptom.Component && c.peer == "" {
				continue
			}
			at := c.component
			if c.peer != "" {
				at += ">" + c.peer
			}
			tried++
			if then := diagnose(t, s.otherwise(t, c.signal, at, 0), sc.inc); result(then) != result(d) {
				t.Errorf("%s: with %s of %s as usual the answer goes from %q to %q, and it says that none would", name, c.signal, at, result(d), result(then))
			}
		}
	}
	if tried == 0 {
		t.Error("no scene says that nothing turns it")
	}
}

// TestMissingSignalsByWhatTheyTell takes measurements away: what would tell most is asked for first, and what it would
// tell is said.
func TestMissingSignalsByWhatTheyTell(t *testing.T) {
	t.Parallel()
	for _, sc := range scenes(t) {
		name, s := sc.name, sc.shop
		s.courses = slices.DeleteFunc(s.courses, func(c course) bool { return c.signal == "cpu_utilization" || c.component == "volume" })
		d := diagnose(t, s, sc.inc)
		if len(d.Untested) == 0 {
			t.Errorf("%s: nothing is missed", name)
			continue
		}
		last := 1.0
		for _, u := range d.Untested {
			if u.ExpectedGainBits > last || u.ExpectedGainBits < 0 {
				t.Errorf("%s: %s %s is expected to tell %g bits, after %g", name, u.Component, u.Fault, u.ExpectedGainBits, last)
			}
			last = u.ExpectedGainBits
			if u.Outcomes.IsZero() != (u.ExpectedGainBits < 0.05) {
				t.Errorf("%s: %s tells %g bits, and of its outcomes it is said: %q", name, u.Component, u.ExpectedGainBits, u.Outcomes)
			}
		}
	}
}

// TestAnyMeasurementMayBeMissing takes every course away, one at a time: the answer stays whole.
func TestAnyMeasurementMayBeMissing(t *testing.T) {
	t.Parallel()
	whole := twoAtOnce(t)
	for i := range whole.courses {
		s := *whole
		s.courses = slices.Delete(slices.Clone(whole.courses), i, i+1)
		d := diagnose(t, &s, incident())
		places := map[string]bool{}
		for k, c := range d.Causes {
			if c.Rank != k+1 || places[c.Component] || c.WouldFlip.IsZero() {
				t.Errorf("without %s of %s: cause %d is %s of rank %d, and %q would flip it", whole.courses[i].signal, whole.courses[i].component, k, c.Component, c.Rank, c.WouldFlip)
			}
			places[c.Component] = true
		}
	}
}
