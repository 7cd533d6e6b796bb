package ask

import (
	"strings"
	"time"

	"github.com/diagnops/diagnops/engine/model"
)

// The formats of what was understood, in the order component, signal, time, notes. A translation has an entry for each of
// them, and for the names of the signal kinds.
const (
	FormatAll             = "%s: %s %s"
	FormatComponentSignal = "%s: %s"
	FormatComponentTime   = "%s, %s"
	FormatSignalTime      = "%s %s"
	FormatSince           = "since %s"
	FormatUntil           = "until %s"
	FormatBetween         = "from %s to %s"
	FormatAround          = "around %s, from %s to %s"
	// Who is asked about, when it was not said by name.
	FormatFound    = "%s (found)"
	FormatRecorded = "%s (as recorded)"
	FormatCalled   = `%s ("%s")`
	FormatServed   = `%s (users reach "%s" through it)`
	// Notes.
	FormatNote    = "%s; %s"
	FormatWhether = "asked is whether it is so"
	FormatOthers  = "left out: %s (one component is asked about at a time)"
	FormatUnread  = "not understood: %s"
	FormatInstead = "%s instead of %s"
	FormatNow     = "now is %s, the end of the recording"
	FormatPartly  = "recorded is only %s to %s"
	FormatWords   = "the time in words"
)

// Formats lists every format, and every word for a signal kind, that an echo may be made of.
func Formats() []string {
	fs := []string{
		FormatAll, FormatComponentSignal, FormatComponentTime, FormatSignalTime, FormatSince, FormatUntil, FormatBetween,
		FormatAround, FormatFound, FormatRecorded, FormatCalled, FormatServed, FormatNote, FormatWhether, FormatOthers,
		FormatUnread, FormatInstead, FormatNow, FormatPartly, FormatWords,
	}
	for _, k := range model.SignalKinds() {
		fs = append(fs, string(k))
	}
	return fs
}

// Source says where the component of an answer comes from.
type Source int

const (
	// SourceAsked is for a component that the question gives.
	SourceAsked Source = iota
	// SourceRecorded is for one that stands in the description of the incident.
	SourceRecorded
	// SourceFound is for one that the engine found.
	SourceFound
)

// Echo says what was understood, by what was used in the end: the component, signal and times of the answer, and where
// the component is from. It is zero when there is nothing to say.
func (a *Asked) Echo(used model.Symptom, from Source) model.Message {
	m := said(a.who(used.Component, from), used.Signal, a.when(used.Interval))
	for _, n := range a.notes() {
		if m.IsZero() {
			m = n
		} else {
			m = model.Say(FormatNote, m, n)
		}
	}
	return m
}

func (a *Asked) who(name string, from Source) model.Message {
	switch {
	case name == "":
		return model.Message{}
	case from == SourceFound:
		return model.Say(FormatFound, name)
	case from == SourceRecorded:
		return model.Say(FormatRecorded, name)
	case a.Served:
		return model.Say(FormatServed, name, a.CalledBy)
	case a.CalledBy != "" && !strings.EqualFold(a.CalledBy, name):
		return model.Say(FormatCalled, name, a.CalledBy)
	}
	return model.Verbatim(name)
}

func (a *Asked) notes() []model.Message {
	var out []model.Message
	if a.Whether {
		out = append(out, model.Say(FormatWhether))
	}
	if len(a.Others) > 0 {
		out = append(out, model.Say(FormatOthers, strings.Join(a.Others, ", ")))
	}
	if len(a.Unread) > 0 {
		out = append(out, model.Say(FormatUnread, strings.Join(a.Unread, ", ")))
	}
	return append(out, a.Notes...)
}

// said joins who, what and when, as far as they are there.
func said(who model.Message, signal model.SignalKind, when model.Message) model.Message {
	what := model.Say(string(signal))
	switch {
	case who.IsZero() && signal == "":
		return when
	case who.IsZero() && when.IsZero():
		return what
	case who.IsZero():
		return model.Say(FormatSignalTime, what, when)
	case signal == "" && when.IsZero():
		return who
	case signal == "":
		return model.Say(FormatComponentTime, who, when)
	case when.IsZero():
		return model.Say(FormatComponentSignal, who, what)
	}
	return model.Say(FormatAll, who, what, when)
}

func (a *Asked) when(iv model.Interval) model.Message {
	from, to := a.clock(iv.From), a.clock(iv.To)
	switch {
	case iv.IsZero():
		return model.Message{}
	case iv.To.IsZero():
		return model.Say(FormatSince, from)
	case iv.From.IsZero():
		return model.Say(FormatUntil, to)
	case !a.Moment.IsZero() && iv.Contains(a.Moment):
		return model.Say(FormatAround, a.clock(a.Moment), from, to)
	}
	return model.Say(FormatBetween, from, to)
}

// clock gives date and zone always: half of all misunderstandings about times are about those.
func (a *Asked) clock(t time.Time) string {
	if a.zone != nil {
		t = t.In(a.zone)
	}
	if t.Second() == 0 && t.Nanosecond() == 0 {
		return t.Format("2006-01-02 15:04 MST")
	}
	return t.Truncate(time.Second).Format("2006-01-02 15:04:05 MST")
}

// Note adds something that a command line has to say, in one of Formats. A time among the arguments is written as those of the question.
func (a *Asked) Note(format string, args ...any) {
	for i := range args {
		if t, ok := args[i].(time.Time); ok {
			args[i] = a.clock(t)
		}
	}
	a.Notes = append(a.Notes, model.Say(format, args...))
}
