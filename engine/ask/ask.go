package ask

import (
	"fmt"
	"strings"
	"time"

	"github.com/diagnops/diagnops/engine/model"
)

// MaxBytes bounds a question: more than a screen of text is a pasted log, not a question.
const MaxBytes = 2000

// AtMargin is how long after "at 14:05" the symptom is looked at. Its start is left open: who says when it was slow
// seldom means that it began in that minute.
const AtMargin = 5 * time.Minute

// Parse understands what it can of text. Components give the names and aliases that may stand in it; now is the time of
// asking, and its location the one of times of day. A text in which nothing is understood, or an empty one, is no error:
// Question.Understood is then zero. Errors are UnknownNameError, TimeError, and a text longer than MaxBytes.
func Parse(text string, components []model.Component, now time.Time) (model.Question, error) {
	if len(text) > MaxBytes {
		return model.Question{}, fmt.Errorf("question (%d bytes) must be at most %d bytes", len(text), MaxBytes)
	}
	q := model.Question{Text: strings.TrimSpace(text)}
	t := newText(text)
	// Names first: a component may be called "latency-probe" or "node-10m", which is no symptom and no time.
	names := findNames(t, components)
	span, err := findInterval(t, now)
	if err != nil {
		return model.Question{}, err
	}
	q.Symptom.Signal = findSignal(t)
	q.Symptom.Interval = model.Interval{From: utc(span.from), To: utc(span.to)}
	if len(names) > 0 {
		q.Symptom.Component = names[0]
	}
	if unknown := findUnknown(t, q.Symptom.Component != "", components); unknown != "" {
		return model.Question{}, &UnknownNameError{Name: unknown, Nearest: nearest(unknown, components)}
	}
	q.Understood = echo(q.Symptom, span)
	return q, nil
}

func utc(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return t.UTC()
}

// UnknownNameError is a name in a question that no component is called by.
type UnknownNameError struct {
	Name    string
	Nearest []string // at most three components' names, the nearest first
}

func (e *UnknownNameError) Error() string {
	if len(e.Nearest) == 0 {
		return fmt.Sprintf("component (%q) must be a known one, and none is known", e.Name)
	}
	return fmt.Sprintf("component (%q) must be a known one; nearest: %s", e.Name, strings.Join(e.Nearest, ", "))
}

// TimeError is a time in a question or a flag that cannot be one.
type TimeError struct {
	Text string // as written
	Rule string // what it must be
}

func (e *TimeError) Error() string { return fmt.Sprintf("time (%q) must be %s", e.Text, e.Rule) }
