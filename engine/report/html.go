package report

import (
	"bytes"
	_ "embed" // for the page's template
	"fmt"
	"html/template"
	"math"
	"strings"

	"github.com/diagnops/diagnops/engine/model"
)

//go:embed page.html
var pageSource string

// pageTemplate is parsed once; a template that does not parse is a programmer's error.
var pageTemplate = template.Must(template.New("page").Funcs(template.FuncMap{
	// Replaced per page by the speaker's own.
	"t": func(string) string { return "" },
}).Parse(pageSource))

// htmlPage is what the template sees.
type htmlPage struct {
	*view
	Lang     Lang
	Verbose  bool
	Glossary []htmlTerm
}

type htmlTerm struct{ Term, Meaning string }

func renderHTML(v *view, opts Options) ([]byte, error) {
	page := htmlPage{view: v, Lang: opts.Lang, Verbose: opts.Verbose}
	if opts.Verbose {
		for _, g := range glossary {
			term, meaning := g.In(opts.Lang)
			page.Glossary = append(page.Glossary, htmlTerm{term, meaning})
		}
	}
	tmpl, err := pageTemplate.Clone()
	if err != nil {
		return nil, fmt.Errorf("cloning the page: %w", err)
	}
	tmpl.Funcs(template.FuncMap{"t": func(s string) string { return v.say.t(s) }})
	var b bytes.Buffer
	if err := tmpl.Execute(&b, page); err != nil {
		return nil, fmt.Errorf("filling the page: %w", err)
	}
	return b.Bytes(), nil
}

// Open tells whether no answer was found.
func (p htmlPage) Open() bool { return p.open() }

// Answered tells whether one cause is the answer.
func (p htmlPage) Answered() bool { return p.Status == model.Diagnosed }

// Flipped is the sentence on what would change the order.
func (p htmlPage) Flipped(what string) string { return p.say.t("Would change the order: %s", what) }

// SizeOf is a link's value against what is usual.
func (p htmlPage) SizeOf(l link) string { return l.size(p.say) }

// WhenOf is a link's onset and lag.
func (p htmlPage) WhenOf(l link) string { return l.when(p.say) }

// LineOf is an undecided hypothesis in one line.
func (p htmlPage) LineOf(u untested) string { return u.line(p.say, commas) }

// htmlAction is an action with its labels in place.
type htmlAction struct{ Line, Because, Risk, Link, Command string }

// Act puts an action into words.
func (p htmlPage) Act(a action) htmlAction {
	out := htmlAction{Line: a.line(), Link: a.Link, Command: a.Command}
	if a.Because != "" {
		out.Because = p.say.t("Because: %s", a.Because)
	}
	if a.Risk != "" {
		out.Risk = p.say.t("Risk: %s", a.Risk)
	}
	return out
}

// Class is the style of a proof's verdict.
func (p proof) Class() string {
	switch p.Mark {
	case "+":
		return "supports"
	case "-":
		return "refutes"
	}
	return "unsure"
}

// Labelled is a text behind its label, such as the risk of an action.
func (p htmlPage) Labelled(format, text string) string { return p.say.t(format, text) }

// Class is the style of a change's verdict: never its bare text, which may come from outside.
func (c change) Class() string {
	switch c.Relation {
	case model.RelationSuspect:
		return "suspect"
	case model.RelationCleared, model.RelationUnrelated:
		return "cleared"
	}
	return "unsure"
}

// Class is the style of the answer.
func (p htmlPage) Class() string {
	switch p.Status {
	case model.Diagnosed:
		return "diagnosed"
	case model.Healthy:
		return "healthy"
	}
	return ""
}

// The box that a course is drawn in, in SVG units.
const (
	courseWidth  = 240
	courseHeight = 44
	courseMargin = 3
)

// Box is the SVG view box of a course.
func (s spark) Box() string { return fmt.Sprintf("0 0 %d %d", courseWidth, courseHeight) }

// x and y place a point and a value in the box.
func (s spark) x(i int) float64 {
	span := max(len(s.Values)-1, 1)
	return courseMargin + float64(i)/float64(span)*(courseWidth-2*courseMargin)
}

func (s spark) y(v float64) float64 {
	low, high := s.scale()
	h := 0.0
	if high > low {
		h = height(v, low, high)
	}
	return courseHeight - courseMargin - h*(courseHeight-2*courseMargin)
}

// Lines are the points of the course, one list for every stretch without a gap: a gap is not bridged.
func (s spark) Lines() []string {
	var lines []string
	var points []string
	flush := func() {
		if len(points) == 1 {
			points = append(points, points[0]) // A lone point is drawn as a dot by its round cap.
		}
		if len(points) > 0 {
			lines = append(lines, strings.Join(points, " "))
		}
		points = nil
	}
	for i, v := range s.Values {
		if model.IsGap(v) {
			flush()
			continue
		}
		points = append(points, fmt.Sprintf("%.1f,%.1f", s.x(i), s.y(v)))
	}
	flush()
	return lines
}

// BaselineY is the height of the usual value, "" when it is not known.
func (s spark) BaselineY() string {
	if bad(s.Baseline) || len(s.Values) == 0 {
		return ""
	}
	return fmt.Sprintf("%.1f", s.y(s.Baseline))
}

// OnsetX is the place of the onset, "" when it is not known.
func (s spark) OnsetX() string {
	if s.OnsetIndex < 0 {
		return ""
	}
	return fmt.Sprintf("%.1f", math.Max(s.x(s.OnsetIndex), 0))
}
