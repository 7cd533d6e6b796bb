package remotewrite

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/prometheus/prompb"
	writev2 "github.com/prometheus/prometheus/prompb/io/prometheus/write/v2"

	"github.com/diagnops/diagnops/engine/model"
)

// TestSymbolsBeginWithTheEmptyOne: nothing is taken of a request of 2.0 whose symbols are missing or begin otherwise.
func TestSymbolsBeginWithTheEmptyOne(t *testing.T) {
	t.Parallel()
	series := []writev2.TimeSeries{{LabelsRefs: []uint32{1, 2}, Samples: []writev2.Sample{{Timestamp: at(0), Value: 1}}}}
	for what, c := range map[string]struct {
		request writev2.Request
		status  int
	}{
		"as it must be": {writev2.Request{Symbols: []string{"", "__name__", "up"}, Timeseries: series}, 204},
		"other first":   {writev2.Request{Symbols: []string{"up", "__name__", "up"}, Timeseries: series}, 400},
		"none":          {writev2.Request{}, 400},
	} {
		kept := newStore()
		w := post(newHandler(t, kept, Options{}), typeV2, packed(t, &c.request))
		if w.Code != c.status || (len(kept.names()) == 1) != (c.status == 204) ||
			strings.Contains(w.Body.String(), "the empty string as the first of its symbols") != (c.status == 400) {
			t.Errorf("%s: %d %s, kept %v", what, w.Code, w.Body, kept.names())
		}
	}
}

// TestSamplesAndHistogramsApart: a series of 2.0 with both is refused, whether it is known or not; others are taken.
func TestSamplesAndHistogramsApart(t *testing.T) {
	t.Parallel()
	kept := newStore()
	h := newHandler(t, kept, Options{})
	both := one(lb("__name__", "both"), 0, 1)
	both.histograms = native(nil, 0, exponential(3)).histograms
	w := post(h, typeV2, v2(t, both, one(lb("__name__", "x"), 0, 1)))
	if w.Code != 400 || w.Header().Get(writtenHeader+"Samples-Written") != "1" || w.Header().Get(writtenHeader+"Histograms-Written") != "0" ||
		!strings.Contains(w.Body.String(), "2 refused: a series must have samples or histograms, not both, such as both") {
		t.Errorf("%d %v %s", w.Code, w.Header(), w.Body)
	}
	if diff := cmp.Diff([]string{"x"}, kept.names()); diff != "" {
		t.Error(diff)
	}

	d, sink := newDecoder(), newHandled()
	for i, want := range []int{1, 2} {
		both := one(lb("__name__", "known"), i, 1)
		if i == 1 {
			both.histograms = []prompb.Histogram{prompb.FromIntHistogram(at(i), exponential(3))}
		}
		round(t, d, sink, 2, plain(t, messageOf(both)))
		if got := d.seen.Samples + d.seen.Histograms; got != want {
			t.Errorf("request %d: %d seen, want %d", i, got, want)
		}
	}
	if got := d.refuse[mixed].n; got != 2 || len(d.plain.Points) != 0 || len(d.native.Rest.Points) != 0 {
		t.Errorf("%d refused, want 2; taken %v", got, d.plain.Points)
	}
}

// TestFailuresTellWhatWasWritten: the headers of 2.0 come with every status, with what the sink took before it failed.
func TestFailuresTellWhatWasWritten(t *testing.T) {
	t.Parallel()
	for what, c := range map[string]struct {
		meddle             func(call int, taken *model.Taken) (done bool, err error)
		status             int
		samples, exemplars string
	}{
		"too busy for some": {func(_ int, taken *model.Taken) (bool, error) {
			taken.Appended, taken.Dropped = 1, 1
			return true, nil
		}, 503, "1", "0"},
		"failed at once": {func(int, *model.Taken) (bool, error) { return true, errors.New("cause") }, 500, "0", "0"},
		"failed after the samples": {func(call int, _ *model.Taken) (bool, error) {
			return call > 0, errors.New("cause")
		}, 500, "2", "0"},
		"took all": {func(int, *model.Taken) (bool, error) { return false, nil }, 204, "2", "1"},
	} {
		kept, calls := newStore(), 0
		kept.meddle = func(taken *model.Taken) (bool, error) {
			calls++
			return c.meddle(calls-1, taken)
		}
		x := one(lb("__name__", "x"), 0, 1)
		x.exemplars = 1
		w := post(newHandler(t, kept, Options{}), typeV2, v2(t, x, one(lb("__name__", "y"), 0, 1), native(lb("__name__", "h"), 0, exponential(3))))
		histograms := map[int]string{204: "1"}[c.status]
		if histograms == "" {
			histograms = "0"
		}
		h := w.Header()
		got := []string{h.Get(writtenHeader + "Samples-Written"), h.Get(writtenHeader + "Histograms-Written"), h.Get(writtenHeader + "Exemplars-Written")}
		if diff := cmp.Diff([]string{c.samples, histograms, c.exemplars}, got); w.Code != c.status || diff != "" {
			t.Errorf("%s: %d, want %d; (-want +got)\n%s", what, w.Code, c.status, diff)
		}
	}
}
