package topology

import (
	"bufio"
	"context"
	"flag"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/diagnops/diagnops/collectors"
	"github.com/diagnops/diagnops/engine/model"
	"github.com/diagnops/diagnops/engine/window"
	"github.com/diagnops/diagnops/rules"
)

var update = flag.Bool("update", false, "rewrite the golden files")

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// world reads series, a line each as metrics are exposed, and makes a live window of them: the same source that a running
// server has. A counter is one that grew to its value within the last hour; one of value 0 stood still.
func readWorld(t *testing.T, file string) *window.Local {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	win, err := window.New(window.Options{SamplesPerSeries: 16, MaxSeries: 4096})
	if err != nil {
		t.Fatal(err)
	}
	promql := parser.NewParser(parser.Options{})
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		line := strings.TrimSpace(lines.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		cut := strings.LastIndexByte(line, ' ')
		value, err := strconv.ParseFloat(line[cut+1:], 64)
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		metric, err := promql.ParseMetric(line[:cut])
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		var ls model.Labels
		metric.Range(func(l labels.Label) { ls = append(ls, model.Label{Name: l.Name, Value: l.Value}) })
		ls.Sort()
		ref, err := win.Series(ls)
		if err != nil {
			t.Fatal(err)
		}
		for minute := 4; minute >= 0; minute-- {
			win.Append(ref, noon.Add(-time.Duration(minute)*time.Minute).UnixMilli(), value*float64(5-minute)/5)
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	eval, err := window.NewEvaluator(window.EvaluatorOptions{LookbackDelta: 5 * time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	return eval.On(win.Cut(noon))
}

// products are those of the packs that come with the program.
func products() []Product {
	packs := rules.Default().Packs()
	var out []Product
	for i := range packs {
		if p := &packs[i]; p.Identifies != "" {
			out = append(out, Product{Name: p.Name, Kind: p.Identifies, Words: p.Kinds, Metrics: p.Requires})
		}
	}
	return out
}

func discover(t *testing.T, file string) *Discovered {
	t.Helper()
	seen, err := Ask(context.Background(), readWorld(t, file), Options{At: noon, Products: products()})
	if err != nil {
		t.Fatal(err)
	}
	if len(seen.Unanswered) > 0 {
		t.Fatalf("not answered: %q", seen.Unanswered)
	}
	return Discover(seen)
}

// TestWorlds shows what is made of metrics: testdata/worlds holds series and, beside them, the topology that they give.
func TestWorlds(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/worlds/*.prom")
	if err != nil || len(files) == 0 {
		t.Fatalf("no worlds: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			got, _, err := Merge("topology.yaml", nil, discover(t, file), "http://prometheus", noon)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := collectors.ParseTopology("topology.yaml", got); err != nil {
				t.Errorf("what is written can not be read: %v", err)
			}
			golden := strings.TrimSuffix(file, ".prom") + ".yaml"
			if *update {
				if err := os.WriteFile(golden, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), string(got)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestTheSameTwice looks at every world twice: maps have no order, answers must.
func TestTheSameTwice(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/worlds/*.prom")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		for range 5 {
			if diff := cmp.Diff(discover(t, file), discover(t, file)); diff != "" {
				t.Fatalf("%s: %s", file, diff)
			}
		}
	}
}
