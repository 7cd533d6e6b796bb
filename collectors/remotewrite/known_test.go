package remotewrite

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/gogo/protobuf/proto"
	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/snappy"
	"github.com/prometheus/prometheus/prompb"
	"pgregory.net/rapid"

	"github.com/diagnops/diagnops/engine/model"
	"github.com/diagnops/diagnops/engine/window"
)

// handled is an Ingester that gives every series a handle, and keeps what it was told of each.
type handled struct {
	store
	handles map[string]*handle
}

type handle struct {
	of   string // the labels it was given out for
	gone bool
}

func (h *handle) Gone() bool { return h.gone }

func newHandled() *handled { return &handled{store: *newStore(), handles: map[string]*handle{}} }

// Ingest fails when a handle comes with the labels of another series.
func (s *handled) Ingest(ctx context.Context, b *model.Batch) (model.Taken, error) {
	for i := range b.Series {
		one := &b.Series[i]
		name := one.Labels.String()
		if one.Handle != nil {
			if of := one.Handle.(*handle).of; of != name {
				return model.Taken{}, fmt.Errorf("the handle of %s came with %s", of, name)
			}
			continue
		}
		if s.handles[name] == nil || s.handles[name].gone {
			s.handles[name] = &handle{of: name}
		}
		one.Handle = s.handles[name]
	}
	return s.store.Ingest(ctx, b)
}

// round sends a message through decoder and sink as a Handler does, and returns how many series came with a handle.
func round(t interface {
	Helper()
	Fatal(...any)
}, d *decoder, sink *handled, version int, message []byte,
) (recalled int) {
	t.Helper()
	d.reset(at(1 << 20))
	if err := d.read(version, message); err != nil {
		t.Fatal(err)
	}
	for i := range d.plain.Series {
		if d.plain.Series[i].Handle != nil {
			recalled++
		}
	}
	if _, err := sink.Ingest(context.Background(), &d.plain); err != nil {
		t.Fatal(err)
	}
	d.memory.learn(epoch, d)
	return recalled
}

// TestKnownSeriesReadAsNewOnes sends random requests, of few labels so that series come again, extend each other and
// differ by little, to a decoder that remembers and to one that does not: both must read the same.
func TestKnownSeriesReadAsNewOnes(tb *testing.T) {
	tb.Parallel()
	rapid.Check(tb, func(t *rapid.T) {
		version := rapid.IntRange(1, 2).Draw(t, "version")
		d, sink := newDecoder(), newHandled()
		for range rapid.IntRange(2, 12).Draw(t, "requests") {
			message := drawMessage(tb, t, version)
			fresh := newDecoder()
			fresh.reset(at(1 << 20))
			if err := fresh.read(version, message); err != nil {
				t.Fatal(err)
			}
			round(t, d, sink, version, message)
			if diff := cmp.Diff(ours(fresh), ours(d)); diff != "" {
				t.Fatalf("(-new +known)\n%s", diff)
			}
			for _, h := range sink.handles {
				h.gone = h.gone || rapid.IntRange(0, 20).Draw(t, "gone") == 0
			}
		}
	})
}

// drawMessage draws a request of series made of a few words; of the fields of a series, labels may come late or twice.
func drawMessage(tb testing.TB, t *rapid.T, version int) []byte {
	tb.Helper()
	word := rapid.SampledFrom([]string{"a", "b", "c", "", "long" + fmt.Sprintf("%0150d", 1)})
	var all []sent
	for range rapid.IntRange(0, 6).Draw(t, "series") {
		ls := model.Labels{{Name: model.MetricName, Value: rapid.SampledFrom([]string{"x", "y"}).Draw(t, "metric")}}
		for _, name := range []string{"j", "k", "l"} {
			if rapid.Bool().Draw(t, "has") {
				ls = append(ls, model.Label{Name: name, Value: word.Draw(t, "value")})
			}
		}
		all = append(all, one(ls, rapid.IntRange(0, 5).Draw(t, "time"), 1))
	}
	encode := v1
	if version == 2 {
		encode = v2
	}
	b, err := snappy.Decode(nil, encode(tb, all...))
	if err != nil {
		t.Fatal(err)
	}
	if version == 1 && rapid.Bool().Draw(t, "late label") {
		b = append(b, lateLabel(t, all)...)
	}
	return b
}

// lateLabel spells a series of the request once more, with one more label after its samples.
func lateLabel(t *rapid.T, all []sent) []byte {
	if len(all) == 0 {
		return nil
	}
	var ts prompb.TimeSeries
	for _, l := range all[0].labels {
		ts.Labels = append(ts.Labels, prompb.Label{Name: l.Name, Value: l.Value})
	}
	ts.Samples = []prompb.Sample{{Timestamp: at(9), Value: 2}}
	series, err := proto.Marshal(&ts)
	if err != nil {
		t.Fatal(err)
	}
	late, err := proto.Marshal(&prompb.TimeSeries{Labels: []prompb.Label{{Name: "z", Value: "late"}}})
	if err != nil {
		t.Fatal(err)
	}
	series = append(series, late...)
	return append(proto.EncodeVarint(1<<3|2), append(proto.EncodeVarint(uint64(len(series))), series...)...)
}

// TestOrderOfSeriesDoesNotMatter finds every series again in whatever order a sender has them, and however it numbers its symbols.
func TestOrderOfSeriesDoesNotMatter(t *testing.T) {
	t.Parallel()
	const series = 50
	for version, encode := range map[int]func(testing.TB, ...sent) []byte{1: v1, 2: v2} {
		d, sink := newDecoder(), newHandled()
		for request := range 5 {
			var all []sent
			for _, i := range rand.Perm(series) {
				all = append(all, one(lb("__name__", "m", "i", fmt.Sprint(i), "job", "a"), request, 1))
			}
			message, err := snappy.Decode(nil, encode(t, all...))
			if err != nil {
				t.Fatal(err)
			}
			want := series
			if request == 0 {
				want = 0
			}
			if got := round(t, d, sink, version, message); got != want {
				t.Errorf("version %d, request %d: %d series are known again, want %d", version, request, got, want)
			}
		}
	}
}

// TestMemoryIsBounded fills a memory: what there is no room for is taken in all the same and counted, and room is made by
// series that leave.
func TestMemoryIsBounded(t *testing.T) {
	t.Parallel()
	d, sink := newDecoder(), newHandled()
	d.memory.max = 2
	send := func(now time.Time, names ...string) {
		t.Helper()
		var all []sent
		for _, n := range names {
			all = append(all, one(lb("__name__", n), 1, 1))
		}
		message, err := snappy.Decode(nil, v1(t, all...))
		if err != nil {
			t.Fatal(err)
		}
		round(t, d, sink, 1, message)
		d.memory.learn(now, d)
	}
	send(epoch, "a", "b", "c")
	if n, missed := d.memory.stats(); n != 2 || missed == 0 {
		t.Errorf("%d series are known and %d were not for want of room, want 2 and some", n, missed)
	}
	sink.handles[lb("__name__", "a").String()].gone = true
	send(epoch.Add(2*sweepEvery), "c")
	if k := len(sink.handles); k != 3 {
		t.Fatalf("%d series were taken in, want 3", k)
	}
	send(epoch.Add(2*sweepEvery), "c")
	if n, _ := d.memory.stats(); n != 2 {
		t.Errorf("%d series are known, want 2", n)
	}
	var known bool
	for _, k := range d.memory.series {
		known = known || k.labels.Get(model.MetricName) == "c"
	}
	if !known {
		t.Error("no room was made for a series when another had left")
	}
}

// TestSeriesThatLeftComesBack lets the window give a series up that the handler remembers.
func TestSeriesThatLeftComesBack(t *testing.T) {
	t.Parallel()
	w := live(t, window.Options{})
	h, err := New(w, Options{Now: func() time.Time { return epoch }})
	if err != nil {
		t.Fatal(err)
	}
	for second := range 6 {
		if second == 3 {
			if left, err := w.Expire(t.Context(), epoch.Add(time.Hour)); err != nil || left != 1 {
				t.Fatal(left, err)
			}
		}
		if w := post(h, typeV1, v1(t, one(lb("__name__", "x", "job", "a"), second, 1))); w.Code != 204 {
			t.Fatal(w.Code, w.Body)
		}
	}
	s := w.Select()
	if len(s) != 1 {
		t.Fatalf("%d series, want 1", len(s))
	}
	if oldest, end := s[0].Bounds(); oldest != 0 || end != 3 {
		t.Errorf("samples %d to %d, want the three after it left", oldest, end)
	}
	var _ model.SeriesHandle = (*window.Series)(nil)
}
