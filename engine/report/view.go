package report

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/diagnops/diagnops/engine/model"
)

// view is what every human form says: translated, harmless, in the order of telling, complete. How much of a long list is
// shown is each renderer's affair.
type view struct {
	say    speaker
	date   string // of the clock times in the view: "2026-03-01"; "" when no time is known
	Status model.Status
	Answer string // one sentence
	Head   []row  // who asked what, who must wake up, whom it hits, what to do first

	Path     string // "lb <- was1 <- db <- db-volume"; "" without a chain
	Chain    []link
	Evidence []proof // for and against the first cause, when there is one answer
	Rivals   string  // what else may be wrong with the first cause
	Flip     string  // what would change the first place
	Sparks   []spark // courses that are not in the chain
	Axis     string  // "05:15:00 to 05:30:00"; "" without sparks

	Hit      []hit // what the hit have in common
	RuledOut []ruledOut
	Changes  []change
	Claims   []claim
	Now      []action // mitigate, then isolate
	Runbook  []action
	Later    []action
	Others   []candidate // every candidate that is not the answer
	FindOut  []action
	Untested []untested
	Gaps     []string
	Coverage string // "41 of 50 expected signals were seen."
	partial  bool   // not every expected signal was seen
	Engine   string
}

// open tells whether the question is open: then the candidates are the answer, and their evidence belongs beside them.
func (v *view) open() bool { return v.Status != model.Diagnosed && v.Status != model.Healthy }

// Complete tells whether nothing was left open for want of measurements.
func (v *view) Complete() bool { return len(v.Untested)+len(v.Gaps) == 0 && !v.partial }

type row struct{ Label, Text string }

// Fault is all its faults in one line.
func (r ruledOut) Fault() string { return strings.Join(r.Faults, ", ") }

// Query is the query that ruled it out: of the evidence that the text repeats, else of the first against it.
func (r ruledOut) Query() string {
	query := ""
	for _, e := range r.Evidence {
		if e.Mark == "-" && e.Query != "" && (query == "" || e.Text == r.Text) {
			query = e.Query
		}
	}
	return query
}

// proof is a tested prediction. Mark is + for, - against, ? not to be told.
type proof struct {
	Mark, Verdict, Text, Signal, Observed, Baseline, Query string
}

type ruledOut struct {
	Component, Test, Text string
	Faults                []string // all that fell for the same reason
	Evidence              []proof
	round                 int
}

type change struct {
	Relation                                         model.Relation
	Says, At, Kind, Component, ID, Title, Notes, Why string
	Seen                                             string // what metrics show of it
}

// claim is what somebody said, and what came of it.
type claim struct {
	Verdict                         model.ClaimVerdict
	Says, Text, Why, Missing, HowTo string
	Evidence                        []proof
}

type action struct{ Component, Text, Command, Link, Because, Risk, Kind string }

type candidate struct {
	Rank                                              int
	Slight                                            bool // its probability is too small to be talked about
	Component, Fault, Signal, Probability, Path, Flip string
	Onset                                             string
	Evidence                                          []proof
}

func newView(d *model.Diagnosis, opts Options) *view {
	v := &view{say: speaker{opts.Lang}, Status: d.Outcome.Status, date: referenceDate(d)}
	v.Answer = v.answer(d)
	v.Path, v.Chain, v.Sparks = v.chain(d)
	v.Axis = v.axis(d.Sparks)
	causes := d.Causes
	if d.Outcome.Status == model.Diagnosed && len(causes) > 0 {
		v.Evidence = v.proofs(causes[0].Evidence)
		v.Rivals, v.Flip = v.rivals(causes[0].RivalFaults), v.say.msg(causes[0].WouldFlip)
		causes = causes[1:]
	}
	if d.Outcome.Status == model.Healthy && !opts.Verbose {
		causes = nil // whoever is named beside a percentage is accused
	}
	for _, c := range causes {
		v.Others = append(v.Others, v.candidate(c))
	}
	if v.open() && !opts.Verbose && len(v.Others) > 0 && v.Others[0].Slight {
		v.Others = nil // a dozen guesses are no candidates
	}
	v.Hit = v.hit(d.Cohorts)
	v.RuledOut = v.ruledOut(d)
	v.Changes = v.changes(d.Changes)
	v.Claims = v.claims(d.Claims)
	v.Now = slices.Concat(v.actions(d.Actions.Mitigate, ""), v.actions(d.Actions.Isolate, v.say.t("isolate")))
	v.Runbook = v.actions(d.Actions.Runbook, "")
	v.Later = v.actions(d.Actions.Permanent, "")
	v.FindOut = slices.Concat(v.actions(d.Actions.Experiments, ""), v.measurements(d.Untested))
	v.Untested = v.untested(d.Untested)
	for _, g := range d.Coverage.Gaps {
		v.Gaps = append(v.Gaps, v.say.msg(g))
	}
	if c := d.Coverage; c.SignalsExpected > 0 {
		v.partial = c.SignalsSeen < c.SignalsExpected
		v.Coverage = v.say.t("%d of %d expected signals were seen.", c.SignalsSeen, c.SignalsExpected)
	}
	v.Engine = v.engine(d.Engine)
	v.Head = v.head(d)
	return v
}

// answer is the outcome's sentence, or one made of the first cause where the engine gave none.
func (v *view) answer(d *model.Diagnosis) string {
	if text := v.say.msg(d.Outcome.Summary); text != "" {
		if name := clean(d.Question.Component); d.Outcome.Status != model.Diagnosed && (name == "" || !strings.HasPrefix(text, name)) {
			text = capital(text)
		}
		return text
	}
	switch {
	case d.Outcome.Status == model.Diagnosed && len(d.Causes) > 0:
		c := d.Causes[0]
		if bad(c.Probability) {
			return v.say.t("%s is the cause, how sure is not known: %s.", clean(c.Component), v.fault(c.Fault))
		}
		return v.say.t("%s is the cause, %s sure: %s.", clean(c.Component), v.probability(c.Probability), v.fault(c.Fault))
	case d.Outcome.Status == model.Healthy:
		return v.say.t("No fault found.")
	}
	return v.say.t("Inconclusive: the data do not tell one cause from another.")
}

// head is the block below the answer.
func (v *view) head(d *model.Diagnosis) []row {
	var rows []row
	add := func(label, text string) {
		if text != "" {
			rows = append(rows, row{v.say.t(label), text})
		}
	}
	asked := v.say.msg(d.Question.Understood)
	if asked == "" {
		asked = strings.TrimSpace(clean(d.Question.Component) + " " + v.say.word(string(d.Question.Signal)))
	}
	add("Asked", asked)
	add("Period", v.period(d))
	add("Before", v.otherTimes("the same trouble was there before, %s; those times do not count as usual. Ask what runs by the clock", d.Earlier))
	add("After", v.otherTimes("the same trouble came again, %s; those times do not count as usual. Ask what runs by the clock", d.Later))
	for i := range d.Expected {
		add("Expected", v.expected(&d.Expected[i]))
	}
	add("Ahead", v.warnings(d.Warnings))
	add("Wake up", v.wake(d.Triage))
	add("Affects", v.scope(d.Triage.Scope))
	if firm(d) && d.Triage.Control != "" {
		add("Control", v.enum(controlText[d.Triage.Control], string(d.Triage.Control)))
	}
	if first := slices.Concat(v.Now, v.FindOut); len(first) > 0 {
		add("First", first[0].line())
	}
	return rows
}

// suspected is the probability from which somebody may act on a first cause that is no diagnosis.
const suspected = 0.3

// firm tells whether there is somebody to point at: who could end it is then no guess.
func firm(d *model.Diagnosis) bool {
	switch d.Outcome.Status {
	case model.Diagnosed:
		return true
	case model.Healthy:
		return false
	}
	return len(d.Causes) > 0 && d.Causes[0].Probability >= suspected
}

func (v *view) period(d *model.Diagnosis) string {
	from, to := d.Question.From, d.Question.To
	if from.IsZero() && to.IsZero() {
		from, to = d.Incident.Symptom.Interval.From, d.Incident.Symptom.Interval.To
	}
	switch {
	case v.date == "":
		return ""
	case from.IsZero() && to.IsZero():
		return v.say.t("%s; every time below is UTC", v.date)
	case from.IsZero():
		return v.say.t("%s, until %s; every time below is UTC", v.date, v.clock(to))
	case to.IsZero():
		return v.say.t("%s, from %s; every time below is UTC", v.date, v.clock(from))
	}
	return v.say.t("%s, %s to %s; every time below is UTC", v.date, v.clock(from), v.clock(to))
}

// otherTimes says when else the same trouble was there; empty when it was not.
func (v *view) otherTimes(format string, when []model.Interval) string {
	if len(when) == 0 {
		return ""
	}
	stretches := make([]string, len(when))
	for i, iv := range when {
		stretches[i] = v.say.t("%s to %s", v.clock(iv.From), v.clock(iv.To))
	}
	return v.say.t(format, strings.Join(stretches, ", "))
}

// warnings says what will be used up, and when; empty when nothing is known to be.
func (v *view) warnings(ws []model.Warning) string {
	texts := make([]string, len(ws))
	for i, w := range ws {
		texts[i] = v.say.msg(w.Text)
	}
	return strings.Join(texts, "; ")
}

func (v *view) wake(t model.Triage) string {
	if t.Severity == "" {
		return ""
	}
	yes := v.say.t("no")
	if t.WakeUp {
		yes = v.say.t("YES")
	}
	text := yes + " (" + v.enum(severityText[t.Severity], string(t.Severity)) + ")"
	if why := v.say.msg(t.Reason); why != "" {
		text += ": " + why
	}
	return text
}

func (v *view) scope(s model.Scope) string {
	var parts []string
	if users := v.say.msg(s.Users); users != "" {
		parts = append(parts, strings.TrimSuffix(users, "."))
	}
	if len(s.Functions) > 0 {
		parts = append(parts, v.say.t("functions: %s", strings.Join(cleanAll(s.Functions), ", ")))
	}
	return strings.Join(parts, "; ")
}

// referenceDate is the day whose times need no date: that of the question, else of the symptom, else of the first onset.
func referenceDate(d *model.Diagnosis) string {
	times := []time.Time{
		d.Question.From, d.Question.To, d.Incident.Symptom.Interval.From, d.Incident.Symptom.Interval.To,
	}
	for _, l := range d.Chain {
		times = append(times, l.Onset.Earliest, l.Onset.Latest)
	}
	for _, c := range d.Changes {
		times = append(times, c.At)
	}
	for _, t := range times {
		if !t.IsZero() {
			return t.UTC().Format(time.DateOnly)
		}
	}
	return ""
}

// clock writes a time of the reference day as HH:MM:SS, any other with its date, an unknown one as "unknown".
func (v *view) clock(t time.Time) string {
	if t.IsZero() {
		return v.say.word("unknown")
	}
	if day := t.UTC().Format(time.DateOnly); day != v.date {
		return day + " " + model.FormatClock(t)
	}
	return model.FormatClock(t)
}

// probability writes a probability as whole percents; above 99 % but not certain says so, and below 1 %: rounded to
// nothing, a candidate that was not ruled out is still one.
func (v *view) probability(p float64) string {
	switch {
	case bad(p):
		return v.say.word("unknown")
	case p > 0.99 && p < 1:
		return "> 99 %"
	case p < 0.01:
		return "< 1 %"
	}
	return model.FormatValue(math.Round(p*100), "percent")
}

func (v *view) engine(e model.EngineInfo) string {
	var parts []string
	if e.Version != "" {
		parts = append(parts, "diagnops "+clean(e.Version))
	}
	if hash := []rune(clean(e.RulesHash)); len(hash) > 0 {
		parts = append(parts, v.say.t("rules %s", string(hash[:min(len(hash), 12)])))
	}
	parts = append(parts, v.say.t("%s series", groups(e.Series)))
	if e.Samples > 0 || e.Series == 0 { // a live source counts its series only
		parts = append(parts, v.say.t("%s samples", groups(e.Samples)))
	}
	if !bad(e.TookMS) {
		parts = append(parts, model.FormatValue(e.TookMS, "ms"))
	}
	return strings.Join(parts, ", ")
}

// groups writes a count in groups of three digits.
func groups(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// capital makes the first letter a capital.
func capital(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(r)) + s[n:]
}

func cleanAll(in []string) []string {
	out := make([]string, len(in))
	for i, s := range in {
		out[i] = clean(s)
	}
	return out
}
