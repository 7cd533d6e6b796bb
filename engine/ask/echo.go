package ask

import (
	"time"

	"github.com/diagnops/diagnops/engine/model"
)

// The formats of what was understood, in the order component, signal, time. A translation has an entry for each of them,
// and for the names of the signal kinds.
const (
	FormatAll             = "%s: %s %s"
	FormatComponentSignal = "%s: %s"
	FormatComponentTime   = "%s, %s"
	FormatSignalTime      = "%s %s"
	FormatSince           = "since %s"
	FormatUntil           = "until %s"
	FormatBetween         = "from %s to %s"
	FormatAt              = "around %s"
)

// Formats lists every format, and every word for a signal kind, that Parse may put into Question.Understood.
func Formats() []string {
	fs := []string{
		FormatAll, FormatComponentSignal, FormatComponentTime, FormatSignalTime,
		FormatSince, FormatUntil, FormatBetween, FormatAt,
	}
	for _, k := range model.SignalKinds() {
		fs = append(fs, string(k))
	}
	return fs
}

// echo says what was understood; zero when nothing was.
func echo(s model.Symptom, when interval) model.Message {
	who, what, time := s.Component, model.Say(string(s.Signal)), when.message()
	switch {
	case who == "" && s.Signal == "":
		return time
	case who == "" && time.IsZero():
		return what
	case who == "":
		return model.Say(FormatSignalTime, what, time)
	case s.Signal == "" && time.IsZero():
		return model.Verbatim(who)
	case s.Signal == "":
		return model.Say(FormatComponentTime, who, time)
	case time.IsZero():
		return model.Say(FormatComponentSignal, who, what)
	}
	return model.Say(FormatAll, who, what, time)
}

func (iv interval) message() model.Message {
	switch {
	case !iv.at.IsZero():
		return model.Say(FormatAt, clock(iv.at))
	case iv.from.IsZero() && iv.to.IsZero():
		return model.Message{}
	case iv.to.IsZero():
		return model.Say(FormatSince, clock(iv.from))
	case iv.from.IsZero():
		return model.Say(FormatUntil, clock(iv.to))
	}
	return model.Say(FormatBetween, clock(iv.from), clock(iv.to))
}

// clock gives date and zone always: half of all misunderstandings about times are about those.
func clock(t time.Time) string {
	if t.Second() == 0 && t.Nanosecond() == 0 {
		return t.Format("2006-01-02 15:04 MST")
	}
	return t.Format("2006-01-02 15:04:05 MST")
}
