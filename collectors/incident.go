package collectors

import (
	"fmt"
	"slices"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/diagnops/diagnops/engine/model"
)

// maxGridPoints bounds window / step: 57 days at one second. A frame holds every signal at every point, so a larger
// grid is a slip in the window's dates far more often than it is meant.
const maxGridPoints = 5_000_000

// ParseIncident reads an incident.yaml, strictly, and checks it (CheckIncident). A symptom without an end ends with the
// window. The error is Problems.
func ParseIncident(file string, data []byte) (model.Incident, error) {
	r := incidentReader{fields: &fields{file: file, strict: true}}
	if root := r.document(data); root != nil {
		known := append([]field{{"version", true, r.version}}, r.incidentFields()...)
		r.mapping(root, "", known...)
		r.finish(root)
	}
	return r.inc, r.err()
}

// minGridPoints are the least that a window must have: three to know what is usual, one between, two of the symptom.
const minGridPoints = 6

// CheckIncident tells what is wrong with an incident: an empty id, a step that is no positive number of milliseconds, or
// too small or too large for the window, intervals that end before they begin, a symptom outside of the window, a baseline
// in the midst of the symptom, no baseline and no quiet time before the symptom either. A symptom's component, signal and
// start may be absent. The problems' File is "", their Line 0.
func CheckIncident(inc model.Incident) Problems {
	var ps Problems
	add := func(field, format string, args ...any) {
		ps = append(ps, Problem{Field: field, Rule: fmt.Sprintf(format, args...)})
	}
	if inc.ID == "" {
		add("id", "must be given")
	}
	if inc.Step < time.Millisecond {
		add("step", "(%s) must be at least 1ms", inc.Step)
	} else if n := inc.Window.Duration() / inc.Step; n > maxGridPoints {
		add("step", "(%s) must be larger: the window would have %d points, and %d are the most", inc.Step, n, maxGridPoints)
	}
	window := bounded(add, "window", inc.Window)
	if window && inc.Step >= time.Millisecond {
		if length := inc.Window.Duration(); inc.Step > length {
			add("step", "(%s) must be smaller: the window is %s long", inc.Step, length)
		} else if n := length/inc.Step + 1; n < minGridPoints {
			add("step", "(%s) must be smaller: the window has %d points, and %d are the least", inc.Step, n, minGridPoints)
		}
	}
	if !inc.Baseline.IsZero() {
		bounded(add, "baseline", inc.Baseline)
	}
	for i, ex := range inc.Exclude {
		bounded(add, fmt.Sprintf("exclude[%d]", i), ex)
	}
	checkSymptom(add, inc, window)
	if len(ps) == 0 {
		checkQuiet(add, inc)
	}
	return ps
}

// checkQuiet asks for time to compare the symptom with: a baseline, or some of the window before the symptom that is not
// excluded. An excluded interval takes a step more, whose rates still look back into it.
func checkQuiet(add func(field, format string, args ...any), inc model.Incident) {
	begin := inc.Symptom.Interval.From
	if !inc.Baseline.IsZero() || begin.IsZero() {
		return
	}
	quiet := inc.Window.From
	if begin.Sub(quiet) < inc.Step {
		add("symptom.from", "(%s) must be at least a step (%s) after window.from (%s), or a baseline must be given: there is no quiet time "+
			"to compare with", clock(begin), inc.Step, clock(inc.Window.From))
		return
	}
	exclude := slices.Clone(inc.Exclude)
	slices.SortFunc(exclude, func(a, b model.Interval) int { return a.From.Compare(b.From) })
	for _, ex := range exclude {
		if ex.From.After(quiet) {
			return
		}
		if end := ex.To.Add(inc.Step); end.After(quiet) {
			quiet = end
		}
	}
	if !quiet.Before(begin) {
		add("exclude", "must leave quiet time between window.from (%s) and symptom.from (%s), or a baseline must be given",
			clock(inc.Window.From), clock(begin))
	}
}

func checkSymptom(add func(field, format string, args ...any), inc model.Incident, window bool) {
	s := inc.Symptom.Interval
	if !s.From.IsZero() && !s.To.IsZero() && !s.From.Before(s.To) {
		add("symptom.to", "(%s) must be after symptom.from (%s)", clock(s.To), clock(s.From))
		return
	}
	outside := func(field string, t time.Time) bool {
		if !window || t.IsZero() || inc.Window.Contains(t) {
			return false
		}
		add(field, "(%s) must lie in the window, %s to %s", clock(t), clock(inc.Window.From), clock(inc.Window.To))
		return true
	}
	if outside("symptom.from", s.From) || outside("symptom.to", s.To) {
		return
	}
	b := inc.Baseline
	if !b.IsZero() && !s.From.IsZero() && !s.To.IsZero() && b.From.Before(s.To) && s.From.Before(b.To) {
		add("baseline", "must not overlap the symptom: a baseline is known quiet time")
	}
}

// bounded reports an interval without both ends in their order.
func bounded(add func(field, format string, args ...any), name string, iv model.Interval) bool {
	switch {
	case iv.From.IsZero():
		add(name+".from", "must be given")
	case iv.To.IsZero():
		add(name+".to", "must be given")
	case !iv.From.Before(iv.To):
		add(name+".to", "(%s) must be after %s.from (%s)", clock(iv.To), name, clock(iv.From))
	default:
		return true
	}
	return false
}

func clock(t time.Time) string { return t.Format(time.RFC3339Nano) }

// incidentReader reads the fields of an incident, from YAML or from a line of JSON.
type incidentReader struct {
	*fields
	inc model.Incident
	at  map[string]*yaml.Node // field path as CheckIncident names it -> its node
}

func (r *incidentReader) incidentFields() []field {
	r.at = map[string]*yaml.Node{}
	return []field{
		{"id", true, r.name(&r.inc.ID)},
		{"title", false, r.text(&r.inc.Title)},
		{"step", true, r.noted(r.span(&r.inc.Step))},
		{"window", true, r.interval(&r.inc.Window)},
		{"symptom", true, r.symptom},
		{"timezone", false, r.timezone(&r.inc.Zone)},
		{"baseline", false, r.interval(&r.inc.Baseline)},
		{"exclude", false, r.noted(func(n *yaml.Node, path string) {
			r.list(n, path, func(n *yaml.Node, path string) {
				var iv model.Interval
				r.interval(&iv)(n, path)
				r.inc.Exclude = append(r.inc.Exclude, iv)
			})
		})},
	}
}

func (r *incidentReader) timezone(dst **time.Location) func(*yaml.Node, string) {
	return func(n *yaml.Node, path string) {
		var name string
		before := len(r.problems)
		if r.name(&name)(n, path); len(r.problems) > before {
			return
		}
		zone, err := ParseTimezone(name)
		if err != nil {
			r.fail(n, path, "%s", err)
			return
		}
		*dst = zone
	}
}

// ParseTimezone returns the zone of the IANA time zone database that is called so. "Local", the zone of whatever machine
// reads it, is none. The error is what must hold instead.
func ParseTimezone(name string) (*time.Location, error) {
	zone, err := time.LoadLocation(name)
	if err != nil || name == "" || name == "Local" {
		return nil, fmt.Errorf("(%q) must be a time zone of the IANA database, such as Europe/Berlin", name)
	}
	return zone, nil
}

// noted remembers where a field stood, for the rules that span several.
func (r *incidentReader) noted(read func(*yaml.Node, string)) func(*yaml.Node, string) {
	return func(n *yaml.Node, path string) {
		r.at[path] = n
		read(n, path)
	}
}

func (r *incidentReader) interval(dst *model.Interval) func(*yaml.Node, string) {
	return r.noted(func(n *yaml.Node, path string) {
		r.mapping(n, path,
			field{"from", true, r.noted(r.moment(&dst.From))},
			field{"to", true, r.noted(r.moment(&dst.To))},
		)
	})
}

func (r *incidentReader) symptom(n *yaml.Node, path string) {
	s := &r.inc.Symptom
	r.mapping(n, path,
		field{"component", false, r.noted(r.name(&s.Component))},
		field{"signal", false, r.signalKind(&s.Signal)},
		field{"from", false, r.noted(r.moment(&s.Interval.From))},
		field{"to", false, r.noted(r.moment(&s.Interval.To))},
	)
}

// finish fills in what may be left out and checks the rules that span several fields. They are only told when every
// field could be read by itself: rules on top of unread fields would report the same slip twice.
func (r *incidentReader) finish(root *yaml.Node) {
	if r.inc.Symptom.Interval.To.IsZero() {
		r.inc.Symptom.Interval.To = r.inc.Window.To
	}
	if len(r.problems) > 0 {
		return
	}
	for _, p := range CheckIncident(r.inc) {
		at := r.at[p.Field]
		if at == nil {
			at = root
		}
		r.fail(at, p.Field, "%s", p.Rule)
	}
}
