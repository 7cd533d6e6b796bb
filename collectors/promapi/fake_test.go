package promapi

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/diagnops/diagnops/engine/model"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// request is what the fake source was asked.
type request struct {
	method, path string
	form         url.Values
	header       http.Header
}

// millis reads a time parameter as the API defines it, decimal seconds.
func (r request) millis(name string) int64 {
	f, err := strconv.ParseFloat(r.form.Get(name), 64)
	if err != nil {
		return -1
	}
	return int64(math.Round(f * 1000))
}

// points are the times that a range query asks for.
func (r request) points() []int64 {
	var ts []int64
	for t := r.millis("start"); t <= r.millis("end"); t += r.millis("step") {
		ts = append(ts, t)
	}
	return ts
}

// reply is what it says; an empty body is a range query's answer in which every value is its own time in seconds.
type reply struct {
	status int // 0 = 200
	header map[string]string
	body   string
}

// source is a fake of a Prometheus, by a function of the number of the request (from 0).
type source struct {
	*httptest.Server
	mu       sync.Mutex
	requests []request
}

func newSource(t *testing.T, answer func(n int, r request) reply) *source {
	t.Helper()
	s := &source{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil {
			t.Errorf("reading a request: %v", err)
		}
		req := request{r.Method, r.URL.Path, r.Form, r.Header.Clone()}
		s.mu.Lock()
		n := len(s.requests)
		s.requests = append(s.requests, req)
		s.mu.Unlock()
		a := answer(n, req)
		for k, v := range a.header {
			w.Header().Set(k, v)
		}
		if a.body == "" {
			a.body = ownTimes(req)
		}
		if a.status != 0 {
			w.WriteHeader(a.status)
		}
		fmt.Fprint(w, a.body)
	}))
	t.Cleanup(s.Close)
	return s
}

// asked are the requests so far.
func (s *source) asked() []request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]request(nil), s.requests...)
}

func always(r reply) func(int, request) reply { return func(int, request) reply { return r } }

// ownTimes answers with one series whose value at t is t.
func ownTimes(r request) string {
	var vs []string
	for _, t := range r.points() {
		vs = append(vs, fmt.Sprintf(`[%d.%03d,"%d"]`, t/1000, t%1000, t))
	}
	return matrix(fmt.Sprintf(`{"metric":{"job":"web"},"values":[%s]}`, strings.Join(vs, ",")))
}

func matrix(series ...string) string {
	return `{"status":"success","data":{"resultType":"matrix","result":[` + strings.Join(series, ",") + `]}}`
}

func failure(kind, msg string) string {
	b, err := json.Marshal(map[string]string{"status": "error", "errorType": kind, "error": msg})
	if err != nil {
		panic(err)
	}
	return string(b)
}

// client builds one for the URL that sleeps in no time; the pauses it would have made are in the returned log.
func client(t *testing.T, opts Options) (*Client, *sleepLog) {
	t.Helper()
	if opts.Seed == 0 {
		opts.Seed = 1
	}
	c, err := New(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	log := &sleepLog{now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	c.transport.sleep, c.transport.now = log.sleep, log.clock
	return c, log
}

// sleepLog is a clock that sleeping moves.
type sleepLog struct {
	mu     sync.Mutex
	now    time.Time
	pauses []time.Duration // those longer than nothing
}

func (l *sleepLog) clock() time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.now
}

func (l *sleepLog) sleep(ctx context.Context, d time.Duration) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if d > 0 {
		l.pauses = append(l.pauses, d)
		l.now = l.now.Add(d)
	}
	return ctx.Err()
}

// grid builds one of the step with spans of n points each; each span begins an hour and a bit after the one before.
func grid(step time.Duration, ns ...int) model.Grid {
	g := model.Grid{Step: step}
	start := time.Date(2026, 11, 22, 5, 15, 54, 123e6, time.UTC).UnixMilli()
	for _, n := range ns {
		g.Spans = append(g.Spans, model.Span{StartMillis: start, N: n})
		start += int64(n)*step.Milliseconds() + 3_600_001
	}
	return g
}

// first is the time of the first point of every grid, as the API writes it.
var first = strconv.FormatFloat(float64(grid(time.Second, 1).Millis(0))/1000, 'f', 3, 64)

var oneInterval = model.Interval{From: grid(time.Second, 1).Time(0), To: grid(time.Second, 1).Time(0)}

// httptestBody serves one answer to everything.
func httptestBody(tb testing.TB, body string) (url string) {
	tb.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, body) }))
	tb.Cleanup(srv.Close)
	return srv.URL
}
