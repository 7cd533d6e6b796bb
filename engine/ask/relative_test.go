package ask

import (
	"errors"
	"testing"
	"time"
)

func TestParseTime(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"now", "2026-11-22T05:30:00Z"},
		{" now ", "2026-11-22T05:30:00Z"},
		{"2026-11-22T05:05:00Z", "2026-11-22T05:05:00Z"},
		{"2026-11-22T14:05:00.5+09:00", "2026-11-22T05:05:00.5Z"},
		{"1795323900", "2026-11-22T05:05:00Z"},
		{"1795323900.123456789", "2026-11-22T05:05:00.123456789Z"},
		{"0", "1970-01-01T00:00:00Z"},
		{"-15m", "2026-11-22T05:15:00Z"},
		{"-1h30m", "2026-11-22T04:00:00Z"},
		{"-1.5h", "2026-11-22T04:00:00Z"},
		{"-2d", "2026-11-20T05:30:00Z"},
		{"now-1h", "2026-11-22T04:30:00Z"},
	} {
		got, err := ParseTime(c.text, noon)
		if err != nil || got.Format(time.RFC3339Nano) != c.want {
			t.Errorf("%q: %s, %v, want %s", c.text, got.Format(time.RFC3339Nano), err, c.want)
		}
	}
	for _, text := range []string{
		"", "soon", "15m", "-15", "-15x", "--15m", "1795323900000", "NaN", "Inf", "1e9", "-5000000d", "2026-11-22", "14:05",
		"9999999999999999999", "253402300800",
	} {
		got, err := ParseTime(text, noon)
		var te *TimeError
		if !errors.As(err, &te) {
			t.Errorf("%q: %s, %v, want a TimeError", text, got, err)
		}
	}
}
