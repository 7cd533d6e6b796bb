package report

import (
	"math"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func TestExcerpt(t *testing.T) {
	for in, want := range map[string]string{
		"":                               "",
		"one line":                       "one line",
		"\n# 2.4\n\n- faster\r\n- new\n": "# 2.4 / - faster / - new",
		"a\nb\nc\n \n":                   "a / b / c",
		"a\nb\nc\nd\ne":                  "a / b / c …",
		strings.Repeat("로", 301):         strings.Repeat("로", 300) + " …",
		"\x1b[31mred\n\u202eturned\x07":  "␛[31mred / turned␇",
	} {
		if got := excerpt(in); got != want {
			t.Errorf("excerpt(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestClean(t *testing.T) {
	for in, want := range map[string]string{
		"plain text":              "plain text",
		"  two\r\n lines\t":       "two lines",
		"\x1b[31mred\x1b[0m":      "␛[31mred␛[0m",
		"\u009b31m":               "\ufffd31m",
		"a\u202eb\u2066c\u200bd":  "abcd",
		"nul\x00del\x7f":          "nul␀del␡",
		"bad\xffbyte":             "bad\ufffdbyte",
		"데이터베이스":                  "데이터베이스",
		"non\u00a0breaking\u2028": "non breaking",
		"\U000e0041tag":           "tag",
	} {
		if got := clean(in); got != want {
			t.Errorf("clean(%q) = %q, want %q", in, got, want)
		}
	}
	if got, want := cleanLines("\n\ta\x1b\r\n    b  \n"), "    a␛\n    b"; got != want {
		t.Errorf("cleanLines = %q, want %q", got, want)
	}
}

func FuzzClean(f *testing.F) {
	for _, s := range []string{"", "a b", "\x1b]0;x\x07", "\u202e", "\xff", "\u200d", "가\u0301"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		out := clean(s)
		if !utf8.ValidString(out) || strings.ContainsFunc(out, unicode.IsControl) {
			t.Errorf("clean(%q) = %q", s, out)
		}
		if again := clean(out); again != out {
			t.Errorf("clean twice: %q, then %q", out, again)
		}
		for _, n := range []int{2, 7, 40} {
			for _, line := range wrap(out, n) {
				if _, rest := split(line, n); rest != "" && width(line) > n {
					t.Errorf("wrap(%q, %d): line %q has %d columns", out, n, line, width(line))
				}
			}
		}
	})
}

func TestWrap(t *testing.T) {
	for _, tc := range []struct {
		text string
		n    int
		want []string
	}{
		{"", 10, []string{""}},
		{"one two three", 7, []string{"one two", "three"}},
		{"it took 34 ms, long", 10, []string{"it took", "34 ms,", "long"}},
		{"usually 12 %.", 10, []string{"usually", "12 %."}},
		{"abcdefghij", 4, []string{"abcd", "efgh", "ij"}},
		{"데이터베이스가 느림", 8, []string{"데이터베", "이스가", "느림"}},
		{"usual (2 %~7 %)", 12, []string{"usual", "(2 %~7 %)"}},
		{"wide 가나", 4, []string{"wide", "가나"}},
	} {
		if diff := cmp.Diff(tc.want, wrap(tc.text, tc.n)); diff != "" {
			t.Errorf("wrap(%q, %d):\n%s", tc.text, tc.n, diff)
		}
	}
}

// TestWrapCommand checks that what is broken over lines is still one command for a shell, and broken nowhere in quotes.
func TestWrapCommand(t *testing.T) {
	for _, tc := range []struct {
		command string
		n       int
		want    []string
	}{
		{"ls -l", 20, []string{"ls -l"}},
		{"restart web --zone a", 14, []string{`restart web \`, `--zone a`}},
		{`say 'do not break' now`, 12, []string{`say \`, `'do not br\`, `eak' now`}},
		{`say "two words" x`, 14, []string{`say \`, `"two words" \`, `x`}},
		{`a\ b c`, 6, []string{`a\ b \`, `c`}},
		{"first\nsecond", 20, []string{"first", "second"}},
	} {
		if diff := cmp.Diff(tc.want, wrapCommand(tc.command, tc.n)); diff != "" {
			t.Errorf("wrapCommand(%q, %d):\n%s", tc.command, tc.n, diff)
		}
	}
}

func TestSparkDraws(t *testing.T) {
	nan := math.NaN()
	for _, tc := range []struct {
		name  string
		s     spark
		n     int
		want  string
		onset int
	}{
		{"rise", spark{Values: []float64{0, 1, 2, 3, 4, 5, 6, 7}, OnsetIndex: 3}, 8, "▁▂▃▄▅▆▇█", 3},
		{"gap", spark{Values: []float64{0, nan, 7}, OnsetIndex: -1}, 8, "▁·█", -1},
		{"all gaps", spark{Values: []float64{nan, nan}, OnsetIndex: -1}, 8, "··", -1},
		{"none", spark{OnsetIndex: -1}, 8, "", -1},
		{"flat", spark{Values: []float64{5, 5}, Baseline: 5, OnsetIndex: -1}, 8, "▁▁", -1},
		{"noise stays low", spark{Values: []float64{100, 101, 100}, Baseline: 100, OnsetIndex: -1}, 8, "▁▂▁", -1},
		{"spike survives", spark{Values: []float64{0, 0, 0, 9, 0, 0, 0, 0}, OnsetIndex: 3}, 2, "█▁", 0},
		{"dip survives", spark{Values: []float64{9, 9, 9, 0, 9, 9, 9, 9}, Baseline: 9, OnsetIndex: 7}, 2, "▁█", 1},
		{"huge", spark{Values: []float64{-math.MaxFloat64, math.MaxFloat64}, OnsetIndex: -1}, 2, "▁█", -1},
		{"infinite", spark{Values: []float64{0, 1, math.Inf(1), math.Inf(-1)}, OnsetIndex: -1}, 4, "▁██▁", -1},
		{"no baseline", spark{Values: []float64{1, 3, 2, 1}, Baseline: nan, OnsetIndex: -1}, 2, "█▅", -1},
	} {
		got, onset := tc.s.draw(tc.n)
		if got != tc.want || onset != tc.onset {
			t.Errorf("%s: draw = %q, %d, want %q, %d", tc.name, got, onset, tc.want, tc.onset)
		}
	}
}

func TestSparkLinesDoNotBridgeGaps(t *testing.T) {
	s := spark{Values: []float64{0, 1, math.NaN(), 1, math.NaN()}, Baseline: math.NaN(), OnsetIndex: -1}
	if lines := s.Lines(); len(lines) != 2 || len(strings.Fields(lines[0])) != 2 {
		t.Errorf("Lines = %q, want two stretches", lines)
	}
	if s.BaselineY() != "" || s.OnsetX() != "" {
		t.Errorf("an unknown baseline or onset is drawn: %q, %q", s.BaselineY(), s.OnsetX())
	}
}

func TestGroups(t *testing.T) {
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 2043811: "2,043,811", -1234: "-1,234", -123: "-123"} {
		if got := groups(n); got != want {
			t.Errorf("groups(%d) = %q, want %q", n, got, want)
		}
	}
}
