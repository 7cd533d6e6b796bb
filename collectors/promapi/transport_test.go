package promapi

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var one = grid(time.Second, 1)

func TestRetries(t *testing.T) {
	statuses := []int{503, 429, 502, 504}
	src := newSource(t, func(n int, _ request) reply {
		if n < len(statuses) {
			return reply{status: statuses[n], body: "busy"}
		}
		return reply{}
	})
	cl, log := client(t, Options{URL: src.URL, Retries: 4, BackoffBase: time.Second, BackoffMax: 3 * time.Second})
	if _, err := cl.Query(t.Context(), "x", one); err != nil {
		t.Fatal(err)
	}
	if len(log.pauses) != 4 {
		t.Fatalf("pauses %v", log.pauses)
	}
	for i, limit := range []time.Duration{time.Second, 2 * time.Second, 3 * time.Second, 3 * time.Second} {
		if p := log.pauses[i]; p < limit/2 || p > limit {
			t.Errorf("pause %d is %s, want %s to %s", i, p, limit/2, limit)
		}
	}
	want := Stats{Requests: 5, Retries: 4, Failures: 4, Points: 1, Bytes: cl.Stats().Bytes}
	if d := cmp.Diff(want, cl.Stats()); d != "" {
		t.Error(d)
	}
}

func TestJitterIsSeeded(t *testing.T) {
	draw := func(seed uint64) (ps []time.Duration) {
		b := newBackoff(time.Second, time.Minute, seed)
		for i := range 40 {
			ps = append(ps, b.pause(i))
		}
		return ps
	}
	if d := cmp.Diff(draw(7), draw(7)); d != "" {
		t.Errorf("one seed, two courses:\n%s", d)
	}
	if cmp.Equal(draw(7), draw(8)) {
		t.Error("two seeds, one course")
	}
}

func TestRetryAfter(t *testing.T) {
	for name, header := range map[string]string{
		"seconds": "30", "date": time.Date(2026, 1, 1, 0, 0, 30, 0, time.UTC).Format(http.TimeFormat),
	} {
		t.Run(name, func(t *testing.T) {
			src := newSource(t, func(n int, _ request) reply {
				if n == 0 {
					return reply{status: 429, header: map[string]string{"Retry-After": header}, body: "slow down"}
				}
				return reply{}
			})
			cl, log := client(t, Options{URL: src.URL})
			if _, err := cl.Query(t.Context(), "x", one); err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff([]time.Duration{30 * time.Second}, log.pauses); d != "" {
				t.Error(d)
			}
		})
	}
}

// One caller is told to wait; the others wait as well.
func TestRetryAfterHoldsEverybody(t *testing.T) {
	p := &pacer{}
	now := time.Unix(1000, 0)
	if at := p.slot(now); !at.Equal(now) {
		t.Errorf("the first starts at %s", at)
	}
	p.hold(now.Add(30 * time.Second))
	p.hold(now.Add(10 * time.Second))
	if at := p.slot(now.Add(time.Second)); !at.Equal(now.Add(30 * time.Second)) {
		t.Errorf("starts at %s", at)
	}
}

func TestRetryAfterTooLong(t *testing.T) {
	src := newSource(t, always(reply{status: 503, header: map[string]string{"Retry-After": "3600"}, body: "closed"}))
	cl, log := client(t, Options{URL: src.URL})
	_, err := cl.Query(t.Context(), "x", one)
	if !errors.Is(err, ErrUnreachable) || !strings.Contains(err.Error(), "come back in 1h0m0s") {
		t.Errorf("error %v", err)
	}
	if len(log.pauses) != 0 {
		t.Errorf("waited %v", log.pauses)
	}
}

func TestPacerSpacesRequests(t *testing.T) {
	p := &pacer{interval: 100 * time.Millisecond}
	now := time.Unix(1000, 0)
	for i := range 4 {
		if got := p.slot(now).Sub(now); got != time.Duration(i)*100*time.Millisecond {
			t.Errorf("request %d starts after %s", i, got)
		}
	}
	// Time not used is not saved up.
	if got := p.slot(now.Add(time.Hour)); !got.Equal(now.Add(time.Hour)) {
		t.Errorf("starts at %s", got)
	}
}

func TestMaxRate(t *testing.T) {
	src := newSource(t, always(reply{}))
	cl, log := client(t, Options{URL: src.URL, MaxPoints: 10, MaxRate: 5, Concurrency: 1})
	if _, err := cl.Query(t.Context(), "x", grid(time.Second, 40)); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]time.Duration{200 * time.Millisecond, 200 * time.Millisecond, 200 * time.Millisecond}, log.pauses); d != "" {
		t.Error(d)
	}
}

// Errors: what they are, what they say, and how often the source was asked.
func TestErrors(t *testing.T) {
	for _, c := range []struct {
		name   string
		reply  reply
		kind   error
		asked  int
		status int
		text   string
	}{
		{
			"parse error",
			reply{status: 400, body: failure("bad_data", `1:3: parse error: unclosed left parenthesis`)},
			ErrBadQuery, 1, 400, "1:3: parse error: unclosed left parenthesis",
		},
		{
			"execution",
			reply{status: 422, body: failure("execution", "found duplicate series")},
			ErrBadQuery, 1, 422, "found duplicate series",
		},
		{"internal", reply{status: 500, body: failure("internal", "disk on fire")}, ErrUnreachable, 1, 500, "disk on fire"},
		{
			"query timeout",
			reply{status: 503, body: failure("timeout", "query timed out in expression evaluation")},
			ErrUnreachable, 4, 503, "query timed out in expression evaluation (HTTP 503) (after 4 attempts)",
		},
		{"limits", reply{status: 429, body: "too many requests"}, ErrUnreachable, 4, 429, "too many requests"},
		{"no right", reply{status: 401, body: "who are you"}, ErrUnreachable, 1, 401, "who are you; " + credentialsHint},
		{"not for us", reply{status: 403, body: "forbidden"}, ErrUnreachable, 2, 403, "forbidden; " + credentialsHint},
		{"no such page", reply{status: 404, body: "<html>nothing here</html>"}, ErrUnreachable, 1, 404, "client error: 404"},
		{
			"a login page",
			reply{body: "<html>please log in</html>"},
			ErrUnreachable, 1, 200, "the answer is not that of a Prometheus API",
		},
		{
			"a vector",
			reply{body: `{"status":"success","data":{"resultType":"vector","result":[]}}`},
			ErrUnreachable, 1, 200, "the answer to a range query is a vector, not a matrix",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			src := newSource(t, always(c.reply))
			cl, _ := client(t, Options{URL: src.URL})
			_, err := cl.Query(t.Context(), "rate(x[5m])", one)
			var e *Error
			if !errors.Is(err, c.kind) || !errors.As(err, &e) {
				t.Fatalf("error %v", err)
			}
			if n := len(src.asked()); n != c.asked || e.Attempts != c.asked || e.Status != c.status {
				t.Errorf("asked %d times, error says %d and status %d", n, e.Attempts, e.Status)
			}
			if want := "asking " + src.URL + " for rate(x[5m]): "; !strings.HasPrefix(err.Error(), want) || !strings.Contains(err.Error(), c.text) {
				t.Errorf("error is %q", err)
			}
		})
	}
}

func TestUnreachable(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	cl, log := client(t, Options{URL: "http://someone:secret@" + addr})
	_, err = cl.MetricNames(t.Context(), nil, oneInterval)
	if !errors.Is(err, ErrUnreachable) || !strings.Contains(err.Error(), "connection refused (after 4 attempts)") {
		t.Errorf("error %v", err)
	}
	if strings.Contains(err.Error(), "secret") {
		t.Errorf("the password is in %q", err)
	}
	if len(log.pauses) != 3 {
		t.Errorf("pauses %v", log.pauses)
	}
}

// hanging is a source that answers nobody until the test ends.
func hanging(t *testing.T) (url string, arrived chan struct{}) {
	t.Helper()
	arrived = make(chan struct{}, 100)
	release := make(chan struct{})
	srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		arrived <- struct{}{}
		select {
		case <-release:
		case <-r.Context().Done():
		}
	}))
	t.Cleanup(func() { close(release); srv.Close() })
	return srv.URL, arrived
}

func TestTimeout(t *testing.T) {
	url, _ := hanging(t)
	cl, _ := client(t, Options{URL: url, Timeout: 30 * time.Millisecond, Retries: 1})
	_, err := cl.Query(t.Context(), "x", one)
	if !errors.Is(err, ErrUnreachable) || !strings.Contains(err.Error(), "no answer within 30ms") {
		t.Errorf("error %v", err)
	}
	if s := cl.Stats(); s.Requests != 2 {
		t.Errorf("stats %+v", s)
	}
}

func TestCancellation(t *testing.T) {
	url, arrived := hanging(t)
	cl, _ := client(t, Options{URL: url, MaxPoints: 1, Concurrency: 2})
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-arrived
		cancel()
	}()
	_, err := cl.Query(ctx, "x", grid(time.Second, 50))
	if !errors.Is(err, context.Canceled) || errors.Is(err, ErrUnreachable) {
		t.Errorf("error %v", err)
	}
	// Those that wait for their turn give up as well.
	if _, err := cl.Query(ctx, "x", one); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

func TestCancelledWhilePausing(t *testing.T) {
	src := newSource(t, always(reply{status: 503, body: "busy"}))
	cl, err := New(Options{URL: src.URL, BackoffBase: time.Hour, BackoffMax: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	defer cl.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := cl.Query(ctx, "x", one); !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, ErrUnreachable) {
		t.Errorf("error %v", err)
	}
}

// The bound holds over all callers and all chunks of each.
func TestConcurrencyIsBounded(t *testing.T) {
	var now, most atomic.Int64
	var once sync.Once
	full := make(chan struct{}) // closed when the bound is reached, which the first requests wait for
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := now.Add(1)
		if n == 3 {
			once.Do(func() { close(full) })
		}
		select {
		case <-full:
		case <-r.Context().Done():
		}
		for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
		}
		time.Sleep(time.Millisecond)
		now.Add(-1)
		_, _ = w.Write([]byte(matrix()))
	}))
	defer srv.Close()
	cl, _ := client(t, Options{URL: srv.URL, MaxPoints: 5, Concurrency: 3})
	var wg sync.WaitGroup
	for range 6 {
		wg.Go(func() {
			if _, err := cl.Query(t.Context(), "x", grid(time.Second, 50)); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := most.Load(); n != 3 {
		t.Errorf("%d at once, want 3", n)
	}
}
