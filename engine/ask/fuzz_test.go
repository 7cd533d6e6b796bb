package ask

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/diagnops/diagnops/engine/model"
)

func FuzzQuestion(f *testing.F) {
	for _, s := range []string{
		"why is web slow since 14:05", "db가 10분 전부터 느려", "어제 14:05부터 14:20까지 오류", `is "x" down`, "'", "-15m", "12:3",
		"2026-11-22T05:05:00+0900", "오후 2시 반", "for the last 1h and 5 m", "web\xff slow", "İ slow", "a-", "-a", "now-now",
	} {
		f.Add(s)
	}
	comps := mall()
	comps.Components = append(comps.Components, shop().Components...)
	f.Fuzz(func(t *testing.T, s string) {
		q, err := Parse(s, comps, noon)
		again, err2 := Parse(s, comps, noon)
		if d := cmp.Diff(q, again, cmpopts.IgnoreUnexported(Asked{})); d != "" || fmt.Sprint(err) != fmt.Sprint(err2) {
			t.Fatalf("two answers: %v, %v\n%s", err, err2, d)
		}
		if _, err := ParseTime(s, noon); err == nil && strings.TrimSpace(s) == "" {
			t.Fatal("an empty time was taken")
		}
		if err != nil {
			return
		}
		sym := q.Symptom
		understood := sym.Component != "" || sym.Signal != "" || !sym.Interval.IsZero()
		echo := q.Echo(sym, SourceAsked)
		if understood && echo.IsZero() {
			t.Fatalf("symptom %+v, echo %q", sym, echo)
		}
		if text := echo.String(); strings.Contains(text, "%!") && !strings.Contains(s, "%!") {
			t.Fatalf("echo %q does not fit its format", text)
		}
		if iv := sym.Interval; !iv.From.IsZero() && !iv.To.IsZero() && iv.To.Before(iv.From) {
			t.Fatalf("interval %s to %s", iv.From, iv.To)
		}
	})
}

// The longest and most twisted questions cost well under a second, whatever stands in them.
func BenchmarkParse(b *testing.B) {
	comps := shop()
	for i := range 1000 {
		comps.Components = append(comps.Components, model.Component{Name: fmt.Sprintf("service-%d", i)})
	}
	for _, c := range []struct{ name, text string }{
		{"usual", "why is web slow since 14:05"},
		{"numbers2000B", strings.Repeat("1 ", 1000)},
		{"amounts2000B", strings.Repeat("1h ", 666)},
		{"times2000B", strings.Repeat("1:00 ", 400)},
		{"quotes2000B", strings.Repeat("'", 2000)},
		{"words2000B", strings.Repeat("service-", 250)},
		{"symptoms2000B", strings.Repeat("늦", 666)},
		{"denials2000B", strings.Repeat("not slow ", 222)},
		{"subjects2000B", strings.Repeat("창고가 왜 ", 140)},
		{"kinds2000B", strings.Repeat("db disk ", 250)},
		{"korean2000B", strings.Repeat("10분전", 200)},
	} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				// Some of these are errors; what matters is how soon.
				_, _ = Parse(c.text, comps, noon)
			}
		})
	}
}
