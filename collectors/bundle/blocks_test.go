package bundle

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/tsdb/chunks"

	"github.com/diagnops/diagnops/engine/model"
)

// point is one sample of a block: a number, or a native histogram.
type point struct {
	t int64
	v float64
	h *histogram.Histogram
}

func (p point) T() int64                      { return p.t }
func (p point) ST() int64                     { return 0 }
func (p point) F() float64                    { return p.v }
func (p point) H() *histogram.Histogram       { return p.h }
func (p point) FH() *histogram.FloatHistogram { return nil }
func (p point) Copy() chunks.Sample           { return p }
func (p point) Type() chunkenc.ValueType {
	if p.h != nil {
		return chunkenc.ValHistogram
	}
	return chunkenc.ValFloat
}

// at is a time some seconds after smallStart.
func at(seconds int) int64 { return (smallStart + int64(seconds)) * 1000 }

// blockBundle writes a bundle whose metrics are one TSDB block of the given series.
func blockBundle(t *testing.T, series ...storage.Series) string {
	t.Helper()
	files := smallBundle("")
	delete(files, "metrics.om")
	dir := write(t, files)
	addBlock(t, dir, series...)
	return dir
}

func addBlock(t *testing.T, dir string, series ...storage.Series) {
	t.Helper()
	if _, err := tsdb.CreateBlock(series, filepath.Join(dir, "blocks"), 0, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
}

func loadDir(t *testing.T, dir string) *Data {
	t.Helper()
	b, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	d, err := b.Load(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestBlocks(t *testing.T) {
	dir := blockBundle(t,
		storage.NewListSeries(labels.FromStrings("__name__", "up", "job", "web"), []chunks.Sample{
			point{t: at(0), v: 1}, point{t: at(15), v: 0}, point{t: at(30), v: model.StaleMarker()},
		}),
		storage.NewListSeries(labels.FromStrings("__name__", "a", "job", "web"), []chunks.Sample{point{t: at(0), v: 2}}))
	addBlock(t, dir, storage.NewListSeries(labels.FromStrings("__name__", "up", "job", "web"), []chunks.Sample{
		point{t: at(15), v: 5}, point{t: at(45), v: 1},
	}))
	d := loadDir(t, dir)
	if diff := cmp.Diff("a{job=\"web\"} 2@0\nup{job=\"web\"} 1@0 0@15 NaN@30 1@45\n", show(d)); diff != "" {
		t.Error(diff)
	}
	if !model.IsStale(d.Values[1][2]) {
		t.Error("a stale marker must stay one")
	}
	if d.Duplicates != 1 {
		t.Errorf("%d twice: two blocks hold the sample at 15 s", d.Duplicates)
	}
}

// A window that holds no sample is refused whatever the samples are kept in, by who checks and by who answers alike.
func TestBlocksOutsideTheWindow(t *testing.T) {
	dir := blockBundle(t, storage.NewListSeries(labels.FromStrings("__name__", "up"), []chunks.Sample{
		point{t: at(-3600), v: 1}, point{t: at(-3540), v: 1},
	}))
	const want = "incident.yaml:5:9: window: must hold samples; they run from 2026-03-01T09:00:00Z to 2026-03-01T09:01:00Z"
	_, problems, err := Check(context.Background(), dir)
	if err != nil || len(problems) != 1 || !strings.HasSuffix(problems.Error(), want) {
		t.Errorf("checked: %v, %v", problems, err)
	}
	b, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if problems := b.CheckData(loadDir(t, dir)); len(problems) != 1 || !strings.HasSuffix(problems.Error(), want) {
		t.Errorf("before an answer: %v", problems)
	}
}

func TestBlocksBesideText(t *testing.T) {
	dir := blockBundle(t, storage.NewListSeries(labels.FromStrings("__name__", "a", "x", "1"), []chunks.Sample{point{t: at(0), v: 1}}))
	if err := os.WriteFile(filepath.Join(dir, "metrics.om"), []byte("a{x=\"1\"} 2 1772359201\n# EOF\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff("a{x=\"1\"} 1@0 2@1\n", show(loadDir(t, dir))); diff != "" {
		t.Error(diff)
	}
}

// Everything below the bundle is made read-only, and must be left as it was.
func TestBlocksAreNotWritten(t *testing.T) {
	dir := blockBundle(t, storage.NewListSeries(labels.FromStrings("__name__", "a"), []chunks.Sample{point{t: at(0), v: 1}}))
	list := func() (out []string) {
		err := filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
			if err != nil {
				return err
			}
			info, err := e.Info()
			out = append(out, path+" "+info.ModTime().String())
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	before := list()
	for _, line := range before {
		path, _, _ := strings.Cut(line, " ")
		if err := os.Chmod(path, 0o555); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = os.Chmod(path, 0o755) })
	}
	loadDir(t, dir)
	if diff := cmp.Diff(before, list()); diff != "" {
		t.Error(diff)
	}
}

func TestBlocksOfEmbeddedBundle(t *testing.T) {
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	dir := blockBundle(t, storage.NewListSeries(labels.FromStrings("__name__", "a"), []chunks.Sample{point{t: at(0), v: 1}}))
	files := fstest.MapFS{}
	err := filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		data, err := os.ReadFile(path)
		files[filepath.ToSlash(name)] = &fstest.MapFile{Data: data}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	b, err := OpenFS(files)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		d, err := b.Load(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff("a 1@0\n", show(d)); diff != "" {
			t.Error(diff)
		}
	}
	copies := func() int {
		found, err := filepath.Glob(filepath.Join(temp, "diagnops-blocks-*"))
		if err != nil {
			t.Fatal(err)
		}
		return len(found)
	}
	if copies() != 1 {
		t.Errorf("%d copies after two loads", copies())
	}
	for range 2 {
		if err := b.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if copies() != 0 {
		t.Error("the copy outlived Close")
	}
}

func TestNativeHistograms(t *testing.T) {
	// Schema 0: bucket 0 is (0.5, 1], bucket 1 is (1, 2], bucket 2 is (2, 4].
	fine := &histogram.Histogram{
		Schema: 0, Count: 6, Sum: 9, ZeroThreshold: 0.001, ZeroCount: 1,
		PositiveSpans: []histogram.Span{{Offset: 0, Length: 3}}, PositiveBuckets: []int64{2, -1, 1},
	}
	// Schema -1: bucket 0 is (0.25, 1], bucket 1 is (1, 4]: the count at 2 is not known.
	coarse := &histogram.Histogram{
		Schema: -1, Count: 8, Sum: 12, ZeroThreshold: 0.001, ZeroCount: 1,
		PositiveSpans: []histogram.Span{{Offset: 0, Length: 2}}, PositiveBuckets: []int64{3, 1},
	}
	stale := &histogram.Histogram{Sum: model.StaleMarker()}
	if !value.IsStaleNaN(stale.Sum) {
		t.Fatal("the marker is not Prometheus' own")
	}
	dir := blockBundle(t, storage.NewListSeries(labels.FromStrings("__name__", "h", "job", "web"), []chunks.Sample{
		point{t: at(0), h: fine}, point{t: at(15), h: coarse}, point{t: at(30), h: stale},
	}))
	want := `h_bucket{job="web",le="+Inf"} 6@0 8@15 NaN@30
h_bucket{job="web",le="0.001"} 1@0 1@15 NaN@30
h_bucket{job="web",le="1"} 3@0 4@15 NaN@30
h_bucket{job="web",le="2"} 4@0 NaN@30
h_bucket{job="web",le="4"} 6@0 8@15 NaN@30
h_count{job="web"} 6@0 8@15 NaN@30
h_sum{job="web"} 9@0 12@15 NaN@30
`
	if diff := cmp.Diff(want, show(loadDir(t, dir))); diff != "" {
		t.Error(diff)
	}
}

func TestDamagedBlockIsNamed(t *testing.T) {
	dir := blockBundle(t, storage.NewListSeries(labels.FromStrings("__name__", "a"), []chunks.Sample{point{t: at(0), v: 1}}))
	index, err := filepath.Glob(filepath.Join(dir, "blocks", "*", "index"))
	if err != nil || len(index) != 1 {
		t.Fatal(index, err)
	}
	data, err := os.ReadFile(index[0])
	if err != nil {
		t.Fatal(err)
	}
	for cut := 0; cut < len(data); cut += 7 {
		if err := os.WriteFile(index[0], data[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		_, problems, err := Check(context.Background(), dir)
		if err != nil || len(problems) != 1 || !strings.Contains(problems[0].File, "blocks") {
			t.Fatalf("index cut at %d: %v, %v", cut, problems, err)
		}
	}
}
