package ask

import (
	"fmt"
	"strings"
	"time"

	"github.com/diagnops/diagnops/engine/model"
)

// MaxBytes bounds a question: more than a screen of text is a pasted log, not a question.
const MaxBytes = 2000

// AtMargin is how far around "at 14:05" the symptom is looked at, to either side: who says when it was slow seldom means
// that minute alone.
const AtMargin = 5 * time.Minute

// Asked is what was made of a question.
type Asked struct {
	Text string // as asked
	// Symptom is what is asked about; whatever was left open is empty.
	Symptom model.Symptom
	// Moment is the point in time that was given; Symptom.Interval then lies around it. Zero when an interval was given.
	Moment time.Time
	// CalledBy is the word that stands for the component, when that is neither its name nor an alias: its kind, or a
	// function that is served.
	CalledBy string
	// Served tells that CalledBy is a function, and the component the outermost on the way to it.
	Served bool
	// Others are the components named beside the one that is asked about, by name, in the order of the text.
	Others []string
	// Whether tells that the symptom was denied: the question is whether it is there.
	Whether bool
	// Relative tells that a time counts from now.
	Relative bool
	// Unread are the words that nothing was made of, in the order of the text.
	Unread []string
	// Notes are said after what was understood: what a command line had to add.
	Notes []model.Message

	zone *time.Location // of the times in the echo
}

// Parse understands what it can of text. The topology gives the names that may stand in it, nil has none; now is the time
// of asking, and its location the one of times of day. A text in which nothing is understood, or an empty one, is no
// error. Errors are UnknownNameError, AmbiguousError, TimeError, and a text longer than MaxBytes.
func Parse(text string, topology *model.Topology, now time.Time) (Asked, error) {
	if len(text) > MaxBytes {
		return Asked{}, fmt.Errorf("question (%d bytes) must be at most %d bytes", len(text), MaxBytes)
	}
	if topology == nil {
		topology = &model.Topology{}
	}
	a := Asked{Text: strings.TrimSpace(text), zone: now.Location()}
	t := newText(text)
	// Names first: a component may be called "latency-probe" or "node-10m", which is no symptom and no time.
	mentions := findNames(t, topology.Components)
	span, err := findInterval(t, now)
	if err != nil {
		return Asked{}, err
	}
	a.Symptom.Signal, a.Whether = findSignal(t)
	a.Symptom.Interval = model.Interval{From: utc(span.from), To: utc(span.to)}
	a.Moment, a.Relative = utc(span.at), span.relative
	mentions = append(mentions, findFunctions(t, topology)...)
	mentions = append(mentions, findKinds(t, topology.Components)...)
	if err := a.settle(mentions, topology.Components); err != nil {
		return Asked{}, err
	}
	if unknown := findUnknown(t, a.Symptom.Component != "", topology.Components); unknown != "" {
		return Asked{}, &UnknownNameError{Name: unknown, Nearest: nearest(unknown, topology.Components)}
	}
	a.Unread = append(a.Unread, t.unread()...)
	if len(a.Unread) > 0 && len(a.Unread) == len(t.runs()) {
		// Nothing but unknown words: somebody typed a name.
		return Asked{}, &UnknownNameError{Name: a.Unread[0], Nearest: nearest(a.Unread[0], topology.Components)}
	}
	return a, nil
}

// Question is the question for the engine. The echo is not in it: it is made of what the answer was about.
func (a *Asked) Question() model.Question { return model.Question{Text: a.Text, Symptom: a.Symptom} }

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

// AmbiguousError is a word in a question that stands for several components, one as likely as the other.
type AmbiguousError struct {
	Word       string
	Candidates []string // components' names, sorted
}

func (e *AmbiguousError) Error() string {
	return fmt.Sprintf("component (%q) must be one; it may be %s", e.Word, strings.Join(e.Candidates, ", "))
}

// TimeError is a time in a question or a flag that cannot be one.
type TimeError struct {
	Text string // as written
	Rule string // what it must be
}

func (e *TimeError) Error() string { return fmt.Sprintf("time (%q) must be %s", e.Text, e.Rule) }
