package ask

import (
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// atomKind is what sort of time stands in the text.
type atomKind int

const (
	atomInstant atomKind = iota // a moment, fully given
	atomClock                   // a time of day; the day may be given
	atomDay                     // a day
	atomLast                    // "the last 10 minutes": from t on
	atomNow                     // "now": an end, never a beginning
)

// atom is one time in the text, at runes [from, to).
type atom struct {
	kind     atomKind
	from, to int
	t        time.Time     // the moment; of atomDay, its first
	hasDay   bool          // of atomClock: t's date is the day
	spread   bool          // of atomClock: the day was said elsewhere in the sentence
	ofDay    time.Duration // of atomClock: since midnight by the clock
	half     string        // of atomClock: "am", "pm", or "" for a clock of 24 hours
	zoned    bool          // of atomClock: loc was given
	relative bool          // it counts from now
	loc      *time.Location
	text     string
}

const (
	dayWord = `(yesterday|today|어제|오늘|그저께|그제)`
	half    = `(오전|오후|am|pm|a\.m\.|p\.m\.)`
)

var atomPatterns = []struct {
	re   *regexp.Regexp
	read func(m []string, now time.Time) (atom, error)
}{
	{regexp.MustCompile(`^(\d{4}-\d{2}-\d{2})(?:t| +)(\d{1,2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)(?: ?(z|utc|[+-]\d{2}:?\d{2}))?`), readStamp},
	{regexp.MustCompile(`^(\d{4}-\d{2}-\d{2})`), readDate},
	{regexp.MustCompile(`^(\d{10}(?:\.\d{1,9})?)`), readUnixAtom},
	{regexp.MustCompile(`^(?:about |around )?(` + amount + `) *(?:ago|전|earlier)`), readAgo},
	{regexp.MustCompile(`^-(` + amount + `)`), readSinceAmount},
	{regexp.MustCompile(`^(?:(?:for|in|over|during|within) +)?(?:the +)?(?:last|past|previous|최근|지난) *(` + amount + `|minute|hour|day|week)(?: *(?:동안|간))?`), readSinceAmount},
	{regexp.MustCompile(`^since +(?:about +)?(` + amount + `)(?: *(?:ago|전))?`), readSinceAmount},
	{regexp.MustCompile(`^for +(?:about |over )?(` + amount + `)`), readSinceAmount},
	{regexp.MustCompile(`^(` + amount + `) *(?:동안|째|간)`), readSinceAmount},
	{regexp.MustCompile(`^(?:` + dayWord + `(?: +at| +around)? *)?` + half + `? *(\d{1,2}):(\d{2})(?::(\d{2}))? *` + half +
		`?(?: ?(utc|z))?(?: +` + dayWord + `)?`), readClock},
	{regexp.MustCompile(`^(?:` + dayWord + ` *)?` + half + `? *(\d{1,2})시(?: *(\d{1,2})분|( *반))?()()()`), readKoreanClock},
	{regexp.MustCompile(`^(?:` + dayWord + `(?: +at| +around)? *)?()(\d{1,2})()() *(am|pm|a\.m\.|p\.m\.)()(?: +` + dayWord + `)?`), readClock},
	{regexp.MustCompile(`^` + dayWord), readDay},
	{regexp.MustCompile(`^(?:right +)?(?:now|지금|현재)`), func(_ []string, now time.Time) (atom, error) {
		return atom{kind: atomNow, t: now, relative: true}, nil
	}},
}

// maxTimeRunes is more than the longest way to write a time, and keeps the work linear in the text.
const maxTimeRunes = 96

// findAtoms returns the times in the text in order, and takes them out of it.
func findAtoms(t *text, now time.Time) ([]atom, error) {
	var atoms []atom
	masked := t.masked()
	for i := 0; i < len(masked); i++ {
		if !t.startsTime(i) {
			continue
		}
		rest := string(masked[i:min(i+maxTimeRunes, len(masked))])
		for _, p := range atomPatterns {
			m := p.re.FindStringSubmatch(rest)
			if m == nil {
				continue
			}
			matched := strings.TrimRight(m[0], " ")
			n := utf8.RuneCountInString(matched)
			if !endsTime(masked, i+n) {
				continue
			}
			a, err := p.read(m, now)
			if err != nil {
				return nil, err
			}
			a.from, a.to, a.text = i, i+n, matched
			if a.loc == nil {
				a.loc = now.Location()
			}
			t.take(a.from, a.to)
			atoms = append(atoms, a)
			i = a.to - 1
			break
		}
	}
	return atoms, nil
}

// startsTime tells whether a time may begin at i: not inside a word or a number, nor after host: or 10. but after the
// dash of a range.
func (t *text) startsTime(i int) bool {
	r := t.low[i]
	if !word(r) && r != '-' {
		return false
	}
	if i == 0 {
		return true
	}
	before := t.low[i-1]
	switch {
	case before == '-' || before == '~' || before == '@':
		return r != '-' && (i < 2 || !plain(t.low[i-2]) || t.taken[i-2])
	case before == '/' && i > 1 && t.taken[i-2]:
		return true // an ISO 8601 interval
	case strings.ContainsRune("./:_", before):
		return false
	case r == '-':
		return before == ' ' || before == '(' || before == '"'
	case hangul(r):
		return !word(before)
	}
	return !plain(before)
}

// endsTime tells whether a time that was matched up to there may end before rune to.
func endsTime(s []rune, to int) bool {
	if to >= len(s) {
		return true
	}
	r, last := s[to], s[to-1]
	if plain(r) && !hangul(last) {
		return false
	}
	if (r == ':' || r == '.') && to+1 < len(s) && plain(s[to+1]) {
		return false
	}
	// "14시간" is a length and "전체" means all.
	return (last != '시' || r != '간') && (last != '전' || r != '체')
}

func readStamp(m []string, now time.Time) (atom, error) {
	loc := now.Location()
	if z := m[3]; z == "z" || z == "utc" {
		loc = time.UTC
	} else if z != "" {
		off, err := time.Parse("-07:00", z[:3]+":"+z[len(z)-2:])
		if err != nil {
			return atom{}, &TimeError{Text: m[0], Rule: "a date and time with a zone such as +09:00"}
		}
		loc = off.Location()
	}
	for _, layout := range []string{"2006-01-02 15:04:05", "2006-01-02 15:04"} {
		if t, err := time.ParseInLocation(layout, m[1]+" "+m[2], loc); err == nil {
			return atom{kind: atomInstant, t: t.In(now.Location())}, nil
		}
	}
	return atom{}, &TimeError{Text: m[0], Rule: "a date and time that exist"}
}

func readDate(m []string, now time.Time) (atom, error) {
	t, err := time.ParseInLocation(time.DateOnly, m[1], now.Location())
	if err != nil {
		return atom{}, &TimeError{Text: m[0], Rule: "a date that exists"}
	}
	return atom{kind: atomDay, t: t}, nil
}

func readUnixAtom(m []string, now time.Time) (atom, error) {
	t, ok := readUnix(m[1])
	if !ok {
		return atom{}, &TimeError{Text: m[0], Rule: "Unix seconds"}
	}
	return atom{kind: atomInstant, t: t.In(now.Location())}, nil
}

func readAgo(m []string, now time.Time) (atom, error) {
	d, err := readAmount(m[1])
	return atom{kind: atomInstant, t: now.Add(-d), relative: true}, err
}

func readSinceAmount(m []string, now time.Time) (atom, error) {
	s := m[1]
	if s[0] >= 'a' && !strings.Contains(s, " ") {
		s = "a " + s // "the last hour"
	}
	d, err := readAmount(s)
	return atom{kind: atomLast, t: now.Add(-d), relative: true}, err
}

// readClock reads groups: day, half, hour, minute, second, half, zone, day.
func readClock(m []string, now time.Time) (atom, error) {
	num := func(s string) int {
		// The patterns let one or two digits through, or nothing.
		n, _ := strconv.Atoi(s)
		return n
	}
	h, minute, s := num(m[3]), num(m[4]), num(m[5])
	half := halfCalled(m[2] + m[6])
	if half != "" && (h < 1 || h > 12) {
		return atom{}, &TimeError{Text: m[0], Rule: "an hour from 1 to 12 with am or pm"}
	}
	if h > 23 || minute > 59 || s > 59 {
		return atom{}, &TimeError{Text: m[0], Rule: "a time of day from 00:00 to 23:59"}
	}
	a := atom{kind: atomClock, loc: now.Location()}
	if m[7] != "" {
		a.loc, a.zoned = time.UTC, true
	}
	a.ofDay = time.Duration(h)*time.Hour + time.Duration(minute)*time.Minute + time.Duration(s)*time.Second
	a.setHalf(half)
	if day := m[1] + m[8]; day != "" {
		a.hasDay, a.t, a.relative = true, dayCalled(day, now.In(a.loc)), true
	}
	return a, nil
}

func halfCalled(s string) string {
	switch s {
	case "pm", "p.m.", "오후":
		return "pm"
	case "am", "a.m.", "오전":
		return "am"
	}
	return ""
}

// setHalf turns an hour of 1 to 12 into one of the day's.
func (a *atom) setHalf(half string) {
	if a.half = half; half == "" {
		return
	}
	a.ofDay %= 12 * time.Hour
	if half == "pm" {
		a.ofDay += 12 * time.Hour
	}
}

// readKoreanClock reads "오후 2시 5분" and "두 시 반" in digits: groups day, half, hour, minute, half past.
func readKoreanClock(m []string, now time.Time) (atom, error) {
	if m[5] != "" {
		m[4] = "30"
	}
	hour, _ := strconv.Atoi(m[3])
	if m[2] != "" && hour > 12 {
		m[2] = "" // "오후 14시" is said, and clear
	}
	return readClock([]string{m[0], m[1], m[2], m[3], m[4], "", "", "", ""}, now)
}

func readDay(m []string, now time.Time) (atom, error) {
	return atom{kind: atomDay, t: dayCalled(m[1], now), relative: true}, nil
}

// dayCalled is the midnight that a day begins with.
func dayCalled(name string, now time.Time) time.Time {
	y, mon, d := now.Date()
	switch name {
	case "yesterday", "어제":
		d--
	case "그제", "그저께":
		d -= 2
	}
	return time.Date(y, mon, d, 0, 0, 0, 0, now.Location())
}
