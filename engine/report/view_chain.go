package report

import (
	"math"
	"strings"
	"time"

	"github.com/diagnops/diagnops/engine/model"
)

// link is one step of the chain. A link that is well does not carry the trouble, and is drawn so.
type link struct {
	Component, Signal, Title, State, Observed, Baseline string
	Onset, Lag, Via, Sigma, Correlation                 string
	Judged                                              string // as usual, better than usual, ...; "" where the trouble shows
	Abnormal, Known, Well, Last                         bool
	Spark                                               *spark
}

// spark is a course to be drawn, with a title for those who do not see it.
type spark struct {
	Component, Signal, Title string
	Values                   []float64 // gaps are NaN
	Baseline                 float64
	OnsetIndex               int // -1 = none
}

// chain returns the path in one line, its links from the symptom down, and the courses that belong to none of them.
func (v *view) chain(d *model.Diagnosis) (path string, links []link, rest []spark) {
	used := make([]bool, len(d.Sparks))
	names := make([]string, 0, len(d.Chain))
	for i, l := range d.Chain {
		names = append(names, clean(l.Component))
		out := link{
			Component: clean(l.Component), Signal: clean(l.Signal), Title: v.say.msg(l.Title), State: v.say.word(l.State),
			Observed: v.value(l.Observed), Baseline: v.value(l.Baseline), Onset: v.onset(l.Onset),
			Sigma: figure(l.MagnitudeSigma), Correlation: figure(l.Correlation),
			Abnormal: l.State == model.StateAbnormal.String(), Known: l.State != model.StateUnknown.String(),
			Last: i == len(d.Chain)-1,
		}
		switch l.Judged {
		case model.JudgedUsual, model.JudgedNearly, model.JudgedBetter:
			out.Judged, out.Well = v.say.word(string(l.Judged)), true
		}
		if out.Title == "" {
			out.Title = out.Signal
		}
		if !out.Last {
			out.Lag = v.lag(l, d.Chain[i+1])
			out.Via = v.say.word(l.Via)
		} else {
			out.Correlation = ""
		}
		for j, s := range d.Sparks {
			if !used[j] && s.Component == l.Component && s.Signal == l.Signal {
				used[j] = true
				drawn := v.spark(s)
				out.Spark = &drawn
				break
			}
		}
		links = append(links, out)
	}
	for j, s := range d.Sparks {
		if !used[j] {
			rest = append(rest, v.spark(s))
		}
	}
	return strings.Join(names, " <- "), links, rest
}

func (v *view) spark(s model.Spark) spark {
	out := spark{
		Component: clean(s.Component), Signal: clean(s.Signal), Values: s.Values, Baseline: s.Baseline,
		OnsetIndex: s.OnsetIndex,
	}
	if s.OnsetIndex >= len(s.Values) {
		out.OnsetIndex = -1
	}
	low, high, ok := bounds(s.Values)
	if !ok {
		out.Title = v.say.t("%s %s: no samples", out.Component, out.Signal)
		return out
	}
	out.Title = v.say.t("%s %s: between %s and %s", out.Component, out.Signal,
		model.FormatValue(low, s.Unit), model.FormatValue(high, s.Unit))
	return out
}

// axis says which time the courses span; "" when there are none or they differ.
func (v *view) axis(sparks []model.Spark) string {
	if len(sparks) == 0 || len(sparks[0].Values) == 0 {
		return ""
	}
	first := sparks[0]
	for _, s := range sparks {
		if !s.From.Equal(first.From) || s.Step != first.Step || len(s.Values) != len(first.Values) {
			return ""
		}
	}
	end := first.From.Add(time.Duration(len(first.Values)-1) * first.Step)
	return v.say.t("%s-%s", v.clock(first.From), v.clock(end))
}

// onset writes when something began, without the date and UTC that the head gives once: "14:05:10-40" is between
// 14:05:10 and 14:05:40.
func (v *view) onset(o model.Onset) string {
	a, b := o.Earliest.Truncate(time.Second), o.Latest.Truncate(time.Second)
	switch {
	case o.Earliest.IsZero() && o.Latest.IsZero():
		return ""
	case o.Earliest.IsZero():
		return v.say.t("before %s", v.clock(b))
	case o.Latest.IsZero():
		return v.say.t("after %s", v.clock(a))
	case a.Equal(b):
		return v.clock(a)
	}
	end := v.clock(b)
	if a.Truncate(time.Minute).Equal(b.Truncate(time.Minute)) {
		end = end[len(end)-2:]
	}
	return v.say.t("%s-%s", v.clock(a), end)
}

// lag says in which order a link and the one below it began. Onsets whose intervals overlap are a tie: no figure is
// given that the data do not hold.
func (v *view) lag(l, below model.Link) string {
	name := clean(below.Component)
	order := l.Onset.Compare(below.Onset)
	if order == model.OrderUnknown || bad(l.LagSeconds) {
		return ""
	}
	lag := model.FormatDuration(time.Duration(math.Abs(l.LagSeconds) * float64(time.Second)))
	switch order {
	case model.OrderAfter:
		return v.say.t("%s after %s", lag, name)
	case model.OrderBefore:
		return v.say.t("%s before %s", lag, name)
	}
	return v.say.t("together with %s", name)
}

// figure writes a plain number of two digits after the point, "" when it is not known.
func figure(f float64) string {
	if bad(f) {
		return ""
	}
	if math.Abs(f) < 10 {
		f = math.Round(f*100) / 100
	}
	return model.FormatValue(f, "")
}

// size is the link's value against what is usual.
func (l link) size(s speaker) string {
	switch {
	case l.Observed == "" && l.Signal == "" && !l.Known:
		return s.t("how it fares is not known")
	case l.Observed == "":
		return l.State
	case l.Baseline == "":
		return l.Observed
	}
	text := s.t("%s, usually %s", l.Observed, bare(l.Baseline, l.Observed))
	if l.Judged != "" {
		text += " (" + l.Judged + ")"
	}
	return text
}

// bare takes off the usual value's unit where the observed value has just named it. Short units stay: they cost nothing,
// and "640 ms, usually 3.1" would leave a doubt.
func bare(usual, observed string) string {
	figure, unit, found := strings.Cut(usual, " ")
	if _, named, ok := strings.Cut(observed, " "); found && ok && unit == named && !units[unit] {
		return figure
	}
	return usual
}

// when is the link's onset and lag.
func (l link) when(s speaker) string {
	if l.Onset == "" {
		if l.Abnormal {
			return s.t("begin unknown")
		}
		return ""
	}
	text := s.t("began %s", l.Onset)
	if l.Lag != "" {
		text += ", " + l.Lag
	}
	return text
}
