package remotewrite

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/snappy"

	"github.com/diagnops/diagnops/engine/model"
)

// clock is a time that tests move.
type clock struct{ now time.Time }

func (c *clock) read() time.Time { return c.now }

func TestSampleAndByteRates(t *testing.T) {
	t.Parallel()
	c := clock{epoch}
	h := newHandler(t, newStore(), Options{Now: c.read, SenderHeader: "X-Scope-OrgID", Limits: Limits{SamplesPerSecond: 2}})
	send := func(seconds int, tenant string) *httptest.ResponseRecorder {
		return post(h, typeV2, v2(t, one(lb("__name__", "x", "of", tenant), seconds, 1)), "X-Scope-OrgID", tenant)
	}
	for i, want := range []int{204, 204, 429} {
		if w := send(i, "a"); w.Code != want {
			t.Fatalf("request %d: %d %s", i, w.Code, w.Body)
		}
	}
	if w := send(3, "a"); w.Header().Get("Retry-After") != "1" || !strings.Contains(w.Body.String(), "a must send at most 2 samples a second") {
		t.Errorf("%v %s", w.Header(), w.Body)
	}
	if w := send(3, "b"); w.Code != 204 {
		t.Errorf("another sender: %d %s", w.Code, w.Body)
	}
	c.now = c.now.Add(time.Second)
	if w := send(3, "a"); w.Code != 204 {
		t.Errorf("a second later: %d %s", w.Code, w.Body)
	}
	if s := h.Stats(); s.Limited != 2 || s.Samples != 6 || s.Taken.Appended != 4 {
		t.Errorf("%+v", s)
	}

	body := v1(t, one(lb("__name__", "x"), 0, 1))
	h = newHandler(t, newStore(), Options{Now: c.read, Limits: Limits{BytesPerSecond: float64(len(body))}})
	if a, b := post(h, typeV1, body).Code, post(h, typeV1, body).Code; a != 204 || b != 429 {
		t.Errorf("bytes: %d, then %d", a, b)
	}
	c.now = c.now.Add(time.Second)
	// A request above the burst takes all of it rather than never coming through.
	if w := post(h, typeV1, v1(t, one(lb("__name__", strings.Repeat("long", 50)+fmt.Sprint(epoch)), 1, 1), one(lb("__name__", "x"), 1, 1))); w.Code != 204 {
		t.Errorf("a long request: %d %s", w.Code, w.Body)
	}
}

func TestSizes(t *testing.T) {
	t.Parallel()
	body := v1(t, one(lb("__name__", "x"), 0, 1))
	zeros := snappy.Encode(nil, make([]byte, 1000))
	for name, c := range map[string]struct {
		opts   Options
		body   []byte
		status int
	}{
		"fits":              {Options{RequestBytes: len(body)}, body, 204},
		"too long":          {Options{RequestBytes: len(body) - 1}, body, 413},
		"sender's own":      {Options{Limits: Limits{RequestBytes: len(body) - 1}}, body, 413},
		"another's":         {Options{LimitsFor: map[string]Limits{"nobody": {RequestBytes: 1}}}, body, 204},
		"decoded too long":  {Options{DecodedBytes: 999}, zeros, 413},
		"too many labels":   {Options{Labels: 1}, v1(t, one(lb("__name__", "x", "a", "b"), 0, 1)), 400},
		"too long labels":   {Options{LabelBytes: 10}, v1(t, one(lb("__name__", "x", "a", "b"), 0, 1)), 400},
		"labels just right": {Options{LabelBytes: 11, Labels: 2}, v1(t, one(lb("__name__", "x", "a", "b"), 0, 1)), 204},
	} {
		h := newHandler(t, newStore(), c.opts)
		if w := post(h, typeV1, c.body); w.Code != c.status {
			t.Errorf("%s: %d %s, want %d", name, w.Code, w.Body, c.status)
		}
		// The length need not be told.
		r := httptest.NewRequest(http.MethodPost, "/", io.MultiReader(strings.NewReader(string(c.body))))
		w := httptest.NewRecorder()
		if h := newHandler(t, newStore(), c.opts); r.ContentLength != -1 {
			t.Fatal("the length is told")
		} else if h.ServeHTTP(w, r); w.Code != c.status {
			t.Errorf("%s, length not told: %d %s, want %d", name, w.Code, w.Body, c.status)
		}
	}
	h := newHandler(t, newStore(), Options{})
	r := httptest.NewRequest(http.MethodPost, "/", io.MultiReader(strings.NewReader("x"), cutOff{}))
	w := httptest.NewRecorder()
	if h.ServeHTTP(w, r); w.Code != 400 {
		t.Errorf("cut off: %d", w.Code)
	}
}

type cutOff struct{}

func (cutOff) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestActiveSeries(t *testing.T) {
	t.Parallel()
	c, kept := clock{epoch}, newStore()
	h := newHandler(t, kept, Options{Now: c.read, ActiveWindow: time.Minute, Limits: Limits{ActiveSeries: 2}})
	send := func(names ...string) *httptest.ResponseRecorder {
		var all []sent
		for _, name := range names {
			all = append(all, sent{labels: lb("__name__", name), points: []model.Point{{TMillis: c.now.UnixMilli()}}})
		}
		return post(h, typeV2, v2(t, all...))
	}
	w := send("a", "b", "c")
	if w.Code != 400 || w.Header().Get("X-Prometheus-Remote-Write-Samples-Written") != "2" ||
		!strings.Contains(w.Body.String(), "1 refused: a series is over its sender's limit of active series, such as c") {
		t.Errorf("%d %v %s", w.Code, w.Header(), w.Body)
	}
	if d := cmp.Diff([]string{"a", "b"}, kept.names()); d != "" {
		t.Error(d)
	}
	c.now = c.now.Add(61 * time.Second)
	if w := send("a", "c"); w.Code != 400 {
		t.Errorf("b is still within its window: %d", w.Code)
	}
	c.now = c.now.Add(61 * time.Second)
	if w := send("a", "c"); w.Code != 204 {
		t.Errorf("b is gone: %d %s", w.Code, w.Body)
	}
	if s := h.Stats(); s.Senders[0].ActiveSeries != 2 || s.Senders[0].Requests != 3 || s.Senders[0].Refused != 2 {
		t.Errorf("%+v", s.Senders)
	}
}

// held is a sink that waits.
type held struct {
	store
	in  chan struct{}
	out chan struct{}
}

func (s *held) Ingest(ctx context.Context, b *model.Batch) (model.Taken, error) {
	s.in <- struct{}{}
	<-s.out
	return s.store.Ingest(ctx, b)
}

func TestInFlight(t *testing.T) {
	t.Parallel()
	body := v1(t, one(lb("__name__", "x"), 0, 1))
	for name, c := range map[string]struct {
		opts   Options
		status int
		says   string
	}{
		"everybody's": {Options{InFlight: 1, QueueTimeout: time.Second}, 503, "too busy: 1 requests are under way"},
		"a sender's":  {Options{Limits: Limits{InFlight: 1}}, 429, "at most 1 requests of 192.0.2.1 may be under way"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				sink := &held{store: store{series: map[string]*stored{}}, in: make(chan struct{}), out: make(chan struct{})}
				h := newHandler(t, sink, c.opts)
				first := make(chan int)
				go func() { first <- post(h, typeV1, body).Code }()
				<-sink.in
				w := post(h, typeV1, body)
				if w.Code != c.status || w.Header().Get("Retry-After") != "1" || !strings.Contains(w.Body.String(), c.says) {
					t.Errorf("%d %v %s", w.Code, w.Header(), w.Body)
				}
				close(sink.out)
				if code := <-first; code != 204 {
					t.Errorf("the first: %d", code)
				}
			})
		})
	}
}

func TestWhoSends(t *testing.T) {
	t.Parallel()
	h := newHandler(t, newStore(), Options{SenderHeader: "X-Scope-OrgID", Senders: 3})
	body := v1(t, one(lb("__name__", "x"), 0, 1))
	post(h, typeV1, body)
	post(h, typeV1, body, "Authorization", "Basic c2hvcDpwYXNz") // shop:pass
	post(h, typeV1, body, "Authorization", "Basic c2hvcDpwYXNz", "X-Scope-OrgID", "team-a")
	names := func() (out []string) {
		for _, s := range h.Stats().Senders {
			out = append(out, s.Name)
		}
		return out
	}
	if d := cmp.Diff([]string{"192.0.2.1", "shop", "team-a"}, names()); d != "" {
		t.Error(d)
	}
	post(h, typeV1, body)
	post(h, typeV1, body, "X-Scope-OrgID", strings.Repeat("b", 1000))
	if d := cmp.Diff([]string{"192.0.2.1", strings.Repeat("b", maxSenderName) + "...", "team-a"}, names()); d != "" {
		t.Error("the one heard of least recently is forgotten:", d)
	}
}

// TestManyAtOnce: requests that are worked on at the same time do not disturb each other's labels or counts.
func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	const senders, requests = 8, 30
	kept := newStore()
	h := newHandler(t, kept, Options{InFlight: 3})
	var wg sync.WaitGroup
	for s := range senders {
		wg.Go(func() {
			name := fmt.Sprintf("of_%d_%s", s, strings.Repeat("x", s))
			for i := range requests {
				x := one(lb("__name__", name, "job", name), i, float64(i))
				typ, body := typeV1, v1(t, x, native(lb("__name__", "h", "job", name), i, exponential(int64(i))))
				if i%2 == 0 {
					typ, body = typeV2, v2(t, x, native(lb("__name__", "h", "job", name), i, exponential(int64(i))))
				}
				if w := post(h, typ, body); w.Code != 204 {
					t.Errorf("%d %s", w.Code, w.Body)
				}
			}
		})
	}
	wg.Wait()
	s := h.Stats()
	if s.Samples != senders*requests || s.Histograms != senders*requests || len(kept.names()) != senders*(1+5) {
		t.Errorf("%+v, series %v", s, kept.names())
	}
	for s := range senders {
		name := fmt.Sprintf("of_%d_%s", s, strings.Repeat("x", s))
		if points := kept.of(fmt.Sprintf("%s{job=%q}", name, name)); len(points) != requests {
			t.Errorf("%s has %d points", name, len(points))
		}
	}
}
