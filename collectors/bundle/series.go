package bundle

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/diagnops/diagnops/engine/model"
)

// seriesEnd returns where the series at the start of a line ends: after its name, or after the closing brace.
func seriesEnd(line []byte) (int, error) {
	i := 0
	for i < len(line) && line[i] != '{' && line[i] != ' ' {
		i++
	}
	if i == len(line) || line[i] == ' ' {
		return i, nil
	}
	quoted := false
	for i++; i < len(line); i++ {
		switch ch := line[i]; {
		case quoted && ch == '\\':
			i++
		case ch == '"':
			quoted = !quoted
		case !quoted && ch == '}':
			return i + 1, nil
		}
	}
	if quoted {
		return i, errors.New("must close the quotes of a label's value")
	}
	return i, errors.New("must close its braces")
}

// parseSeries reads name{label="value",...} or {"name",label="value",...}. Names outside of the classic letters stand in
// quotes. The labels come back sorted, parts of s where nothing was escaped; labels with an empty value are left out,
// since to Prometheus they are the same as none.
func parseSeries(s string) (model.Labels, error) {
	p := seriesParser{s: s}
	brace := strings.IndexByte(s, '{')
	if brace < 0 {
		brace = len(s)
	}
	if brace > 0 {
		if !classicName(s[:brace], true) {
			return nil, fmt.Errorf("(%q) must begin with a metric's name", clip(s[:brace]))
		}
		p.add(model.MetricName, s[:brace])
	}
	if brace < len(s) {
		p.i = brace + 1
		if err := p.labelSet(); err != nil {
			return nil, err
		}
	}
	if len(p.labels) > maxLabels {
		return nil, errTooManyLabels
	}
	p.labels.Sort()
	for i := 1; i < len(p.labels); i++ {
		if p.labels[i].Name == p.labels[i-1].Name {
			return nil, fmt.Errorf("must have label %q once", clip(p.labels[i].Name))
		}
	}
	if p.labels.Get(model.MetricName) == "" {
		return nil, errors.New("must have a metric's name")
	}
	return p.labels, nil
}

type seriesParser struct {
	s      string
	i      int
	labels model.Labels
}

func (p *seriesParser) add(name, value string) {
	if p.labels == nil {
		p.labels = make(model.Labels, 0, 1+strings.Count(p.s, "="))
	}
	if value != "" {
		p.labels = append(p.labels, model.Label{Name: name, Value: value})
	}
}

// labelSet reads label="value" pairs up to the closing brace; a quoted text alone is the metric's name.
func (p *seriesParser) labelSet() error {
	for {
		if p.i < len(p.s) && p.s[p.i] == '}' {
			return p.closed()
		}
		name, quoted, err := p.labelName()
		if err != nil {
			return err
		}
		switch {
		case name == "":
			return errors.New("must not have an empty name in quotes")
		case p.i < len(p.s) && p.s[p.i] == '=':
			p.i++
			value, err := p.quoted("the value of label " + clip(name))
			if err != nil {
				return err
			}
			p.add(name, value)
		case quoted:
			p.add(model.MetricName, name)
		default:
			return fmt.Errorf("must have = after label %q", clip(name))
		}
		if len(p.labels) > maxLabels {
			return errTooManyLabels
		}
		switch {
		case p.i < len(p.s) && p.s[p.i] == ',':
			p.i++
		case p.i < len(p.s) && p.s[p.i] == '}':
			return p.closed()
		default:
			return fmt.Errorf("must have a comma or a closing brace after label %q", clip(name))
		}
	}
}

func (p *seriesParser) closed() error {
	if p.i+1 != len(p.s) {
		return errors.New("must end at its closing brace")
	}
	return nil
}

func (p *seriesParser) labelName() (name string, quoted bool, err error) {
	if p.i < len(p.s) && p.s[p.i] == '"' {
		name, err = p.quoted("a quoted name")
		return name, true, err
	}
	start := p.i
	for p.i < len(p.s) && strings.IndexByte(`="{},`, p.s[p.i]) < 0 {
		p.i++
	}
	name = p.s[start:p.i]
	if !classicName(name, false) {
		return "", false, fmt.Errorf("(%q) must be a label's name; others stand in quotes", clip(name))
	}
	return name, false, nil
}

// quoted reads a text in quotes.
func (p *seriesParser) quoted(what string) (string, error) {
	if p.i >= len(p.s) || p.s[p.i] != '"' {
		return "", fmt.Errorf("must have %s in quotes", what)
	}
	start := p.i + 1
	escaped := false
	for p.i = start; p.i < len(p.s) && p.s[p.i] != '"'; p.i++ {
		if p.s[p.i] == '\\' {
			escaped = true
			p.i++
		}
	}
	if p.i >= len(p.s) {
		return "", fmt.Errorf("must close the quotes of %s", what)
	}
	text := p.s[start:p.i]
	p.i++
	if !utf8.ValidString(text) {
		return "", fmt.Errorf("must have %s in UTF-8", what)
	}
	if escaped {
		text = unescape.Replace(text)
	}
	return text, nil
}

// unescape knows the three escapes of OpenMetrics; a backslash before anything else stands for itself.
var unescape = strings.NewReplacer(`\\`, `\`, `\"`, `"`, `\n`, "\n")

// classicName tells whether s is made of the letters that need no quotes; metrics may also have colons.
func classicName(s string, metric bool) bool {
	for i := 0; i < len(s); i++ {
		ch := s[i]
		letter := ch|0x20 >= 'a' && ch|0x20 <= 'z' || ch == '_' || metric && ch == ':'
		if !letter && (i == 0 || ch < '0' || ch > '9') {
			return false
		}
	}
	return s != ""
}
