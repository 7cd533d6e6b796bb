package engine

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/diagnops/diagnops/engine/model"
)

// noon is when the symptoms of these tests begin.
var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// between is the interval of two times, in minutes after noon.
func between(from, to float64) model.Interval {
	at := func(minutes float64) time.Time {
		return noon.Add(time.Duration(math.Round(minutes*60e3)) * time.Millisecond)
	}
	return model.Interval{From: at(from), To: at(to)}
}

// asked is an incident of a step a minute.
func asked(window, symptom model.Interval) model.Incident {
	return model.Incident{Step: time.Minute, Window: window, Symptom: model.Symptom{Component: "web", Interval: symptom}}
}

// printed writes a timeline as stretches of minutes after noon: "reference -60..-13, before -12..-1, symptom 0..10"; a
// bar stands where a new span begins.
func printed(tl timeline) string {
	var b strings.Builder
	minute := func(i int) string { return fmt.Sprintf("%g", tl.grid.Time(i).Sub(noon).Minutes()) }
	starts := map[int]bool{}
	n := 0
	for _, s := range tl.grid.Spans {
		starts[n] = true
		n += s.N
	}
	for i := 0; i < len(tl.phases); {
		from := i
		for i++; i < len(tl.phases) && tl.phases[i] == tl.phases[from] && !starts[i]; i++ {
		}
		switch {
		case from > 0 && starts[from]:
			b.WriteString(" | ")
		case from > 0:
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "%s %s", tl.phases[from], minute(from))
		if i > from+1 {
			b.WriteString(".." + minute(i-1))
		}
	}
	return b.String()
}

var hour, ten = between(-60, 30), between(0, 10)

// layOuts are incidents, and how their time is laid out.
var layOuts = []struct {
	name string
	inc  func() model.Incident
	want string
}{
	{"what leads up to the symptom is the reference, but for a guard", func() model.Incident {
		return asked(hour, ten)
	}, "reference -60..-13, before -12..-1, symptom 0..10"},
	{"a long past has a guard no longer than that", func() model.Incident {
		return asked(between(-1000, 30), ten)
	}, "reference -1000..-25, before -24..-1, symptom 0..10"},
	{"a short past has a guard of a point", func() model.Incident {
		return asked(between(-3, 30), ten)
	}, "reference -3..-2, before -1, symptom 0..10"},
	{"no past", func() model.Incident { return asked(between(0, 30), ten) }, "symptom 0..10"},
	{"a symptom that goes on to the end", func() model.Incident {
		return asked(hour, between(0, 30))
	}, "reference -60..-13, before -12..-1, symptom 0..30"},
	{"a symptom that goes on beyond the end", func() model.Incident {
		return asked(hour, between(0, 90))
	}, "reference -60..-13, before -12..-1, symptom 0..30"},
	{"a symptom of one point", func() model.Incident {
		return asked(hour, between(0, 0))
	}, "reference -60..-13, before -12..-1, symptom 0"},
	{"a symptom between two points is seen at the next", func() model.Incident {
		return asked(hour, between(0.2, 0.7))
	}, "reference -60..-12, before -11..0, symptom 1"},
	{"a symptom after the last point is seen at that", func() model.Incident {
		return asked(between(-60, 0.4), between(0.2, 0.7))
	}, "reference -60..-13, before -12..-1, symptom 0"},
	{"a given baseline just before", func() model.Incident {
		inc := asked(hour, ten)
		inc.Baseline = between(-40, -10)
		return inc
	}, "before -60..-41, reference -40..-10, before -9..-1, symptom 0..10"},
	{"a given baseline up to the symptom", func() model.Incident {
		inc := asked(hour, ten)
		inc.Baseline = between(-40, -1)
		return inc
	}, "before -60..-41, reference -40..-1, symptom 0..10"},
	{"a baseline that runs into the symptom", func() model.Incident {
		inc := asked(hour, ten)
		inc.Baseline = between(-40, 5)
		return inc
	}, "before -60..-41, reference -40..-1, symptom 0..10"},
	{"a baseline hours before", func() model.Incident {
		inc := asked(between(-600, 30), ten)
		inc.Baseline = between(-600, -500)
		return inc
	}, "reference -600..-500, other -499..-61, before -60..-1, symptom 0..10"},
	{"a baseline after the symptom", func() model.Incident {
		inc := asked(between(-60, 100), ten)
		inc.Baseline = between(40, 90)
		return inc
	}, "before -60..-1, symptom 0..10, other 11..39, reference 40..90"},
	{"a baseline with an open end", func() model.Incident {
		inc := asked(hour, ten)
		inc.Baseline.From = between(-40, 0).From
		return inc
	}, "before -60..-41, reference -40..-1, symptom 0..10"},
	{"another incident, and the point after it", func() model.Incident {
		inc := asked(hour, ten)
		inc.Exclude = []model.Interval{between(-30, -20)}
		return inc
	}, "reference -60..-31, excluded -30..-19, reference -18..-11, before -10..-1, symptom 0..10"},
	{"another incident within the baseline", func() model.Incident {
		inc := asked(hour, ten)
		inc.Baseline, inc.Exclude = between(-40, -10), []model.Interval{between(-30, -20)}
		return inc
	}, "before -60..-41, reference -40..-31, excluded -30..-19, reference -18..-10, before -9..-1, symptom 0..10"},
	{"another incident that is not over", func() model.Incident {
		inc := asked(hour, ten)
		inc.Exclude = []model.Interval{{From: between(-30, 0).From}}
		return inc
	}, "reference -60..-37, before -36..-31, excluded -30..-1, symptom 0..10"},
	{"the symptom is no other incident, whatever is excluded", func() model.Incident {
		inc := asked(hour, ten)
		inc.Exclude = []model.Interval{between(-5, 20)}
		return inc
	}, "reference -60..-17, before -16..-6, excluded -5..-1, symptom 0..10"},
	{"a window too long is cut to its end", func() model.Incident {
		return asked(between(-4000, 30), ten)
	}, "reference -2990..-25, before -24..-1, symptom 0..10"},
	{"of a long window before that, the same time of day is kept", func() model.Incident {
		return asked(between(-9000, 30), ten)
	}, "other -8734..-8620 | other -7294..-7180 | other -5854..-5740 | other -4414..-4300 | reference -2990..-25, before -24..-1, symptom 0..10"},
	{"a window too long, and a baseline far before", func() model.Incident {
		inc := asked(between(-9000, 30), ten)
		inc.Baseline = between(-8000, -7000)
		return inc
	}, "reference -8000..-7000 | before -60..-1, symptom 0..10"},
	{"a window too long, and a baseline far after", func() model.Incident {
		inc := asked(between(-60, 9000), ten)
		inc.Baseline = between(7000, 8000)
		return inc
	}, "before -60..-1, symptom 0..10 | reference 7000..8000"},
	{"a window too long, and a baseline just before", func() model.Incident {
		inc := asked(between(-9000, 30), ten)
		inc.Baseline = between(-1000, -20)
		return inc
	}, "reference -1000..-20, before -19..-1, symptom 0..10"},
	{"a baseline too long is cut to its end", func() model.Incident {
		inc := asked(between(-9000, 30), ten)
		inc.Baseline = between(-8000, -5000)
		return inc
	}, "reference -7000..-5000 | before -60..-1, symptom 0..10"},
	{"a baseline that begins before the data", func() model.Incident {
		inc := asked(between(-9000, 30), ten)
		inc.Baseline = between(-9500, -8500)
		return inc
	}, "reference -9000..-8500 | before -60..-1, symptom 0..10"},
}

func TestLayOut(t *testing.T) {
	for _, tc := range layOuts {
		t.Run(tc.name, func(t *testing.T) {
			if got := printed(layOut(tc.inc())); got != tc.want {
				t.Errorf("laid out\n\t%s\nwant\n\t%s", got, tc.want)
			}
		})
	}
}

func TestDefaultStep(t *testing.T) {
	inc := asked(between(-60, 30), between(0, 10))
	inc.Step = 0
	if got := layOut(inc).grid.Step; got != defaultStep {
		t.Errorf("step %s, want %s", got, defaultStep)
	}
}

// TestTimesFinerThanTheGrid: a grid counts milliseconds, and a fraction of one costs no point.
func TestTimesFinerThanTheGrid(t *testing.T) {
	inc := asked(between(-60, 30), between(0, 0))
	want := printed(layOut(inc))
	inc.Window.From = inc.Window.From.Add(time.Nanosecond)
	inc.Symptom.Interval.From = noon.Add(time.Nanosecond)
	inc.Symptom.Interval.To = inc.Symptom.Interval.From
	if got := printed(layOut(inc)); got != want {
		t.Errorf("a nanosecond later it is laid out\n\t%s\nwant\n\t%s", got, want)
	}
}

// TestTimelineHolds: whatever is asked, the grid is bounded and ascending, each point has its phase, and there is a point
// to see the symptom at.
func TestTimelineHolds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		minutes := func(label string, from, to int) float64 {
			return float64(rapid.IntRange(from*10, to*10).Draw(t, label)) / 10
		}
		start, end := minutes("window from", -9000, 0), minutes("window to", 1, 9000)
		from := minutes("symptom from", 0, 1)
		inc := asked(between(start, end), between(from, from+minutes("symptom length", 0, 200)))
		inc.Step = time.Duration(rapid.IntRange(5, 600).Draw(t, "step")) * time.Second
		if rapid.Bool().Draw(t, "baseline") {
			at := minutes("baseline from", -9000, 9000)
			inc.Baseline = between(at, at+minutes("baseline length", 1, 5000))
		}
		if rapid.Bool().Draw(t, "exclude") {
			at := minutes("exclude from", -9000, 9000)
			inc.Exclude = []model.Interval{between(at, at+minutes("exclude length", 0, 500))}
		}
		tl := layOut(inc)
		if len(tl.phases) != tl.grid.Len() {
			t.Fatalf("%d phases on a grid of %d", len(tl.phases), tl.grid.Len())
		}
		symptoms, last := 0, int64(-1)
		for i, p := range tl.phases {
			at := tl.grid.Millis(i)
			if last >= 0 && at <= last {
				t.Fatalf("point %d is no later than the one before", i)
			}
			last = at
			if p == model.PhaseSymptom {
				symptoms++
			}
			when := tl.grid.Time(i)
			if p == model.PhaseReference && (inc.Symptom.Interval.Contains(when) || !inc.Baseline.IsZero() && !inc.Baseline.Contains(when)) {
				t.Fatalf("%s is a reference", when)
			}
			for _, e := range inc.Exclude {
				if e.Contains(when) && p != model.PhaseExcluded && p != model.PhaseSymptom {
					t.Fatalf("%s, in another incident, is %s", when, p)
				}
			}
		}
		if symptoms == 0 {
			t.Fatalf("no point of the symptom: %s", printed(tl))
		}
		window := points(inc.Symptom.Interval.From, inc.Symptom.Interval.To, inc.Step)
		if n := len(tl.phases); n > maxPoints+1+maxReferencePoints+leadPoints+window+maxSeasonPoints {
			t.Fatalf("%d points, of which %d are the symptom's", n, symptoms)
		}
	})
}
