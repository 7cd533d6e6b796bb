package eliminate

import (
	"slices"
	"strings"
	"time"

	"github.com/diagnops/diagnops/engine/model"
)

// seen is whether something is as expected.
type seen int

const (
	seenUntold seen = iota // not measured, or not decided by what is
	seenYes
	seenNo
)

// sight is what was found of an expectation, in words, and the reading that it rests on; nil where it rests on none.
type sight struct {
	seen    seen
	reading *model.Reading
	said    model.Message
}

// look holds an expectation against what was measured where it says.
func (t *Trial) look(x *model.Expectation) sight {
	readings := t.readingsOf(x)
	var s sight
	switch {
	case x.By != "":
		s = cohort(x, readings)
	case x.Shape.Sign() != 0:
		s = move(x.Shape.Sign(), readings)
	case x.Shape == model.ShapeFlat:
		s = rest(readings)
	default:
		s = presence(x.Shape == model.ShapePresent, readings)
	}
	switch {
	case s.seen == seenUntold && s.said.IsZero():
		s.said = model.Say("%s of %s is not measured", x.Name, t.placeOf(x.On))
	case s.seen == seenYes && x.Lag != nil:
		return t.inTime(x.Lag, s)
	}
	return s
}

// move looks for a reading that went a way. A utilization that is full as usual cannot rise, and tells nothing.
func move(sign int, readings []*model.Reading) sight {
	if r := model.Worst(readings, moved(sign)); r != nil {
		return sight{seenYes, r, unusual(r)}
	}
	r := model.Worst(readings, func(r *model.Reading) bool { return r.State != model.StateUnknown && !(sign > 0 && model.Full(r)) })
	if r != nil {
		return sight{seenNo, r, either(r)}
	}
	if full := model.Worst(readings, func(r *model.Reading) bool { return r.State != model.StateUnknown }); full != nil {
		return sight{seenUntold, full, model.Say("%s: as full as it gets, it cannot rise", usual(full))}
	}
	return sight{}
}

func moved(sign int) func(*model.Reading) bool {
	return func(r *model.Reading) bool { return r.Abnormal() && r.Sign == sign }
}

// rest looks whether all is as usual.
func rest(readings []*model.Reading) sight {
	if r := model.Worst(readings, (*model.Reading).Abnormal); r != nil {
		return sight{seenNo, r, unusual(r)}
	}
	r := model.Worst(readings, func(r *model.Reading) bool { return r.State == model.StateNormal })
	if r == nil {
		return sight{}
	}
	return sight{seenYes, r, usual(r)}
}

// presence looks whether there are samples. What never had any is not measured, and tells nothing.
func presence(wanted bool, readings []*model.Reading) sight {
	is := func(there bool) seen {
		if there == wanted {
			return seenYes
		}
		return seenNo
	}
	stopped := slices.IndexFunc(readings, func(r *model.Reading) bool { return r.Reason == model.ReasonVanished })
	there := slices.IndexFunc(readings, sampled)
	switch {
	case stopped >= 0 && (there < 0 || !wanted):
		r := readings[stopped]
		return sight{is(false), r, model.Say("samples of %s of %s stopped at %s", r.Series.Signal.Said(), r.Series.Subject.String(), model.FormatClock(r.Onset.Earliest))}
	case there >= 0:
		r := readings[there]
		return sight{is(true), r, model.Say("%s of %s is there", r.Series.Signal.Said(), r.Series.Subject.String())}
	}
	return sight{}
}

// sampled tells whether a reading has samples in the symptom's interval, whatever is made of them.
func sampled(r *model.Reading) bool {
	switch r.Reason {
	case model.ReasonNone, model.ReasonNoReference, model.ReasonShortReference, model.ReasonPinned:
		return true
	}
	return false
}

// cohort looks whether a signal moved for some values of a label and not for others.
func cohort(x *model.Expectation, readings []*model.Reading) sight {
	type value struct{ moved, still *model.Reading }
	values := map[string]*value{}
	for _, r := range readings {
		name := r.Series.Labels.Get(x.By)
		if name == "" || r.State == model.StateUnknown {
			continue
		}
		v := values[name]
		if v == nil {
			v = &value{}
			values[name] = v
		}
		if moved(x.Shape.Sign())(r) {
			v.moved = model.Worst(model.Present(v.moved, r), anyReading)
		} else {
			v.still = model.Worst(model.Present(v.still, r), anyReading)
		}
	}
	if len(values) < 2 {
		return sight{said: model.Say("%s is not measured for two values of %s", x.Name, x.By)}
	}
	var in, out *model.Reading
	for _, v := range values {
		if v.moved != nil {
			in = model.Worst(model.Present(in, v.moved), anyReading)
		} else {
			out = model.Worst(model.Present(out, v.still), anyReading)
		}
	}
	switch {
	case in == nil:
		return sight{seenNo, out, model.Say("%s, and no value of %s does otherwise", either(out), x.By)}
	case out == nil:
		return sight{seenNo, in, model.Say("%s for every value of %s", unusual(in), x.By)}
	}
	of := func(r *model.Reading) string { return r.Series.Labels.Get(x.By) }
	return sight{seenYes, in, model.Say("%s for %s=%s, not for %s", unusual(in), x.By, of(in), of(out))}
}

func anyReading(*model.Reading) bool { return true }

// inTime holds a move against when it should begin. Onsets are intervals: it is out of time only where no two moments of
// them fit.
func (t *Trial) inTime(lag *model.Lag, s sight) sight {
	since, what := t.began(lag.After)
	own := s.reading.Onset
	if since == nil || !since.Onset.Known() || !own.Known() {
		return sight{seenUntold, s.reading, model.Say("%s; when it began against %s cannot be told", s.said, what)}
	}
	least, most := own.Earliest.Sub(since.Onset.Latest), own.Latest.Sub(since.Onset.Earliest)
	if most < lag.Min || least > lag.Max {
		s.seen = seenNo
	}
	middle, _ := own.Lag(since.Onset)
	if middle < 0 {
		s.said = model.Say("%s; it began %s before %s", s.said, model.FormatDuration(-middle), what)
	} else {
		s.said = model.Say("%s; it began %s after %s", s.said, model.FormatDuration(max(middle, time.Duration(0))), what)
	}
	return s
}

// began is the reading whose onset a lag counts from, and its name.
func (t *Trial) began(after string) (*model.Reading, model.Message) {
	if after == model.AfterOnset {
		return t.firstSign(), model.Say("the fault's first sign")
	}
	r := model.Worst(t.profile.Readings, func(r *model.Reading) bool { return r.Series.Signal.Name == after && r.Abnormal() })
	if r == nil {
		return nil, model.Verbatim(strings.ReplaceAll(after, "_", " "))
	}
	return r, r.Series.Signal.Said()
}

// readingsOf are the readings that an expectation speaks of.
func (t *Trial) readingsOf(x *model.Expectation) []*model.Reading {
	var out []*model.Reading
	take := func(readings []*model.Reading, side func(model.Side) bool) {
		for _, r := range readings {
			if x.Matches(r.Series.Signal) && side(r.Series.Signal.Side) {
				out = append(out, r)
			}
		}
	}
	call := func(from, to string, side func(model.Side) bool) {
		if c := t.seen.call(from, to); c != nil {
			take(c.Readings, side)
		}
	}
	of := func(name string) { take(t.seen.profile(name).Readings, anySide) }
	at := t.H.Component
	switch x.On {
	case model.OnCallers:
		for _, d := range t.Graph.Dependents(at) {
			of(d.From)
			call(d.From, at, func(s model.Side) bool { return s != model.SideServer })
		}
	case model.OnCallees:
		for _, d := range t.Graph.Carriers(at) {
			if !hosting(d.Kind) {
				of(d.To)
				call(at, d.To, anySide)
			}
		}
	case model.OnSiblings:
		for _, name := range t.siblings() {
			of(name)
		}
	case model.OnHost:
		for _, name := range t.Graph.Hosts(at) {
			of(name)
		}
	default:
		of(at)
		for _, d := range t.Graph.Dependents(at) {
			call(d.From, at, func(s model.Side) bool { return s == model.SideServer })
		}
	}
	return out
}

func anySide(model.Side) bool { return true }

// siblings are the components of the same kind that something which calls this one calls too, by name.
func (t *Trial) siblings() []string {
	var out []string
	kind := t.Graph.Kind(t.H.Component)
	for _, up := range t.Graph.Dependents(t.H.Component) {
		for _, d := range t.Graph.Carriers(up.From) {
			if d.Kind == model.Calls && d.To != t.H.Component && t.Graph.Kind(d.To) == kind && !slices.Contains(out, d.To) {
				out = append(out, d.To)
			}
		}
	}
	slices.Sort(out)
	return out
}

// placeOf names a place for people.
func (t *Trial) placeOf(p model.Place) model.Message {
	at := t.H.Component
	switch p {
	case model.OnCallers:
		return model.Say("those that need %s", at)
	case model.OnCallees:
		return model.Say("what %s calls", at)
	case model.OnSiblings:
		return model.Say("the siblings of %s", at)
	case model.OnHost:
		return model.Say("what %s runs or is stored on", at)
	}
	return model.Verbatim(at)
}

// unusual, usual and either put a reading into words.
func unusual(r *model.Reading) model.Message {
	sig := r.Series.Signal
	return model.Say("%s of %s is %s, usually %s", sig.Said(), r.Series.Subject.String(),
		model.FormatValue(r.Observed, sig.Unit), model.FormatValue(r.Baseline, sig.Unit))
}

func usual(r *model.Reading) model.Message { return quiet(r.Series.Subject.String(), r).Text }

func either(r *model.Reading) model.Message {
	if r.Abnormal() {
		return unusual(r)
	}
	return usual(r)
}
