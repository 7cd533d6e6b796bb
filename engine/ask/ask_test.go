package ask

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/diagnops/diagnops/engine/model"
)

var seoul = time.FixedZone("KST", 9*3600)

// noon is the now of most cases: a Sunday, 14:30 in Seoul.
var noon = time.Date(2026, 11, 22, 14, 30, 0, 0, seoul)

func shop() *model.Topology {
	return &model.Topology{Components: []model.Component{
		{Name: "web", Aliases: []string{"storefront", "웹"}},
		{Name: "orders", Aliases: []string{"order service", "주문", "주문 서비스"}},
		{Name: "orders-db", Aliases: []string{"postgres"}},
		{Name: "db", Serves: []string{"browse"}},
		{Name: "queue_1", Aliases: []string{"rabbit:5672"}},
		{Name: "latency-probe"},
		{Name: "why"},
		{Name: "결제", Aliases: []string{"payments"}},
	}}
}

// told is what became of a question: component|signal|from|to|echo, times by the clock of noon's location.
func told(q Asked) string {
	at := func(t time.Time) string {
		if t.IsZero() {
			return "-"
		}
		return t.In(seoul).Format("02T15:04:05")
	}
	s := q.Symptom
	return fmt.Sprintf("%s|%s|%s|%s|%s", s.Component, s.Signal, at(s.Interval.From), at(s.Interval.To), q.Echo(s, SourceAsked))
}

func TestParse(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", "||-|-|"},
		{"   ", "||-|-|"},
		{"why?", "||-|-|"},
		{"why is it slow?", "|latency|-|-|latency"},
		{"왜 이렇게 느려?", "|latency|-|-|latency"},

		// Names.
		{"why is web slow?", "web|latency|-|-|web: latency"},
		{"Why is WEB slow", "web|latency|-|-|web: latency"},
		{"why is the storefront slow", "web|latency|-|-|web: latency"},
		{"is orders-db full", "orders-db|saturation|-|-|orders-db: saturation"},
		{"is orders full", "orders|saturation|-|-|orders: saturation"},
		{"db", "db|||db"},
		{"orders.", "orders|||orders"},
		{"orders's latency", "orders|latency|-|-|orders: latency"},
		{"the order  service fails", "orders|errors|-|-|orders: errors"},
		{"errors on rabbit:5672", "queue_1|errors|-|-|queue_1: errors"},
		{"queue_1 backlog", "queue_1|saturation|-|-|queue_1: saturation"},
		{"latency-probe is down", "latency-probe|availability|-|-|latency-probe: availability"},
		{`is "why" down`, "why|availability|-|-|why: availability"},
		{"is “web” down", "web|availability|-|-|web: availability"},
		{"web or db slow?", "web|latency|-|-|web: latency; left out: db (one component is asked about at a time)"},
		{"5xx on web", "web|errors|-|-|web: errors"},
		{"web returns 503", "web|errors|-|-|web: errors"},
		{"web timed out", "web|latency|-|-|web: latency"},
		{"what's wrong with web", "web|||web"},
		{"don't know why web isn't up", "web|||web"},

		// Korean: particles, no spaces, aliases in Hangul.
		{"db가 느려", "db|latency|-|-|db: latency"},
		{"DB가 왜 느린가요?", "db|latency|-|-|db: latency"},
		{"orders는 에러", "orders|errors|-|-|orders: errors"},
		{"web에서 오류가 나요", "web|errors|-|-|web: errors"},
		{"web의 응답지연", "web|latency|-|-|web: latency"},
		{"orders를 봐줘", "orders|||orders"},
		{"주문이 죽었어", "orders|availability|-|-|orders: availability"},
		{"주문 서비스가 느려졌어요", "orders|latency|-|-|orders: latency"},
		{"결제 다운", "결제|availability|-|-|결제: availability"},
		{"결제에서 다운로드가 느려", "결제|latency|-|-|결제: latency; not understood: 다운로드"},
		{"결제수단 오류", "|errors|-|-|errors; not understood: 결제수단"},
		{"디스크가 꽉 찼어 db", "db|saturation|-|-|db: saturation; not understood: 디스크"},
		{"db 가득", "db|saturation|-|-|db: saturation"},
		{"웹이 먹통", "web|availability|-|-|web: availability"},
		{"db서버가 느려", "db|latency|-|-|db: latency"},

		// Times of day: the most recent that is not after now.
		{"web slow since 14:05", "web|latency|22T14:05:00|-|web: latency since 2026-11-22 14:05 KST"},
		{"web slow since 14:05:30", "web|latency|22T14:05:30|-|web: latency since 2026-11-22 14:05:30 KST"},
		{"web slow since 15:00", "web|latency|21T15:00:00|-|web: latency since 2026-11-21 15:00 KST"},
		{"web slow since 14:30", "web|latency|22T14:30:00|-|web: latency since 2026-11-22 14:30 KST"},
		{"from 14:05 to 14:20", "||22T14:05:00|22T14:20:00|from 2026-11-22 14:05 KST to 2026-11-22 14:20 KST"},
		{"14:05-14:20", "||22T14:05:00|22T14:20:00|from 2026-11-22 14:05 KST to 2026-11-22 14:20 KST"},
		{"14:05 ~ 14:20", "||22T14:05:00|22T14:20:00|from 2026-11-22 14:05 KST to 2026-11-22 14:20 KST"},
		{"between 14:05 and 14:20", "||22T14:05:00|22T14:20:00|from 2026-11-22 14:05 KST to 2026-11-22 14:20 KST"},
		{"from 23:50 to 00:10", "||21T23:50:00|22T00:10:00|from 2026-11-21 23:50 KST to 2026-11-22 00:10 KST"},
		{"from 14:25 to 14:45", "||22T14:25:00|22T14:30:00|from 2026-11-22 14:25 KST to 2026-11-22 14:30 KST"},
		{"from 14:05 to now", "||22T14:05:00|22T14:30:00|from 2026-11-22 14:05 KST to 2026-11-22 14:30 KST"},
		{"errors at 14:05", "|errors|22T14:00:00|22T14:10:00|" +
			"errors around 2026-11-22 14:05 KST, from 2026-11-22 14:00 KST to 2026-11-22 14:10 KST"},
		{"errors at 14:28", "|errors|22T14:23:00|22T14:30:00|" +
			"errors around 2026-11-22 14:28 KST, from 2026-11-22 14:23 KST to 2026-11-22 14:30 KST"},
		{"until 14:20", "||-|22T14:20:00|until 2026-11-22 14:20 KST"},
		{"since 2pm", "||22T14:00:00|-|since 2026-11-22 14:00 KST"},
		{"since 2:05 pm", "||22T14:05:00|-|since 2026-11-22 14:05 KST"},
		{"since 12:05 am", "||22T00:05:00|-|since 2026-11-22 00:05 KST"},
		{"since 05:05 UTC", "||22T14:05:00|-|since 2026-11-22 14:05 KST"},
		{"web slow now", "web|latency|-|-|web: latency"},

		{"between 2:05 and 2:20 pm", "||22T14:05:00|22T14:20:00|from 2026-11-22 14:05 KST to 2026-11-22 14:20 KST"},
		{"11:50 to 1:20 pm", "||22T11:50:00|22T13:20:00|from 2026-11-22 11:50 KST to 2026-11-22 13:20 KST"},
		{"yesterday from 11 pm to 1:20", "||21T23:00:00|22T01:20:00|from 2026-11-21 23:00 KST to 2026-11-22 01:20 KST"},
		{"05:05 to 05:20 UTC", "||22T14:05:00|22T14:20:00|from 2026-11-22 14:05 KST to 2026-11-22 14:20 KST"},
		{"2026-11-22T05:05:00Z/2026-11-22T05:20:00Z", "||22T14:05:00|22T14:20:00|" +
			"from 2026-11-22 14:05 KST to 2026-11-22 14:20 KST"},

		// Days.
		{"why is web so slow today", "web|latency|22T00:00:00|22T14:30:00|" +
			"web: latency from 2026-11-22 00:00 KST to 2026-11-22 14:30 KST"},
		{"yesterday 14:05", "||21T14:00:00|21T14:10:00|" +
			"around 2026-11-21 14:05 KST, from 2026-11-21 14:00 KST to 2026-11-21 14:10 KST"},
		{"since yesterday at 23:00", "||21T23:00:00|-|since 2026-11-21 23:00 KST"},
		{"14:05 yesterday", "||21T14:00:00|21T14:10:00|" +
			"around 2026-11-21 14:05 KST, from 2026-11-21 14:00 KST to 2026-11-21 14:10 KST"},
		{"yesterday web was slow from 14:05 to 15:20", "web|latency|21T14:05:00|21T15:20:00|" +
			"web: latency from 2026-11-21 14:05 KST to 2026-11-21 15:20 KST"},
		{"yesterday 23:50 to 00:10", "||21T23:50:00|22T00:10:00|from 2026-11-21 23:50 KST to 2026-11-22 00:10 KST"},
		{"web slow yesterday", "web|latency|21T00:00:00|22T00:00:00|" +
			"web: latency from 2026-11-21 00:00 KST to 2026-11-22 00:00 KST"},
		{"errors on 2026-11-20", "|errors|20T00:00:00|21T00:00:00|" +
			"errors from 2026-11-20 00:00 KST to 2026-11-21 00:00 KST"},

		// Full stamps.
		{"since 2026-11-22T05:05:00Z", "||22T14:05:00|-|since 2026-11-22 14:05 KST"},
		{"since 2026-11-22T14:05:00+09:00", "||22T14:05:00|-|since 2026-11-22 14:05 KST"},
		{"since 2026-11-22 14:05", "||22T14:05:00|-|since 2026-11-22 14:05 KST"},
		{"since 1795323900", "||22T14:05:00|-|since 2026-11-22 14:05 KST"},
		{"2026-11-22T05:05:00Z to 2026-11-22T05:10:00Z", "||22T14:05:00|22T14:10:00|" +
			"from 2026-11-22 14:05 KST to 2026-11-22 14:10 KST"},

		// Relative.
		{"slow 10 minutes ago", "|latency|22T14:15:00|22T14:25:00|" +
			"latency around 2026-11-22 14:20 KST, from 2026-11-22 14:15 KST to 2026-11-22 14:25 KST"},
		{"slow since 10 minutes ago", "|latency|22T14:20:00|-|latency since 2026-11-22 14:20 KST"},
		{"slow since an hour ago", "|latency|22T13:30:00|-|latency since 2026-11-22 13:30 KST"},
		{"since half an hour ago", "||22T14:00:00|-|since 2026-11-22 14:00 KST"},
		{"since 1 hour and 5 minutes ago", "||22T13:25:00|-|since 2026-11-22 13:25 KST"},
		{"since 1h30m ago", "||22T13:00:00|-|since 2026-11-22 13:00 KST"},
		{"web slow -15m", "web|latency|22T14:15:00|-|web: latency since 2026-11-22 14:15 KST"},
		{"web slow for 10 minutes", "web|latency|22T14:20:00|-|web: latency since 2026-11-22 14:20 KST"},
		{"web slow since 10m", "web|latency|22T14:20:00|-|web: latency since 2026-11-22 14:20 KST"},
		{"in the last hour", "||22T13:30:00|-|since 2026-11-22 13:30 KST"},
		{"errors for the past 2 days", "|errors|20T14:30:00|-|errors since 2026-11-20 14:30 KST"},
		{"from 20 minutes ago until 10 minutes ago", "||22T14:10:00|22T14:20:00|" +
			"from 2026-11-22 14:10 KST to 2026-11-22 14:20 KST"},

		// Korean times.
		{"db가 10분 전부터 느려", "db|latency|22T14:20:00|-|db: latency since 2026-11-22 14:20 KST"},
		{"10분전 db 에러", "db|errors|22T14:15:00|22T14:25:00|" +
			"db: errors around 2026-11-22 14:20 KST, from 2026-11-22 14:15 KST to 2026-11-22 14:25 KST"},
		{"1시간 30분 전부터", "||22T13:00:00|-|since 2026-11-22 13:00 KST"},
		{"한 시간 전부터 느림", "|latency|22T13:30:00|-|latency since 2026-11-22 13:30 KST"},
		{"어제 14:05에 db가 죽었어", "db|availability|21T14:00:00|21T14:10:00|" +
			"db: availability around 2026-11-21 14:05 KST, from 2026-11-21 14:00 KST to 2026-11-21 14:10 KST"},
		{"어제 db가 14:05부터 느려", "db|latency|21T14:05:00|-|db: latency since 2026-11-21 14:05 KST"},
		{"14:05부터 14:20까지 오류", "|errors|22T14:05:00|22T14:20:00|" +
			"errors from 2026-11-22 14:05 KST to 2026-11-22 14:20 KST"},
		{"14:05에서 14:20까지 오류", "|errors|22T14:05:00|22T14:20:00|" +
			"errors from 2026-11-22 14:05 KST to 2026-11-22 14:20 KST"},
		{"14시 5분부터 느려요", "|latency|22T14:05:00|-|latency since 2026-11-22 14:05 KST"},
		{"오후 2시 반부터", "||22T14:30:00|-|since 2026-11-22 14:30 KST"},
		{"web이 어제 오후 3시부터 5시까지 느렸어", "web|latency|21T15:00:00|21T17:00:00|" +
			"web: latency from 2026-11-21 15:00 KST to 2026-11-21 17:00 KST"},
		{"주문이 안 돼요", "orders|availability|-|-|orders: availability"},
		{"오전 9시 이후 지연", "|latency|22T09:00:00|-|latency since 2026-11-22 09:00 KST"},
		{"최근 30분 동안 에러", "|errors|22T14:00:00|-|errors since 2026-11-22 14:00 KST"},
		{"30분 동안 느려", "|latency|22T14:00:00|-|latency since 2026-11-22 14:00 KST"},
		{"14시간 동안 느려", "|latency|22T00:30:00|-|latency since 2026-11-22 00:30 KST"},
	} {
		q, err := Parse(c.text, shop(), noon)
		if err != nil {
			t.Errorf("%q: %v", c.text, err)
			continue
		}
		want := c.want
		if strings.Count(want, "|") == 3 { // no signal and no times: short for name||-|-|echo
			want = strings.Replace(want, "|||", "||-|-|", 1)
		}
		if d := cmp.Diff(want, told(q)); d != "" {
			t.Errorf("%q (-want +got):\n%s", c.text, d)
		}
		if q.Text != strings.TrimSpace(c.text) {
			t.Errorf("%q: text is given back as %q", c.text, q.Text)
		}
	}
}

func TestParseErrors(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"why is weeb slow", `component ("weeb") must be a known one; nearest: web, db, why`},
		{"why is the Ordres slow", `component ("Ordres") must be a known one; nearest: orders, orders-db, db`},
		{`is "checkout page" slow`, `component ("checkout page") must be a known one; nearest: `},
		{"are ordrs failing", `component ("ordrs") must be a known one; nearest: orders, `},
		{"web-01 slow", `component ("web-01") must be a known one; nearest: web, `},
		{"ordres slow", `component ("ordres") must be a known one; nearest: orders, `},
		{"weeb가 느려", `component ("weeb") must be a known one; nearest: web, db, why`},
		{"orders-bd는 느려", `component ("orders-bd") must be a known one; nearest: orders-db, orders, `},
		{"is api-gateway slow because of db", `component ("api-gateway") must be a known one; nearest: `},
		{"web slow since 25:00", `time ("25:00") must be a time of day from 00:00 to 23:59`},
		{"since 14:60", `time ("14:60") must be a time of day from 00:00 to 23:59`},
		{"since 13 pm", `time ("13 pm") must be an hour from 1 to 12 with am or pm`},
		{"since 2026-13-45", `time ("2026-13-45") must be a date that exists`},
		{"since 2026-02-30T10:00", `time ("2026-02-30t10:00") must be a date and time that exist`},
		{"999999 days ago", `time ("999999 days") must be at most ten years away`},
		{
			"from 2026-11-22 14:20 to 2026-11-22 14:05",
			`time ("2026-11-22 14:20 to 2026-11-22 14:05") must be in order, the beginning before the end`,
		},
		{strings.Repeat("slow ", 500), "question (2500 bytes) must be at most 2000 bytes"},
	} {
		q, err := Parse(c.text, shop(), noon)
		if err == nil {
			t.Errorf("%.40q: no error, understood %q", c.text, told(q))
		} else if !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%.40q:\n got %s\nwant %s", c.text, err, c.want)
		}
	}
}

func TestUnknownNameNearest(t *testing.T) {
	_, err := Parse("is payment slow", shop(), noon)
	var unknown *UnknownNameError
	if !errors.As(err, &unknown) {
		t.Fatalf("error is %v", err)
	}
	// The alias "payments" is one edit away; what is suggested is the component's name.
	if unknown.Name != "payment" || len(unknown.Nearest) != 3 || unknown.Nearest[0] != "결제" {
		t.Errorf("got %+v", unknown)
	}
	_, err = Parse("is web slow", nil, noon)
	if !errors.As(err, &unknown) || len(unknown.Nearest) != 0 {
		t.Errorf("without components: %v", err)
	}
}

// Words that stand where a name stands, and mean nothing in particular.
func TestNoName(t *testing.T) {
	for _, text := range []string{
		"why is everything slow", "is the site down", "is it slow", "why is this so slow", "was the service slow",
		"is production down", "are users seeing errors", "is suddenly slow", "is getting slower", "사이트가 느려", "응답이 느려",
		"is there an outage", "why is p99 up", "is cpu busy", "are logins failing", "did somebody deploy",
		"why is error rate so high", "API가 느려", "has anyone seen errors", "why do posts fail", "http2 errors",
	} {
		q, err := Parse(text, shop(), noon)
		if err != nil || q.Symptom.Component != "" {
			t.Errorf("%q: component %q, error %v", text, q.Symptom.Component, err)
		}
	}
}

func TestTimesAreUTC(t *testing.T) {
	q, err := Parse("from 14:05 to 14:20", nil, noon)
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range []time.Time{q.Symptom.Interval.From, q.Symptom.Interval.To} {
		if at.Location() != time.UTC {
			t.Errorf("%s is not UTC", at)
		}
	}
}

// The day on which clocks go forward has 23 hours; a time of day is by the clock all the same.
func TestClockChange(t *testing.T) {
	loc, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 3, 29, 12, 0, 0, 0, loc)
	q, err := Parse("since 06:00", nil, now)
	if err != nil {
		t.Fatal(err)
	}
	if want := time.Date(2026, 3, 29, 4, 0, 0, 0, time.UTC); !q.Symptom.Interval.From.Equal(want) {
		t.Errorf("06:00 is %s, want %s", q.Symptom.Interval.From, want)
	}
}
