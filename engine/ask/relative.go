package ask

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

// maxRelative bounds "N units ago": beyond it a slip of the finger is likelier than a question.
const maxRelative = 10 * 365 * 24 * time.Hour

const (
	latinUnit  = `(?:seconds?|secs?|minutes?|mins?|hours?|hrs?|days?|weeks?|[smhdw])\b`
	koreanUnit = `(?:시간|초|분|일|주)`
	// amount is "10 minutes", "1h30m", "1 hour and 5 minutes", "1시간 30분", "an hour", "half an hour", "한 시간".
	amount = `(?:(?:\d{1,9}(?:\.\d{1,3})? *(?:seconds?|secs?|minutes?|mins?|hours?|hrs?|days?|weeks?|[smhdw]|` + koreanUnit +
		`)(?: and)? *){1,4}|(?:half an|half a|an|a|one|two|three|five|ten|fifteen|thirty) ` + latinUnit +
		`|(?:한|두|세|반) *` + koreanUnit + `)`
)

var (
	amountPart = regexp.MustCompile(`(\d{1,9}(?:\.\d{1,3})?|half an|half a|an|a|one|two|three|five|ten|fifteen|thirty|한|두|세|반) *([a-z]+|` + koreanUnit + `)`)
	units      = map[string]time.Duration{
		"s": time.Second, "m": time.Minute, "h": time.Hour, "d": 24 * time.Hour, "w": 7 * 24 * time.Hour,
		"초": time.Second, "분": time.Minute, "시간": time.Hour, "일": 24 * time.Hour, "주": 7 * 24 * time.Hour,
	}
	numerals = map[string]float64{
		"a": 1, "an": 1, "half a": .5, "half an": .5, "one": 1, "two": 2, "three": 3, "five": 5, "ten": 10, "fifteen": 15,
		"thirty": 30, "한": 1, "두": 2, "세": 3, "반": .5,
	}
)

// readAmount adds up the parts of an amount.
func readAmount(s string) (time.Duration, error) {
	var sum float64
	// The "an" and "d" of "and" would be a day.
	for _, m := range amountPart.FindAllStringSubmatch(strings.ReplaceAll(s, " and ", " "), -1) {
		n, ok := numerals[m[1]]
		if !ok {
			// The pattern lets only decimal numbers through.
			n, _ = strconv.ParseFloat(m[1], 64)
		}
		unit, ok := units[m[2]]
		if !ok {
			unit = units[m[2][:1]]
		}
		sum += n * float64(unit)
	}
	if sum > float64(maxRelative) {
		return 0, &TimeError{Text: strings.TrimSpace(s), Rule: "at most ten years away"}
	}
	return time.Duration(sum).Round(time.Millisecond), nil
}

var flagRelative = regexp.MustCompile(`^(?:now)?-((?:\d{1,9}(?:\.\d{1,3})?[smhdw])+)$`)

// ParseTime reads the time of a flag: RFC 3339, Unix seconds (whole or decimal), "now", or relative to now: "-15m",
// "-1h30m", "-2d", "now-1h". The answer is UTC; the error is a TimeError.
func ParseTime(s string, now time.Time) (time.Time, error) {
	text := strings.TrimSpace(s)
	if text == "now" {
		return now.UTC(), nil
	}
	if t, err := time.Parse(time.RFC3339Nano, text); err == nil {
		return t.UTC(), nil
	}
	if m := flagRelative.FindStringSubmatch(text); m != nil {
		d, err := readAmount(m[1])
		if err != nil {
			return time.Time{}, err
		}
		return now.Add(-d).UTC(), nil
	}
	if t, ok := readUnix(text); ok {
		return t, nil
	}
	return time.Time{}, &TimeError{Text: s, Rule: `RFC 3339, Unix seconds, "now", or relative like "-15m"`}
}

var unixSeconds = regexp.MustCompile(`^(\d{1,12})(?:\.(\d{1,9}))?$`)

// maxUnix is the end of the year 9999, the last that RFC 3339 can write.
const maxUnix = 253402300799

// readUnix keeps whole and fractional seconds apart: a float64 has no room for nanoseconds of this century.
func readUnix(s string) (time.Time, bool) {
	m := unixSeconds.FindStringSubmatch(s)
	if m == nil {
		return time.Time{}, false
	}
	sec, err := strconv.ParseInt(m[1], 10, 64)
	if err != nil || sec > maxUnix {
		return time.Time{}, false
	}
	var nanos int64
	if m[2] != "" {
		if nanos, err = strconv.ParseInt((m[2] + "000000000")[:9], 10, 64); err != nil {
			return time.Time{}, false
		}
	}
	return time.Unix(sec, nanos).UTC(), true
}
