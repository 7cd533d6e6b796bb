package remotewrite

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"unsafe"

	"github.com/google/go-cmp/cmp"
	writev2 "github.com/prometheus/prometheus/prompb/io/prometheus/write/v2"
	"pgregory.net/rapid"

	"github.com/diagnops/diagnops/engine/window"
)

// family is n series of one metric, at a second.
func family(metric string, n, second int) (all []sent) {
	for i := range n {
		all = append(all, one(lb("__name__", metric, "i", fmt.Sprint(i), "job", "a"), second, 1))
	}
	return all
}

// TestRepeatedTableIsNotReadAgain: from its third time on, the symbols of a request are compared and not read.
func TestRepeatedTableIsNotReadAgain(t *testing.T) {
	t.Parallel()
	d, sink := newDecoder(), newHandled()
	for request := range 5 {
		for _, metric := range []string{"m", "n"} { // two shards of a sender take turns
			got := round(t, d, sink, 2, plain(t, messageOf(family(metric, 20, request)...)))
			if want := 20 * min(request, 1); got != want {
				t.Errorf("request %d of %s: %d series are known, want %d", request, metric, got, want)
			}
			if read := len(d.symbols) > 0; read != (request < 3) {
				t.Errorf("request %d of %s: the symbols are read: %v", request, metric, read)
			}
		}
	}
	if n := len(d.memory.tables.held); n != 2 {
		t.Errorf("%d tables are remembered, want 2", n)
	}
}

// TestTableFollowsItsSeries lets series of a remembered table be missing, be new, and leave and come back.
func TestTableFollowsItsSeries(t *testing.T) {
	t.Parallel()
	d, sink := newDecoder(), newHandled()
	request := 0
	send := func(series func(all []writev2.TimeSeries) []writev2.TimeSeries) (recalled int, read bool) {
		t.Helper()
		message := messageOf(family("m", 20, request)...)
		message.Timeseries = series(message.Timeseries)
		request++
		return round(t, d, sink, 2, plain(t, message)), len(d.symbols) > 0
	}
	all := func(all []writev2.TimeSeries) []writev2.TimeSeries { return all }
	most := func(all []writev2.TimeSeries) []writev2.TimeSeries { return append(all[:3:3], all[7:]...) }
	check := func(what string, recalled int, read bool, wantRecalled int, wantRead bool) {
		t.Helper()
		if recalled != wantRecalled || read != wantRead {
			t.Errorf("%s: %d series are known and symbols read: %v; want %d, %v", what, recalled, read, wantRecalled, wantRead)
		}
	}
	for range 3 {
		send(most)
	}
	n, read := send(most)
	check("as before", n, read, 16, false)
	n, read = send(all)
	check("four more, new", n, read, 16, true)
	n, read = send(all)
	check("four more, which the table lacks", n, read, 20, true)
	for range 2 {
		send(all)
	}
	n, read = send(all)
	check("a new table", n, read, 20, false)
	n, read = send(most)
	check("some are missing", n, read, 16, false)
	for _, h := range sink.handles {
		h.gone = true
	}
	n, read = send(all)
	check("all have left", n, read, 0, true)
	for range 3 {
		send(all)
	}
	n, read = send(all)
	check("all have come back", n, read, 20, false)
}

// TestTablesAreBounded sends more tables than are remembered, and one that is too large.
func TestTablesAreBounded(t *testing.T) {
	t.Parallel()
	d, sink := newDecoder(), newHandled()
	for second := range 2 * 4 {
		for i := range maxTables + 5 {
			round(t, d, sink, 2, plain(t, messageOf(family(fmt.Sprintf("m%d", i), 3, second)...)))
		}
	}
	if n := len(d.memory.tables.held); n != maxTables {
		t.Errorf("%d tables are remembered, want %d", n, maxTables)
	}
	for i := range maxSeen + 9 {
		d.memory.tables.again(uint64(i))
	}
	if n := len(d.memory.tables.seen); n > maxSeen {
		t.Errorf("%d tables are kept in mind, want at most %d", n, maxSeen)
	}
	for what, enlarge := range map[string]func(*writev2.Request){
		"a long symbol": func(r *writev2.Request) { r.Symbols = append(r.Symbols, string(make([]byte, maxTableBytes))) },
		"a series again and again": func(r *writev2.Request) {
			r.Timeseries = slices.Repeat(r.Timeseries, maxTableBytes/int(unsafe.Sizeof(referrer{}))/len(r.Timeseries)+1)
		},
	} {
		large := newDecoder()
		for second := range 4 {
			message := messageOf(family("m", 3, second)...)
			enlarge(message)
			round(t, large, sink, 2, plain(t, message))
		}
		if n := len(large.memory.tables.held); n != 0 {
			t.Errorf("%s: %d tables are remembered, want none so large", what, n)
		}
	}
}

// TestTablesReadAsNewOnes sends random requests, whose symbols come again, go on, or stand elsewhere, and whose series come,
// stay away, change places and have late labels, to a decoder that remembers and to one that does not: both must read the same.
func TestTablesReadAsNewOnes(t *testing.T) {
	t.Parallel()
	remembered := 0
	rapid.Check(t, func(t *rapid.T) {
		d, sink := newDecoder(), newHandled()
		for request := range rapid.IntRange(4, 16).Draw(t, "requests") {
			message := drawTable(t, request)
			fresh := newDecoder()
			fresh.reset(at(1 << 20))
			if err := fresh.read(2, message); err != nil {
				t.Fatal(err)
			}
			round(t, d, sink, 2, message)
			if diff := cmp.Diff(ours(fresh), ours(d)); diff != "" {
				t.Fatalf("request %d (-new +remembered)\n%s", request, diff)
			}
			if d.table != nil {
				remembered++
			}
			for _, h := range sink.handles {
				h.gone = h.gone || rapid.IntRange(0, 40).Draw(t, "gone") == 0
			}
		}
	})
	if remembered == 0 {
		t.Error("no table was remembered: the test proves nothing")
	}
}

// drawTable draws a request with one of a few tables of symbols.
func drawTable(t *rapid.T, second int) []byte {
	t.Helper()
	message := messageOf(family("m", rapid.IntRange(2, 3).Draw(t, "table"), second)...)
	all := message.Timeseries
	switch rapid.IntRange(0, 5).Draw(t, "series") {
	case 0:
		all = all[1:]
	case 1:
		all[0], all[1] = all[1], all[0]
	case 2:
		all = append(all, all[0])
	}
	message.Timeseries = nil
	var late []byte // fields that come after the series
	switch rapid.IntRange(0, 3).Draw(t, "symbols") {
	case 0: // they go on
		message.Symbols = append(message.Symbols, "more")
	case 1: // they go on elsewhere, with one of two texts
		late = field(4, []byte(rapid.SampledFrom([]string{"b", "c"}).Draw(t, "late symbol")))
		i := uint32(len(message.Symbols))
		all[0].LabelsRefs = append(all[0].LabelsRefs[:4:4], all[0].LabelsRefs[4], i)
	}
	head, err := message.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	for i := range all {
		series, err := all[i].Marshal()
		if err != nil {
			t.Fatal(err)
		}
		if rapid.IntRange(0, 9).Draw(t, "late label") == 0 {
			series = append(series, field(1, []byte{byte(all[i].LabelsRefs[2]), byte(all[i].LabelsRefs[1])})...)
		}
		head = append(head, field(5, series)...)
	}
	return append(head, late...)
}

// TestLateSymbolsMakeNoTable: what comes after the series may say something else the next time.
func TestLateSymbolsMakeNoTable(t *testing.T) {
	t.Parallel()
	d, sink := newDecoder(), newHandled()
	for second, late := range []string{"b", "b", "b", "b", "c"} {
		message := messageOf(family("m", 1, second)...)
		message.Timeseries[0].LabelsRefs[5] = uint32(len(message.Symbols))
		round(t, d, sink, 2, append(plain(t, message), field(4, []byte(late))...))
		want := []string{point(lb("__name__", "m", "i", "0", "job", late), at(second), 1, 0)}
		if diff := cmp.Diff(want, ours(d).Points); diff != "" {
			t.Errorf("request %d (-want +got)\n%s", second, diff)
		}
	}
}

// TestTablesSideBySide lets more senders than there are tables push at once: all is taken, whatever was remembered meanwhile.
func TestTablesSideBySide(t *testing.T) {
	t.Parallel()
	const senders, requests, series = maxTables + 4, 12, 10
	w := live(t, window.Options{})
	h := newHandler(t, w, Options{})
	var all sync.WaitGroup
	for s := range senders {
		all.Go(func() {
			for second := range requests {
				got := post(h, typeV2, v2(t, family(fmt.Sprintf("m%d", s), series, second)...))
				if got.Code != 204 || got.Header().Get(writtenHeader+"Samples-Written") != fmt.Sprint(series) {
					t.Errorf("sender %d, request %d: %d %v %s", s, second, got.Code, got.Header(), got.Body)
				}
			}
		})
	}
	all.Wait()
	if s := w.Stats(); s.Series != senders*series || s.Taken.Appended != senders*series*requests {
		t.Errorf("%d series with %d samples, want %d with %d", s.Series, s.Taken.Appended, senders*series, senders*series*requests)
	}
}
