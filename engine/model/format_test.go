package model

import (
	"math"
	"testing"
	"time"
)

func TestFormatValue(t *testing.T) {
	for _, tc := range []struct {
		v    float64
		unit string
		want string
	}{
		{math.NaN(), "seconds", "unknown"},
		{math.NaN(), "", "unknown"},
		{StaleMarker(), "req/s", "unknown"},
		{math.Inf(1), "seconds", "infinite"},
		{math.Inf(-1), "bytes", "minus infinite"},
		{0, "seconds", "0 s"},
		{0.034, "seconds", "34 ms"},
		{0.0000345678, "seconds", "34.6 µs"},
		{0.9996, "seconds", "1 s"},
		{1.2, "seconds", "1.2 s"},
		{-0.5, "seconds", "-500 ms"},
		{119.99, "seconds", "2 min"},
		{95, "s", "95 s"},
		{150, "seconds", "2 min 30 s"},
		{3900, "seconds", "1 h 5 min"},
		{-3900, "seconds", "-1 h 5 min"},
		{1e12, "seconds", "11.6 M d"},
		{250, "ms", "250 ms"},
		{2, "hours", "2 h"},
		{0.12, "ratio", "12 %"},
		{0.9995, "ratio", "99.95 %"},
		{0.999951, "ratio", "99.9951 %"},
		{1, "ratio", "100 %"},
		{0.0002, "ratio", "0.02 %"},
		{99.2, "percent", "99.2 %"},
		{99.24, "percent", "99.24 %"},
		{99.9999999999, "percent", "100 %"},
		{0, "percent", "0 %"},
		{120, "%", "120 %"},
		{0, "bytes", "0 B"},
		{999, "bytes", "999 B"},
		{1023, "bytes", "0.999 KiB"},
		{1536, "bytes", "1.5 KiB"},
		{5 * 1024 * 1024, "bytes", "5 MiB"},
		{3, "mebibytes", "3 MiB"},
		{2048, "mebibytes", "2 GiB"},
		{1 << 20, "bytes/s", "1 MiB/s"},
		{1234, "req/s", "1,230 req/s"},
		{-1234, "req/s", "-1,230 req/s"},
		{123456, "", "123,000"},
		{999999, "", "1 M"},
		{12345678, "ops", "12.3 M ops"},
		{1.5e10, "", "15 G"},
		{2e13, "", "20 T"},
		{1e18, "", "1e+18"},
		{0.00001234, "", "1.23e-05"},
		{0.2, "requests", "0.2 requests"},
		{1, "requests", "1 request"},
		{1, "requests/s", "1 request/s"},
		{1, "ops", "1 ops"},
		{0, "connections", "0 connections"},
		{34, "", "34"},
		{34, "1/s", "34/s"},
		{1, "1/period", "1/period"},
		{0.3, "s/s", "0.3 s/s"},
		{1, "series", "1 series"},
		{1, "bool", "yes"},
		{0, "bool", "no"},
		{0.5, "bool", "0.5"},
	} {
		if got := FormatValue(tc.v, tc.unit); got != tc.want {
			t.Errorf("FormatValue(%v, %q) = %q, want %q", tc.v, tc.unit, got, tc.want)
		}
	}
}

func TestFormatDuration(t *testing.T) {
	for _, tc := range []struct {
		d    time.Duration
		want string
	}{
		{0, "0 s"},
		{1500 * time.Microsecond, "1.5 ms"},
		{12 * time.Second, "12 s"},
		{119900 * time.Millisecond, "2 min"},
		{-8 * time.Second, "-8 s"},
		{150 * time.Second, "2 min 30 s"},
		{59*time.Minute + 59*time.Second + 700*time.Millisecond, "1 h"},
		{65 * time.Minute, "1 h 5 min"},
		{76 * time.Hour, "3 d 4 h"},
		{48 * time.Hour, "2 d"},
	} {
		if got := FormatDuration(tc.d); got != tc.want {
			t.Errorf("FormatDuration(%v) = %q, want %q", tc.d, got, tc.want)
		}
	}
}

func TestFormatOnset(t *testing.T) {
	at := func(s string) time.Time {
		v, err := time.Parse(time.RFC3339Nano, s)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	a, b := at("2026-03-01T14:05:10Z"), at("2026-03-01T14:05:40Z")
	for _, tc := range []struct {
		o    Onset
		want string
	}{
		{Onset{}, "unknown"},
		{Onset{Earliest: a, Latest: b}, "14:05:10 to 14:05:40 UTC"},
		{Onset{Earliest: a, Latest: a.Add(300 * time.Millisecond)}, "14:05:10 UTC"},
		{Onset{Earliest: a}, "after 14:05:10 UTC"},
		{Onset{Latest: b}, "before 14:05:40 UTC"},
		{Onset{Earliest: at("2026-03-01T23:05:10+09:00"), Latest: b}, "14:05:10 to 14:05:40 UTC"},
		{
			Onset{Earliest: at("2026-03-01T23:59:50Z"), Latest: at("2026-03-02T00:00:20Z")},
			"2026-03-01 23:59:50 to 2026-03-02 00:00:20 UTC",
		},
	} {
		if got := FormatOnset(tc.o); got != tc.want {
			t.Errorf("FormatOnset(%v) = %q, want %q", tc.o, got, tc.want)
		}
	}
	if got := FormatClock(time.Time{}); got != "unknown" {
		t.Errorf("FormatClock(zero) = %q", got)
	}
	if got := FormatClock(at("2026-03-01T23:05:10+09:00")); got != "14:05:10" {
		t.Errorf("FormatClock = %q", got)
	}
}
