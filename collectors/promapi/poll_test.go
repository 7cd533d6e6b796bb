package promapi

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/diagnops/diagnops/engine/model"
)

// web is what most tests poll: samples at a scrape interval, faster ones, and late ones of a rule.
var web = []metric{
	{name: "requests_total", every: 5 * time.Second, late: 100 * time.Millisecond},
	{name: "up", every: 1003 * time.Millisecond, late: 10 * time.Second},
	{name: "job:requests:rate", every: time.Minute, late: 25 * time.Second},
}

// pollUntil polls every five seconds of both clocks, from one time to another.
func pollUntil(t *testing.T, s *rawSource, p *Poller, from, to float64) {
	t.Helper()
	for sec := from; sec <= to; sec += 5 {
		s.turn(at(sec), nil)
		if err := p.Poll(t.Context(), at(sec)); err != nil {
			t.Fatalf("at %v: %v", sec, err)
		}
	}
}

func TestPoll(t *testing.T) {
	t.Parallel()
	s, k := newRawSource(t, web...), newTaker()
	p := poller(t, s, k, PollOptions{}, Options{})
	pollUntil(t, s, p, 0, 600)
	k.complete(t, s, epoch, at(570))
	st := p.Stats()
	onlyAppended(t, st)
	if st.Rounds != 121 || st.Queries != 121 || st.Failed+st.Cut+st.Refused != 0 || st.Repeated == 0 || int(st.Samples) != st.Taken.Appended {
		t.Errorf("%+v", st)
	}
	if n := len(p.groups[0].seen); n != 2 { // the rule has nothing in the overlap
		t.Errorf("%d series are remembered", n)
	}
}

// TestPollOtherClock: the poller's clock is ahead of the source's, or behind.
func TestPollOtherClock(t *testing.T) {
	t.Parallel()
	for _, ahead := range []float64{-120, 120} {
		s, k := newRawSource(t, web...), newTaker()
		p := poller(t, s, k, PollOptions{}, Options{})
		for sec := 0.0; sec <= 600; sec += 5 {
			s.turn(at(sec), nil)
			if err := p.Poll(t.Context(), at(sec+ahead)); err != nil {
				t.Fatal(err)
			}
		}
		k.complete(t, s, epoch, at(min(570, 600+ahead)))
		onlyAppended(t, p.Stats())
	}
}

// TestPollOutage: while the source is away it is asked less and less, and what it took in meanwhile is fetched afterwards, as
// far back as allowed.
func TestPollOutage(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		backfill time.Duration
		unread   time.Duration
	}{{time.Hour, 0}, {2 * time.Minute, 285*time.Second - time.Millisecond}} {
		s, k := newRawSource(t, web[0]), newTaker()
		p := poller(t, s, k, PollOptions{Backfill: c.backfill}, Options{Retries: -1, BackoffMax: 20 * time.Second})
		pollUntil(t, s, p, 0, 100)
		failed := 0
		for sec := 105.0; sec < 500; sec += 5 {
			s.turn(at(sec), func(int, request) (reply, bool) { return reply{status: http.StatusServiceUnavailable, body: "x"}, true })
			err := p.Poll(t.Context(), at(sec))
			if err != nil && !errors.Is(err, ErrUnreachable) {
				t.Fatal(err)
			}
			if err != nil {
				failed++
			}
		}
		if st := p.Stats(); failed < 10 || failed > 60 || int(st.Failed) != failed || int(st.Paused) != 79-failed {
			t.Errorf("%d polls failed: %+v", failed, st)
		}
		s.turn(at(505), nil)
		p.pause = pause{}
		pollUntil(t, s, p, 505, 600)
		st := p.Stats()
		onlyAppended(t, st)
		if st.Unread != c.unread {
			t.Errorf("%s were not read, want %s", st.Unread, c.unread)
		}
		if c.unread == 0 {
			k.complete(t, s, epoch, at(595))
		} else if got := k.points[`requests_total{job="web"}`]; len(got) != 20+43 { // to 95 s, and from 385 s to 595 s
			t.Errorf("%d points", len(got))
		}
	}
}

// TestPollTrouble: whatever a request or two end with, everything comes in the end, once.
func TestPollTrouble(t *testing.T) {
	t.Parallel()
	for name, rep := range map[string]reply{
		"no json":          {body: `{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"val`},
		"not a matrix":     {body: `{"status":"success","data":{"resultType":"scalar","result":[1,"1"]}}`},
		"null histogram":   {body: matrix(`{"metric":{"__name__":"up"},"histograms":[[1,null]]}`)},
		"a page":           {body: "<html>", header: map[string]string{"Content-Type": "text/html"}},
		"busy":             {status: http.StatusTooManyRequests, body: "later"},
		"nonsense":         {status: http.StatusBadRequest, body: failure("bad_data", "parse error")},
		"too many samples": {status: http.StatusUnprocessableEntity, body: failure("execution", "query processing would load too many samples into memory")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, k := newRawSource(t, web...), newTaker()
			p := poller(t, s, k, PollOptions{}, Options{Retries: -1, BackoffMax: time.Second})
			pollUntil(t, s, p, 0, 200)
			before := len(s.asked())
			s.turn(at(205), func(n int, _ request) (reply, bool) { return rep, n == before || n == before+1 })
			// Null becomes an empty histogram in the client library; it is none, and nothing is lost by it.
			err := p.Poll(t.Context(), at(205))
			if failed := name != "too many samples" && name != "null histogram"; (err != nil) != failed {
				t.Errorf("%v", err)
			}
			pollUntil(t, s, p, 210, 400)
			k.complete(t, s, epoch, at(370))
			onlyAppended(t, p.Stats())
			if cut := p.Stats().Cut; (cut > 0) != (name == "too many samples") {
				t.Errorf("%d were cut", cut)
			}
		})
	}
}

// TestPollTooLarge: an answer over the bound is asked for in parts, by time and by names, for as long as it takes.
func TestPollTooLarge(t *testing.T) {
	t.Parallel()
	var many []metric
	for i := range 40 {
		many = append(many, metric{name: fmt.Sprintf("m%02d", i), every: time.Second, late: time.Second})
	}
	s, k := newRawSource(t, many...), newTaker()
	p := poller(t, s, k, PollOptions{MaxAnswerBytes: 4000}, Options{})
	s.turn(at(600), nil)
	if err := p.Fill(t.Context(), model.Interval{From: epoch, To: at(600)}); err != nil {
		t.Fatal(err)
	}
	pollUntil(t, s, p, 605, 700)
	k.complete(t, s, epoch, at(690))
	onlyAppended(t, p.Stats())
	if st := p.Stats(); st.Cut < 10 || len(p.groups) < 2 || st.Bytes/st.Queries > 4000 {
		t.Errorf("%d groups, %+v", len(p.groups), st)
	}

	// What no part of is small enough is a problem of its group alone.
	p = poller(t, s, newTaker(), PollOptions{MaxAnswerBytes: 60}, Options{})
	err := p.Poll(t.Context(), at(700))
	if err == nil || !strings.Contains(err.Error(), `{__name__="m00"} is too much`) || !strings.Contains(err.Error(), `{__name__="m39"} is too much`) {
		t.Errorf("%v", err)
	}
}

// TestPollBadGroup: a selector that the source refuses does not hold up the others.
func TestPollBadGroup(t *testing.T) {
	t.Parallel()
	s, k := newRawSource(t, web[0]), newTaker()
	p := poller(t, s, k, PollOptions{Matchers: []string{"requests_total", `up{job="bad"}`}}, Options{})
	asked := 0
	for sec := 0.0; sec <= 100; sec += 5 {
		s.turn(at(sec), func(_ int, r request) (reply, bool) {
			bad := strings.Contains(r.form.Get("query"), "bad")
			if bad {
				asked++
			}
			return reply{status: http.StatusBadRequest, body: failure("bad_data", "no such thing")}, bad
		})
		if err := p.Poll(t.Context(), at(sec)); err != nil && (!errors.Is(err, ErrBadQuery) || errors.Is(err, ErrUnreachable)) {
			t.Fatal(err)
		}
	}
	k.complete(t, s, epoch, at(95))
	if asked < 3 || asked > 18 {
		t.Errorf("the bad one was asked %d times in 21 polls", asked)
	}
}

// TestPollSink: a sink that fails or drops gets the same points again.
func TestPollSink(t *testing.T) {
	t.Parallel()
	s, k := newRawSource(t, web...), newTaker()
	p := poller(t, s, k, PollOptions{}, Options{BackoffMax: time.Second})
	pollUntil(t, s, p, 0, 100)
	broken := errors.New("broken")
	for i, meddle := range []func(*model.Batch) (model.Taken, error, bool){
		func(*model.Batch) (model.Taken, error, bool) { return model.Taken{}, broken, true },
		func(b *model.Batch) (model.Taken, error, bool) { return model.Taken{Dropped: len(b.Points)}, nil, true },
	} {
		now := at(105 + 5*float64(i))
		s.turn(now, nil)
		k.meddle = meddle
		if err := p.Poll(t.Context(), now); errors.Is(err, broken) != (i == 0) || errors.Is(err, errGroup) != (i == 1) {
			t.Errorf("%d: %v", i, err)
		}
	}
	k.meddle = nil
	pollUntil(t, s, p, 115, 300)
	k.complete(t, s, epoch, at(270))
	if taken := p.Stats().Taken; taken.Dropped == 0 || taken.OutOfOrder+taken.Duplicate+taken.Conflict != 0 {
		t.Errorf("%+v", taken)
	}
}

// TestRunSlowSource: ticks that come while the source answers are one, and nothing is lost.
func TestRunSlowSource(t *testing.T) {
	t.Parallel()
	s, k := newRawSource(t, web[0]), newTaker()
	p := poller(t, s, k, PollOptions{OnError: func(err error) { t.Error(err) }}, Options{})
	ticks := make(chan time.Time, 100)
	s.turn(at(300), func(n int, _ request) (reply, bool) {
		for i := range 20 * min(1, max(0, 3-n)) { // while it is being answered
			ticks <- at(float64(n*100 + i*5))
		}
		if n == 2 {
			close(ticks)
		}
		return reply{}, false
	})
	ticks <- at(0)
	p.Run(t.Context(), ticks)
	k.complete(t, s, epoch, at(295))
	if st := p.Stats(); st.Rounds != 4 {
		t.Errorf("%+v", st)
	}
}

// TestPollAlways: whatever the intervals, the lateness within the overlap, and the failures, every sample comes once and in
// order.
func TestPollAlways(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		var ms []metric
		for i := range rapid.IntRange(1, 6).Draw(r, "metrics") {
			ms = append(ms, metric{
				name: fmt.Sprintf("m%d", i), every: time.Duration(rapid.IntRange(500, 40_000).Draw(r, "every")) * time.Millisecond,
				late: time.Duration(rapid.IntRange(0, 15_000).Draw(r, "late")) * time.Millisecond,
			})
		}
		s, k := newRawSource(t, ms...), newTaker()
		defer s.Close()
		p := poller(t, s, k, PollOptions{MaxAnswerBytes: rapid.IntRange(800, 20_000).Draw(r, "bytes")},
			Options{Retries: -1, BackoffMax: 5 * time.Second})
		clock := time.Duration(rapid.IntRange(-20_000, 20_000).Draw(r, "clock")) * time.Millisecond
		now := epoch.Add(time.Duration(rapid.IntRange(0, 200_000).Draw(r, "start")) * time.Millisecond)
		first := now
		for range 25 {
			now = now.Add(time.Duration(rapid.IntRange(200, 20_000).Draw(r, "tick")) * time.Millisecond)
			fails := rapid.IntRange(0, 3).Draw(r, "fails") == 0
			s.turn(now, func(int, request) (reply, bool) { return reply{status: http.StatusBadGateway, body: "x"}, fails })
			if err := p.Poll(t.Context(), now.Add(clock)); err != nil && !fails {
				r.Fatal(err)
			}
		}
		s.turn(now, nil)
		p.pause = pause{}
		if err := p.Poll(t.Context(), now.Add(clock)); err != nil {
			r.Fatal(err)
		}
		k.complete(t, s, epoch, now.Add(min(0, clock)-15*time.Second))
		if taken := p.Stats().Taken; taken.Appended < int(now.Sub(first)/(80*time.Second)) || taken.OutOfOrder+taken.Duplicate+taken.Conflict > 0 {
			r.Fatalf("%+v", taken)
		}
		if t.Failed() {
			r.Fatal("see above")
		}
	})
}

// TestFill: the past comes in time order, in pieces, and a poll goes on where it ended; after a failure nothing is lost.
func TestFill(t *testing.T) {
	t.Parallel()
	dense := metric{name: "dense", every: time.Millisecond, until: 10 * time.Second} // no cut is between two samples
	s, k := newRawSource(t, append([]metric{dense}, web...)...), newTaker()
	p := poller(t, s, k, PollOptions{MaxAnswerBytes: 100_000}, Options{Retries: -1})
	hour := model.Interval{From: epoch, To: at(3600)}
	s.turn(at(3600), func(n int, _ request) (reply, bool) {
		return reply{status: http.StatusServiceUnavailable, body: "x"}, n == 10
	})
	if err := p.Fill(t.Context(), hour); !errors.Is(err, ErrUnreachable) {
		t.Errorf("%v", err)
	}
	part := p.Stats().Taken.Appended
	if part == 0 || part > 13_000 {
		t.Errorf("%d points before the failure", part)
	}
	if err := p.Fill(t.Context(), hour); err != nil {
		t.Fatal(err)
	}
	pollUntil(t, s, p, 3605, 3700)
	k.complete(t, s, epoch, at(3670))
	onlyAppended(t, p.Stats())
}

// TestSelectors: names are asked for together where the rest is alike, and a selector of the client's goes into all.
func TestSelectors(t *testing.T) {
	t.Parallel()
	extra, err := parseExtra(`{cluster="eu"}`)
	if err != nil {
		t.Fatal(err)
	}
	var many []string
	for i := range maxNames + 1 {
		many = append(many, fmt.Sprintf(`m%03d{a="1"}`, i))
	}
	groups, err := planGroups(append(many, "b", `{"d.e"}`, `{__name__=~"f|g",a!="x"}`, `{a!="x",__name__="h"}`, `{__name__=~"i.+"}`, "b"), extra)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, g := range groups {
		got = append(got, g.selector())
		if _, err := parseSelector(g.selector()); err != nil {
			t.Error(err)
		}
	}
	want := []string{
		`{__name__=~"i.+",cluster="eu"}`, `{a!="x",cluster="eu",__name__=~"f|g|h"}`, "m000", `{a="1",cluster="eu",__name__="m100"}`,
		`{cluster="eu",__name__=~"b|d\\.e"}`,
	}
	for i := range want {
		if i >= len(got) || got[i] != want[i] && !(want[i] == "m000" && strings.HasPrefix(got[i], `{a="1",cluster="eu",__name__=~"m000|m001|`)) {
			t.Fatalf("got\n%s", strings.Join(got, "\n"))
		}
	}
}

func TestPollOptions(t *testing.T) {
	t.Parallel()
	c, _ := client(t, Options{URL: "http://x"})
	_, err := c.NewPoller(newTaker(), PollOptions{
		Matchers: []string{"ok", "rate(x[1m])", `{a=""}`, "x offset 5m"}, Overlap: time.Hour, Backfill: time.Minute, MaxAnswerBytes: 1 << 40, Histograms: -1,
	})
	for _, text := range []string{
		"matchers (rate(x[1m])) must be", `matchers ({a=""}) must be`, "matchers (x offset 5m) must be", "backfill (1m0s) must be at least the overlap",
		"max_answer_bytes (1099511627776) must be", "histograms (-1) must be",
	} {
		if err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("%q is not in: %v", text, err)
		}
	}
	if strings.Contains(err.Error(), "(ok)") || (PollOptions{}).Validate() == nil {
		t.Error(err)
	}
}
