package model

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// unknownText is what a value that is not known reads as.
const unknownText = "unknown"

// FormatValue writes a value with its unit for people, to three significant digits: "34 ms", "1.2 s", "12 %",
// "3.4 GiB", "1,230 req/s". Units that are understood are seconds (s, ms, us, ns, milliseconds, ...), ratio (0 to 1, written
// as percent), percent (0 to 100), bytes and its multiples (kibibytes, mebibytes, gibibytes; also a second: bytes/s);
// "bool" is yes or no, and "1/s" is written 34/s. Any other unit is written after the number, without its plural s where
// the number is 1. NaN is "unknown".
func FormatValue(v float64, unit string) string {
	unit = strings.TrimSpace(unit)
	switch {
	case math.IsNaN(v):
		return unknownText
	case math.IsInf(v, 1):
		return "infinite"
	case math.IsInf(v, -1):
		return "minus infinite"
	}
	if scale, ok := secondsPerUnit[unit]; ok {
		return formatSeconds(v * scale)
	}
	base, rate, isRate := strings.Cut(unit, "/")
	if scale, ok := bytesPerUnit[base]; ok {
		if isRate {
			return formatBytes(v*scale) + "/" + rate
		}
		return formatBytes(v * scale)
	}
	switch unit {
	case "ratio", "probability", "fraction":
		return formatPercent(v * 100)
	case "percent", "%":
		return formatPercent(v)
	case "", "1", "none":
		return formatNumber(v)
	}
	n := formatNumber(v)
	switch {
	case unit == "bool" && v == 0:
		return "no"
	case unit == "bool" && v == 1:
		return "yes"
	case unit == "bool":
		return n // The mean of several answers.
	case base == "1":
		return n + "/" + rate
	case n == "1":
		unit = singular(base) + strings.TrimPrefix(unit, base)
	}
	return n + " " + unit
}

var secondsPerUnit = map[string]float64{
	"seconds": 1, "second": 1, "s": 1,
	"milliseconds": 1e-3, "millisecond": 1e-3, "ms": 1e-3,
	"microseconds": 1e-6, "us": 1e-6, "µs": 1e-6,
	"nanoseconds": 1e-9, "ns": 1e-9,
	"minutes": 60, "hours": 3600, "days": 86400,
}

var bytesPerUnit = map[string]float64{
	"bytes": 1, "byte": 1, "B": 1,
	"kilobytes": 1e3, "megabytes": 1e6, "gigabytes": 1e9,
	"kibibytes": 1 << 10, "KiB": 1 << 10,
	"mebibytes": 1 << 20, "MiB": 1 << 20,
	"gibibytes": 1 << 30, "GiB": 1 << 30,
}

// singular takes the plural s off a word; words such as "loss" and "series" and abbreviations keep theirs.
func singular(word string) string {
	if len(word) > 3 && word != "series" && strings.HasSuffix(word, "s") && !strings.HasSuffix(word, "ss") {
		return word[:len(word)-1]
	}
	return word
}

// round3 rounds to three significant digits.
func round3(v float64) float64 {
	r, err := strconv.ParseFloat(strconv.FormatFloat(v, 'e', 2, 64), 64)
	if err != nil {
		return v
	}
	return r
}

// formatNumber writes a plain number: 0.2, 34, 1,230, 12.3 M. Values too small or too large for that get an exponent.
func formatNumber(v float64) string {
	r := round3(v)
	abs := math.Abs(r)
	switch {
	case abs == 0:
		return "0"
	case abs < 1e-4 || abs >= 1e15:
		return strconv.FormatFloat(r, 'g', 3, 64)
	case abs >= 1e12:
		return trimmed(r/1e12) + " T"
	case abs >= 1e9:
		return trimmed(r/1e9) + " G"
	case abs >= 1e6:
		return trimmed(r/1e6) + " M"
	case abs >= 1e3:
		return thousands(int64(math.Round(r)))
	}
	return trimmed(r)
}

// trimmed writes a number of three significant digits without trailing zeros.
func trimmed(v float64) string { return strconv.FormatFloat(round3(v), 'f', -1, 64) }

// thousands writes an integer below a million in groups of three digits.
func thousands(n int64) string {
	if n < 0 {
		return "-" + thousands(-n)
	}
	if n < 1000 {
		return strconv.FormatInt(n, 10)
	}
	return fmt.Sprintf("%s,%03d", thousands(n/1000), n%1000)
}

// formatPercent writes a percentage. Just below 100 it keeps two digits of what is missing: an availability of 99.95 %
// is not 100 %.
func formatPercent(p float64) string {
	if p < 100 && p > 99 {
		missing, err := strconv.ParseFloat(strconv.FormatFloat(100-p, 'e', 1, 64), 64)
		if err == nil && missing >= 1e-6 {
			digits := int(math.Ceil(-math.Log10(missing))) + 1
			return strings.TrimRight(strings.TrimRight(strconv.FormatFloat(100-missing, 'f', digits, 64), "0"), ".") + " %"
		}
	}
	return formatNumber(p) + " %"
}

// formatBytes writes an amount of bytes in binary multiples.
func formatBytes(v float64) string {
	units := []string{"B", "KiB", "MiB", "GiB", "TiB", "PiB"}
	i := 0
	for i < len(units)-1 && math.Abs(round3(v)) >= 1000 { // 1,020 B would be four digits wide for three known
		v /= 1024
		i++
	}
	return formatNumber(v) + " " + units[i]
}

// longSeconds is where a length of time is written in minutes and more instead of seconds.
const longSeconds = 120

// formatSeconds writes a length of time given in seconds.
func formatSeconds(s float64) string {
	abs := math.Abs(s)
	switch {
	case abs == 0:
		return "0 s"
	case abs < 1e-9:
		return formatNumber(s*1e9) + " ns"
	case round3(abs) < 1e-6:
		return trimmed(s*1e9) + " ns"
	case round3(abs) < 1e-3:
		return trimmed(s*1e6) + " µs"
	case round3(abs) < 1:
		return trimmed(s*1e3) + " ms"
	case round3(abs) < longSeconds:
		return trimmed(s) + " s"
	case abs > maxDurationSeconds:
		return formatNumber(s/86400) + " d"
	}
	return FormatDuration(time.Duration(s * float64(time.Second)))
}

// maxDurationSeconds is about what a time.Duration can hold (292 years).
const maxDurationSeconds = 9e9

// FormatDuration writes a length of time for people: "34 ms", "1.2 s", "90 s", "2 min 30 s", "1 h 5 min", "3 d 4 h".
// From two minutes on it keeps the two largest units and cuts off the rest.
func FormatDuration(d time.Duration) string {
	if d < 0 && d != math.MinInt64 {
		return "-" + FormatDuration(-d)
	}
	s := d.Seconds()
	if round3(s) < longSeconds {
		return formatSeconds(s)
	}
	whole := int64(d.Round(time.Second) / time.Second)
	minutes, hours, days := whole/60, whole/3600, whole/86400
	switch {
	case minutes < 60:
		return twoUnits(minutes, "min", whole%60, "s")
	case hours < 24:
		return twoUnits(hours, "h", minutes%60, "min")
	}
	return twoUnits(days, "d", hours%24, "h")
}

func twoUnits(a int64, unitA string, b int64, unitB string) string {
	if b == 0 {
		return fmt.Sprintf("%d %s", a, unitA)
	}
	return fmt.Sprintf("%d %s %d %s", a, unitA, b, unitB)
}

const clockLayout = "15:04:05"

// FormatClock writes a time of day in UTC without its date: "14:05:10". The zero time is "unknown".
func FormatClock(t time.Time) string {
	if t.IsZero() {
		return unknownText
	}
	return t.UTC().Format(clockLayout)
}

// FormatOnset writes when something began, to the second in UTC: "14:05:10 UTC" or, where it is known no better,
// "14:05:10 to 14:05:40 UTC". The date is given only where the two ends lie on different days. An onset bounded on one
// side reads "after ..." or "before ..."; one not known at all "unknown".
func FormatOnset(o Onset) string {
	a, b := o.Earliest.UTC().Truncate(time.Second), o.Latest.UTC().Truncate(time.Second)
	switch {
	case o.Earliest.IsZero() && o.Latest.IsZero():
		return unknownText
	case o.Earliest.IsZero():
		return "before " + b.Format(clockLayout) + " UTC"
	case o.Latest.IsZero():
		return "after " + a.Format(clockLayout) + " UTC"
	case a.Equal(b):
		return a.Format(clockLayout) + " UTC"
	}
	layout := clockLayout
	if a.Format(time.DateOnly) != b.Format(time.DateOnly) {
		layout = time.DateOnly + " " + clockLayout
	}
	return a.Format(layout) + " to " + b.Format(layout) + " UTC"
}
