package journal

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/tsdb/chunks"
	"github.com/prometheus/prometheus/tsdb/record"

	"github.com/diagnops/diagnops/engine/model"
)

// oddLabels are labels of every length that is spelled in another way.
func oddLabels() []model.Labels {
	return []model.Labels{
		{},
		{{Name: "a", Value: "b"}},
		{{Name: "__name__", Value: "x"}, {Name: "le", Value: "+Inf"}},
		{{Name: "long", Value: strings.Repeat("v", 127)}, {Name: "longer", Value: strings.Repeat("v", 128)}},
		{{Name: "longest", Value: strings.Repeat("값", 20_000)}},
	}
}

// TestSeriesRecordsArePrometheus: what we spell is what Prometheus spells, byte for byte, and reads back.
func TestSeriesRecordsArePrometheus(t *testing.T) {
	t.Parallel()
	var b buffer
	var theirs []record.RefSeries
	for ref, ls := range oddLabels() {
		b.name(uint32(ref), appendLabels(nil, ls))
		var flat []string
		for _, l := range ls {
			flat = append(flat, l.Name, l.Value)
		}
		theirs = append(theirs, record.RefSeries{Ref: chunks.HeadSeriesRef(ref), Labels: labels.FromStrings(flat...)})
	}
	want := (&record.Encoder{}).Series(theirs, nil)
	if diff := cmp.Diff(want, b.series); diff != "" {
		t.Fatalf("the record differs from Prometheus' (-want +got):\n%s", diff)
	}
	got, err := readSeries(b.series, nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(oddLabels(), got); diff != "" {
		t.Errorf("read back (-want +got):\n%s", diff)
	}
}

func TestLongSeriesRecordsAreCut(t *testing.T) {
	t.Parallel()
	var b buffer
	var want, got []model.Labels
	for ref := range 5000 {
		want = append(want, of(ref))
		b.name(uint32(ref), appendLabels(nil, want[ref]))
	}
	if len(b.starts) < 3 {
		t.Fatalf("%d bytes are in %d records", len(b.series), len(b.starts))
	}
	for i, begin := range b.starts {
		end := append(b.starts[1:len(b.starts):len(b.starts)], len(b.series))[i]
		var err error
		if got, err = readSeries(b.series[begin:end], got); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestMalformedSeriesRecords(t *testing.T) {
	t.Parallel()
	good := appendSeries([]byte{byte(record.Series)}, 0, appendLabels(nil, of(0)))
	for n := range len(good) {
		if n == 1 {
			continue // a record of no series
		}
		if _, err := readSeries(good[:n], nil); err == nil {
			t.Errorf("a record cut to %d of %d bytes is taken for whole", n, len(good))
		}
	}
	for name, rec := range map[string][]byte{
		"of another type":      append([]byte{byte(record.Samples)}, good[1:]...),
		"a reference left out": appendSeries([]byte{byte(record.Series)}, 1, appendLabels(nil, of(0))),
		"more labels than bytes": append(append([]byte{byte(record.Series)}, make([]byte, 8)...),
			0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f),
		"labels not sorted": appendSeries([]byte{byte(record.Series)}, 0,
			appendLabels(nil, model.Labels{{Name: "b", Value: "1"}, {Name: "a", Value: "1"}})),
	} {
		if _, err := readSeries(rec, nil); err == nil {
			t.Errorf("%s: is taken for whole", name)
		}
	}
}

func FuzzReadSeries(f *testing.F) {
	for _, ls := range oddLabels() {
		f.Add(appendSeries([]byte{byte(record.Series)}, 0, appendLabels(nil, ls)))
	}
	f.Fuzz(func(t *testing.T, rec []byte) {
		series, err := readSeries(rec, nil)
		if err != nil {
			return
		}
		for _, ls := range series {
			for i := 1; i < len(ls); i++ {
				if ls[i-1].Name >= ls[i].Name {
					t.Fatalf("labels %v are not sorted", ls)
				}
			}
		}
	})
}

// TestIndexTellsClashesApart: series are found by all of their labels, not by a hash.
func TestIndexTellsClashesApart(t *testing.T) {
	t.Parallel()
	x := newIndex()
	x.mask = 3<<32 | 3
	const series = 2 * minSlots
	for round := range 2 { // the second time in the space of the first
		for n := range series {
			key := appendLabels(nil, of(n+round))
			hash := x.hash(key)
			if _, ok := x.find(key, hash); ok {
				t.Fatalf("series %d is known before it was added", n)
			}
			if ref := x.add(key, hash); ref != uint32(n) {
				t.Fatalf("series %d has reference %d", n, ref)
			}
		}
		for n := range series {
			key := appendLabels(nil, of(n+round))
			if ref, ok := x.find(key, x.hash(key)); !ok || ref != uint32(n) {
				t.Errorf("series %d is found as %d, %v", n, ref, ok)
			}
		}
		x.reset()
	}
}
