package bundle

import (
	"bytes"
	"context"
	"errors"
	"math"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/diagnops/diagnops/collectors"
	"github.com/diagnops/diagnops/engine/model"
)

func file(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }

func TestOpenMetricsText(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"repeated series", "a{x=\"1\"} 1 1772359200\na{x=\"1\"} -2.5 1772359201.25\na{x=\"1\"} 3 1772359202\n", `a{x="1"} 1@0 -2.5@1.25 3@2`},
		{"no labels", "a 1 1772359200\na{} 2 1772359201\n", `a 1@0 2@1`},
		{"a name that begins another", "a 1 1772359200\na_b 2 1772359200\na 3 1772359201\n", "a 1@0 3@1\na_b 2@0"},
		{"escapes", `a{x="q\"b\\n\nz\t"} 1 1772359200` + "\n", `a{x="q\"b\\n\nz\\t"} 1@0`},
		{"braces in a value", `a{x="}{,= #"} 1 1772359200` + "\n", `a{x="}{,= #"} 1@0`},
		{"quoted names", `{"my.metric","my label"="x",b="y"} 1 1772359200` + "\n", `my.metric{b="y",my label="x"} 1@0`},
		{"order of labels", "a{y=\"2\",x=\"1\"} 1 1772359200\na{x=\"1\",y=\"2\"} 2 1772359201\n", `a{x="1",y="2"} 1@0 2@1`},
		{"empty label value", "a{x=\"\"} 1 1772359200\na 2 1772359201\n", "a 1@0 2@1"},
		{"special values", "a NaN 1772359200\na +Inf 1772359201\na -Inf 1772359202\na 1e-3 1772359203\n", "a NaN@0 +Inf@1 -Inf@2 0.001@3"},
		{"exemplars", "a_bucket{le=\"1\"} 2 1772359200 # {trace_id=\"x\"} 0.5 1772359199\na_bucket{le=\"1\"} 3 1772359201 # {} 1\n", `a_bucket{le="1"} 2@0 3@1`},
		{"metadata", "# HELP a Some text # EOF\n# TYPE a counter\n# UNIT a seconds\na 1 1772359200\n", "a 1@0"},
		{"interleaved", "a 1 1772359200\nb 2 1772359200\na 3 1772359201\nb 4 1772359201\n", "a 1@0 3@1\nb 2@0 4@1"},
		{"disorder and twins", "a 3 1772359203\na 1 1772359201\na 9 1772359203\na 2 1772359202\n", "a 1@1 2@2 3@3"},
		{"carriage returns and blank lines", "a 1 1772359200\r\n\r\n\na 2 1772359201\r\n", "a 1@0 2@1"},
		{"more than milliseconds", "a 1 1772359200.12399999\n", "a 1@0.123"},
		{"a number as float", "a 1 1.7723592e9\n", "a 1@0"},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := load(t, smallBundle(test.text+"# EOF\n"))
			if diff := cmp.Diff(test.want+"\n", show(d)); diff != "" {
				t.Error(diff)
			}
			if len(d.Warnings) > 0 {
				t.Errorf("warnings: %v", d.Warnings)
			}
			// The same in pieces of every size must be the same: lines break anywhere.
			for size := 80; size < 90; size++ {
				if diff := cmp.Diff(show(d), show(loadPieces(t, test.text, size))); diff != "" {
					t.Errorf("pieces of %d bytes: %s", size, diff)
				}
			}
		})
	}
}

// loadPieces reads text through a buffer of the given size.
func loadPieces(t *testing.T, text string, size int) *Data {
	t.Helper()
	l := loader{Bundle: &Bundle{}, ctx: context.Background(), columns: newColumns()}
	if err := l.read("metrics.om", strings.NewReader(text), make([]byte, size)); err != nil {
		t.Fatal(err)
	}
	if len(l.problems) > 0 {
		t.Fatal(l.problems)
	}
	return l.columns.data()
}

func TestLoadCountsDisorder(t *testing.T) {
	d := load(t, smallBundle("a 3 1772359203\na 1 1772359201\na 9 1772359203\na 2 1772359202\n# EOF\n"))
	if d.OutOfOrder != 2 || d.Duplicates != 1 || d.NumSamples() != 3 {
		t.Errorf("%d out of order, %d twice, %d samples", d.OutOfOrder, d.Duplicates, d.NumSamples())
	}
}

func TestLoadMergesFiles(t *testing.T) {
	files := smallBundle("a{x=\"1\"} 2 1772359201\nb 1 1772359200\n# EOF\n")
	files["metrics.om.gz"] = &fstest.MapFile{Data: zipped(t, []byte("a{x=\"1\"} 1 1772359200\na{x=\"1\"} 7 1772359201\n# EOF\n"))}
	d := load(t, files)
	if diff := cmp.Diff("a{x=\"1\"} 1@0 7@1\nb 1@0\n", show(d)); diff != "" {
		t.Error(diff)
	}
	if d.Duplicates != 1 {
		t.Errorf("%d twice", d.Duplicates)
	}
}

func TestConcatenatedGzip(t *testing.T) {
	files := smallBundle("")
	delete(files, "metrics.om")
	first, second := zipped(t, []byte("a 1 1772359200\n# EOF\n")), zipped(t, []byte("a 2 1772359201\n# EOF\n"))
	files["metrics.om.gz"] = &fstest.MapFile{Data: append(first, second...)}
	if diff := cmp.Diff("a 1@0 2@1\n", show(load(t, files))); diff != "" {
		t.Error(diff)
	}
}

func TestCutOffLineIsNoSample(t *testing.T) {
	d := load(t, smallBundle("a 1 1772359200\na 2 17723"))
	if diff := cmp.Diff("a 1@0\n", show(d)); diff != "" {
		t.Error(diff)
	}
	if len(d.Warnings) != 1 || !strings.Contains(d.Warnings[0], "line 2 has no end") {
		t.Errorf("warnings: %v", d.Warnings)
	}
	d = load(t, smallBundle("a 1 1772359200\n# EOF"))
	if len(d.Warnings) != 0 {
		t.Errorf("# EOF without a line end is whole, but: %v", d.Warnings)
	}
}

func TestBounds(t *testing.T) {
	many := strings.Builder{}
	many.WriteString("a{")
	for i := range maxLabels + 1 {
		many.WriteString(strings.Repeat("l", i+1) + `="v",`)
	}
	for name, text := range map[string]string{
		"at most 256 labels":    many.String() + "} 1 1772359200\n",
		"at most 65536 bytes":   "a{x=\"" + strings.Repeat("x", maxLineBytes) + "\"} 1 1772359200\n",
		"1: must be at most 65": "a{x=\"" + strings.Repeat("x", readBytes+10) + "\"} 1 1772359200\n",
	} {
		b, err := OpenFS(smallBundle(text))
		if err != nil {
			t.Fatal(err)
		}
		_, err = b.Load(context.Background())
		var problems collectors.Problems
		if !errors.As(err, &problems) || !strings.Contains(err.Error(), name) {
			t.Errorf("want %q, got %.200v", name, err)
		}
	}
}

func TestLoadEndsWithContext(t *testing.T) {
	b, err := OpenFS(smallBundle("a 1 1772359200\n"))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := b.Load(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestDataMeasures(t *testing.T) {
	d := load(t, smallBundle(string(recording(30, 6, 60, true))))
	if d.NumSeries() != 30 || d.NumSamples() != 180 || d.MaxSamplesPerSeries() != 6 {
		t.Errorf("%d series, %d samples, at most %d", d.NumSeries(), d.NumSamples(), d.MaxSamplesPerSeries())
	}
	if d.ScrapeInterval() != time.Minute {
		t.Errorf("scrape interval %s", d.ScrapeInterval())
	}
	at := func(s float64) time.Time { return model.FromMillis(smallStart*1000 + int64(s*1000)) }
	bounds, ok := d.Bounds()
	if !ok || !bounds.From.Equal(at(0)) || !bounds.To.Equal(at(300.873)) {
		t.Errorf("bounds %v", bounds)
	}
	if n := d.CountIn(model.Interval{From: at(60), To: at(119)}); n != 30 {
		t.Errorf("%d samples in the second minute", n)
	}
	empty := load(t, smallBundle("# EOF\n"))
	if _, ok := empty.Bounds(); ok || empty.ScrapeInterval() != 0 || empty.MaxSamplesPerSeries() != 0 {
		t.Error("an empty bundle has no bounds and no interval")
	}
}

func TestValuesAreNearestDoubles(t *testing.T) {
	for _, s := range []string{
		"0", "-0", "1", "9007199254740992", "9007199254740993", "0.1", "0.30000000000000004", "123456789.123456789",
		"1e22", "1.7976931348623157e308", "5e-324", "44.44444444444444", "2.466666666666667", "18446744073709551616",
		"0.0000000000000000000001", "00000000000000000000012", ".5", "5.", "+3",
	} {
		want, err := slowValue(s)
		if err != nil {
			t.Fatal(err)
		}
		d := load(t, smallBundle("a 0 1772359199\na "+s+" 1772359200\n# EOF\n"))
		if got := d.Values[0][1]; math.Float64bits(got) != math.Float64bits(want) {
			t.Errorf("%s: got %x, want %x", s, got, want)
		}
	}
}

func TestKeysAreCanonical(t *testing.T) {
	for _, text := range []string{`a`, `a{b="c"}`, `a{b="c\"d\\e\nf",g="h"}`, `a:b{_x="y"}`} {
		labels, err := parseSeries(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := appendKey(nil, labels); !bytes.Equal(got, []byte(text)) {
			t.Errorf("%s is written back as %s", text, got)
		}
	}
}
