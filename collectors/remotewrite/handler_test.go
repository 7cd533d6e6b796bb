package remotewrite

import (
	"bytes"
	"errors"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gogo/protobuf/proto"
	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/snappy"
	"github.com/prometheus/prometheus/prompb"
	writev2 "github.com/prometheus/prometheus/prompb/io/prometheus/write/v2"

	"github.com/diagnops/diagnops/collectors"
	"github.com/diagnops/diagnops/engine/model"
)

// newHandler has a clock that stands at the epoch and a minute.
func newHandler(t *testing.T, sink collectors.Ingester, opts Options) *Handler {
	t.Helper()
	if opts.Now == nil {
		opts.Now = func() time.Time { return epoch.Add(time.Minute) }
	}
	h, err := New(sink, opts)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// lb builds labels from names and values, in the order given.
func lb(namesAndValues ...string) (ls model.Labels) {
	for i := 0; i < len(namesAndValues); i += 2 {
		ls = append(ls, model.Label{Name: namesAndValues[i], Value: namesAndValues[i+1]})
	}
	return ls
}

// sent is a series of a request, for both versions.
type sent struct {
	labels     model.Labels
	points     []model.Point
	created    int64
	histograms []prompb.Histogram
	exemplars  int
}

// v1 and v2 encode and compress a request.
func v1(tb testing.TB, series ...sent) []byte {
	tb.Helper()
	var req prompb.WriteRequest
	for _, s := range series {
		ts := prompb.TimeSeries{Histograms: s.histograms, Exemplars: make([]prompb.Exemplar, s.exemplars)}
		for _, l := range s.labels {
			ts.Labels = append(ts.Labels, prompb.Label{Name: l.Name, Value: l.Value})
		}
		for _, p := range s.points {
			ts.Samples = append(ts.Samples, prompb.Sample{Timestamp: p.TMillis, Value: p.Value})
		}
		req.Timeseries = append(req.Timeseries, ts)
	}
	return packed(tb, &req)
}

func v2(tb testing.TB, series ...sent) []byte {
	tb.Helper()
	return packed(tb, messageOf(series...))
}

// messageOf is a request of 2.0.
func messageOf(series ...sent) *writev2.Request {
	var req writev2.Request
	symbols := writev2.NewSymbolTable()
	for _, s := range series {
		ts := writev2.TimeSeries{Exemplars: make([]writev2.Exemplar, s.exemplars)}
		for _, l := range s.labels {
			ts.LabelsRefs = append(ts.LabelsRefs, symbols.Symbolize(l.Name), symbols.Symbolize(l.Value))
		}
		for _, p := range s.points {
			ts.Samples = append(ts.Samples, writev2.Sample{Timestamp: p.TMillis, Value: p.Value, StartTimestamp: s.created})
		}
		for _, h := range s.histograms {
			if h.IsFloatHistogram() {
				ts.Histograms = append(ts.Histograms, writev2.FromFloatHistogram(s.created, h.Timestamp, h.ToFloatHistogram()))
			} else {
				ts.Histograms = append(ts.Histograms, writev2.FromIntHistogram(s.created, h.Timestamp, h.ToIntHistogram()))
			}
		}
		req.Timeseries = append(req.Timeseries, ts)
	}
	req.Symbols = symbols.Symbols()
	return &req
}

func packed(tb testing.TB, m proto.Message) []byte {
	tb.Helper()
	return snappy.Encode(nil, plain(tb, m))
}

func plain(tb testing.TB, m proto.Message) []byte {
	tb.Helper()
	b, err := proto.Marshal(m)
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

const (
	typeV1 = mediaType + ";proto=" + messageV1
	typeV2 = mediaType + ";proto=" + messageV2
)

// post sends a body; more are header names and values, which come last.
func post(h http.Handler, contentType string, body []byte, more ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, "/api/v1/write", bytes.NewReader(body))
	r.Header.Set("Content-Encoding", "snappy")
	r.Header.Set("Content-Type", contentType)
	for i := 0; i < len(more); i += 2 {
		r.Header.Set(more[i], more[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func one(ls model.Labels, seconds int, v float64) sent {
	return sent{labels: ls, points: []model.Point{{TMillis: at(seconds), Value: v}}}
}

func TestNegotiation(t *testing.T) {
	t.Parallel()
	up := one(lb("__name__", "up"), 0, 1)
	for name, c := range map[string]struct {
		typ, encoding string
		body          []byte
		status        int
	}{
		"1.0":                   {mediaType, "snappy", v1(t, up), 204},
		"1.0 by name":           {typeV1, "snappy", v1(t, up), 204},
		"2.0":                   {typeV2, "snappy", v2(t, up), 204},
		"2.0 with a space":      {mediaType + "; proto=" + messageV2, "Snappy", v2(t, up), 204},
		"no headers":            {"", "", v1(t, up), 204},
		"other message":         {mediaType + ";proto=io.prometheus.write.v3.Request", "snappy", v2(t, up), 415},
		"other type":            {"application/json", "snappy", []byte("{}"), 415},
		"not a type":            {"application/", "snappy", nil, 415},
		"gzip":                  {typeV2, "gzip", nil, 415},
		"not compressed":        {typeV1, "snappy", []byte("no"), 400},
		"framed":                {typeV1, "snappy", []byte("\xff\x06\x00\x00sNaPpY"), 400},
		"not protobuf":          {typeV1, "snappy", snappy.Encode(nil, []byte{0x0a, 0xff}), 400},
		"empty":                 {typeV1, "snappy", snappy.Encode(nil, nil), 204},
		"2.0 cut off":           {typeV2, "snappy", snappy.Encode(nil, []byte{0x2a, 2, 0x12, 9}), 400},
		"claims to be enormous": {typeV1, "snappy", []byte{0xff, 0xff, 0xff, 0xff, 0x0f, 0}, 413},
	} {
		h := newHandler(t, newStore(), Options{})
		w := post(h, c.typ, c.body, "Content-Encoding", c.encoding)
		if w.Code != c.status || (w.Body.Len() == 0) != (c.status == 204) {
			t.Errorf("%s: %d %s, want %d", name, w.Code, w.Body, c.status)
		}
		isV2 := strings.HasSuffix(c.typ, messageV2)
		if told := w.Header().Get("X-Prometheus-Remote-Write-Samples-Written") != ""; told != (isV2 && c.status != 415) {
			t.Errorf("%s: tells what was written: %v", name, told)
		}
	}
	h := newHandler(t, newStore(), Options{})
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/api/v1/write", http.NoBody))
	if w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != http.MethodPost {
		t.Errorf("GET: %d %v", w.Code, w.Header())
	}
}

// TestPartialWrite: what is valid is taken, what is not is counted by its reason, in both versions.
func TestPartialWrite(t *testing.T) {
	t.Parallel()
	series := []sent{
		one(lb("__name__", "good", "job", "a"), 0, 1),
		{labels: lb("__name__", "good", "job", "b"), points: []model.Point{{TMillis: at(0)}, {TMillis: at(1), Value: 1}}},
		one(lb("__name__", "unsorted", "z", "1", "a", "2"), 0, 1),
		one(lb("__name__", "twice", "a", "1", "a", "2"), 0, 1),
		one(lb("job", "nameless"), 0, 1),
		one(lb("__name__", "", "job", "nameless"), 0, 1),
		one(lb("", "x", "__name__", "emptyname"), 0, 1),
		one(lb("__name__", "latin1", "a", "caf\xe9"), 0, 1),
		one(nil, 0, 1),
		{labels: lb("__name__", "times"), points: []model.Point{{TMillis: -1}, {TMillis: at(0), Value: 7}, {TMillis: at(86400)}}},
		one(lb("__name__", "emptyvalue", "a", "", "b", "1"), 0, 1),
	}
	for version, c := range map[string]struct {
		typ  string
		body []byte
	}{"1.0": {typeV1, v1(t, series...)}, "2.0": {typeV2, v2(t, series...)}} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			kept := newStore()
			h := newHandler(t, kept, Options{})
			w := post(h, c.typ, c.body)
			if w.Code != http.StatusBadRequest {
				t.Errorf("status %d", w.Code)
			}
			want := []string{`emptyvalue{b="1"}`, `good{job="a"}`, `good{job="b"}`, `times`}
			if d := cmp.Diff(want, kept.names()); d != "" {
				t.Error(d)
			}
			if d := cmp.Diff([]model.Point{{TMillis: at(0), Value: 7}}, kept.of("times")); d != "" {
				t.Error(d)
			}
			for _, line := range []string{
				`1 refused: a series must have its labels sorted by name, such as unsorted{z="1",a="2"}`,
				`1 refused: a series must have each label once, such as twice{a="1",a="2"}`,
				`2 refused: a series must have a metric's name, such as {job="nameless"}`,
				`1 refused: a series must not have a label without a name, such as emptyname{="x"}`,
				`1 refused: a series must have labels in UTF-8, such as latin1{a="caf\xe9"}`,
				`1 refused: a series must have labels`,
				`2 refused: a series must not have times before 1970 or in the future, such as times`,
			} {
				if !strings.Contains(w.Body.String(), line) {
					t.Errorf("%q is not in\n%s", line, w.Body)
				}
			}
			if got := w.Header().Get("X-Prometheus-Remote-Write-Samples-Written"); version == "2.0" && got != "5" {
				t.Errorf("%q samples written", got)
			}
			s := h.Stats()
			if s.Samples != 14 || s.Taken.Appended != 5 || len(s.Refused) != 7 {
				t.Errorf("%+v", s)
			}
		})
	}
}

func TestRepeatsAndOrder(t *testing.T) {
	t.Parallel()
	kept := newStore()
	h := newHandler(t, kept, Options{})
	x := lb("__name__", "x")
	for i, c := range []struct {
		s       sent
		status  int
		written string
		says    string
	}{
		{one(x, 10, 1), 204, "1", ""},
		{one(x, 10, 1), 204, "1", ""}, // a repetition is no loss
		{one(x, 10, 2), 400, "0", "1 refused: the series has another value at the same time"},
		{one(x, 5, 1), 400, "0", "1 refused: out of order"},
		{one(x, 11, model.StaleMarker()), 204, "1", ""},
		{sent{labels: x, points: []model.Point{{TMillis: at(12)}, {TMillis: at(11)}, {TMillis: at(13)}}}, 400, "2", "1 refused: out of order"},
	} {
		w := post(h, typeV2, v2(t, c.s))
		if w.Code != c.status || !strings.Contains(w.Body.String(), c.says) ||
			w.Header().Get("X-Prometheus-Remote-Write-Samples-Written") != c.written {
			t.Errorf("request %d: %d %v %s", i, w.Code, w.Header(), w.Body)
		}
	}
	points := kept.of("x")
	if len(points) != 4 || !model.IsStale(points[1].Value) {
		t.Errorf("kept %v", points)
	}
	s := h.Stats()
	if diff := cmp.Diff(Taken{Appended: 4, Duplicate: 1, Conflict: 1, OutOfOrder: 2}, s.Taken); diff != "" || s.Samples != 8 {
		t.Errorf("%d samples, %s", s.Samples, diff)
	}
	if d := cmp.Diff([]Count{{"204", 3}, {"400", 3}}, s.Answers); d != "" {
		t.Error(d)
	}
}

// TestCreated: a counter that began anew within a request is two stretches of one series.
func TestCreated(t *testing.T) {
	t.Parallel()
	d := newDecoder()
	symbols := []string{"", "__name__", "requests_total"}
	samples := []writev2.Sample{
		{Timestamp: at(1), Value: 5, StartTimestamp: at(-9)},
		{Timestamp: at(2), Value: 6, StartTimestamp: at(-9)},
		{Timestamp: at(3), Value: 1, StartTimestamp: at(2)},
		{Timestamp: at(4), Value: 2},
	}
	b, err := proto.Marshal(&writev2.Request{Symbols: symbols, Timeseries: []writev2.TimeSeries{{LabelsRefs: []uint32{1, 2}, Samples: samples}}})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.v2(b); err != nil {
		t.Fatal(err)
	}
	name := lb("__name__", "requests_total")
	want := []model.BatchSeries{
		{Labels: name, First: 0, N: 2, CreatedMillis: at(-9)}, {Labels: name, First: 2, N: 1, CreatedMillis: at(2)}, {Labels: name, First: 3, N: 1},
	}
	if diff := cmp.Diff(want, d.plain.Series); diff != "" {
		t.Error(diff)
	}
}

func TestWhatTheSinkCouldNotDo(t *testing.T) {
	t.Parallel()
	x, y := one(lb("__name__", "x"), 0, 1), one(lb("__name__", "y"), 0, 1)

	t.Run("over budget", func(t *testing.T) {
		t.Parallel()
		kept := newStore()
		kept.budget = 1
		w := post(newHandler(t, kept, Options{}), typeV2, v2(t, x, y))
		if w.Code != 400 || !strings.Contains(w.Body.String(), "1 refused: over the budget of series\n  y") ||
			w.Header().Get("X-Prometheus-Remote-Write-Samples-Written") != "1" {
			t.Errorf("%d %v %s", w.Code, w.Header(), w.Body)
		}
	})
	t.Run("too busy", func(t *testing.T) {
		t.Parallel()
		kept := newStore()
		kept.meddle = func(taken *model.Taken) (bool, error) { taken.Appended, taken.Dropped = 1, 1; return true, nil }
		h := newHandler(t, kept, Options{})
		w := post(h, typeV2, v2(t, x, y))
		if w.Code != 503 || w.Header().Get("Retry-After") != "1" || w.Header().Get("X-Prometheus-Remote-Write-Samples-Written") != "1" {
			t.Errorf("%d %v %s", w.Code, w.Header(), w.Body)
		}
		kept.meddle = nil
		if w := post(h, typeV2, v2(t, x, y)); w.Code != 204 {
			t.Errorf("sent again: %d %s", w.Code, w.Body)
		}
	})
	t.Run("failed", func(t *testing.T) {
		t.Parallel()
		kept, secret := newStore(), errors.New("secret cause")
		kept.meddle = func(*model.Taken) (bool, error) { return true, secret }
		var told error
		h := newHandler(t, kept, Options{OnError: func(_ string, err error) { told = err }})
		w := post(h, typeV1, v1(t, x, y))
		if w.Code != 500 || strings.Contains(w.Body.String(), "secret") || !errors.Is(told, secret) {
			t.Errorf("%d %s, told %v", w.Code, w.Body, told)
		}
		if s := h.Stats(); s.Failed != 2 || s.Samples != 2 {
			t.Errorf("%+v", s)
		}
	})
}

func TestExemplarsAndMetadata(t *testing.T) {
	t.Parallel()
	kept := newStore()
	h := newHandler(t, kept, Options{})
	x := sent{labels: lb("__name__", "x"), exemplars: 2}
	if w := post(h, typeV1, v1(t, x)); w.Code != 204 {
		t.Errorf("1.0: %d %s", w.Code, w.Body)
	}
	w := post(h, typeV2, v2(t, x))
	if w.Code != 204 || w.Header().Get("X-Prometheus-Remote-Write-Exemplars-Written") != "2" {
		t.Errorf("2.0: %d %v", w.Code, w.Header())
	}
	w = post(h, typeV2, v2(t, sent{labels: lb("__name__", "y")}))
	if w.Code != 400 || !strings.Contains(w.Body.String(), "must have samples or histograms, such as y") {
		t.Errorf("a series of nothing: %d %s", w.Code, w.Body)
	}
	body := packed(t, &prompb.WriteRequest{Metadata: []prompb.MetricMetadata{{MetricFamilyName: "x"}}})
	if w := post(h, typeV1, body); w.Code != 204 {
		t.Errorf("metadata: %d %s", w.Code, w.Body)
	}
	if s := h.Stats(); s.Exemplars != 4 || s.Metadata != 1 || len(kept.names()) != 0 {
		t.Errorf("%+v, kept %v", s, kept.names())
	}
}

func TestOptions(t *testing.T) {
	t.Parallel()
	_, err := New(newStore(), Options{
		DecodedBytes: -1, Limits: Limits{SamplesPerSecond: math.NaN()}, LimitsFor: map[string]Limits{"b": {InFlight: -1}, "a": {ActiveSeries: -1}},
	})
	want := "remote-write options: decoded bytes (-1) must be at least 1\nlimit of samples a second (NaN) must be at least 0\n" +
		"limit of active series of a (-1) must be at least 0\nlimit of requests in flight of b (-1) must be at least 0"
	if err == nil || err.Error() != want {
		t.Errorf("%v", err)
	}
}
