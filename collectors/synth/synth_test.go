package synth

import (
	"bytes"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/diagnops/diagnops/collectors"
	"github.com/diagnops/diagnops/collectors/bundle"
	"github.com/diagnops/diagnops/engine/model"
)

func generate(tb testing.TB, o Options) *Scenario {
	tb.Helper()
	sc, err := Generate(o)
	if err != nil {
		tb.Fatalf("%+v: %v", o, err)
	}
	return sc
}

// everything is what one pass through the program's life tests with: all that Options can switch on.
var everything = Options{
	Seed: 7, Components: 30, Faults: []Kind{KindCPU}, Duration: 30 * time.Minute, ScrapeInterval: 15 * time.Second,
	Jitter: 700 * time.Millisecond, Gaps: 0.02, Resets: 0.3,
}

// write returns the bytes of every file of a scenario's bundle.
func write(t *testing.T, sc *Scenario) map[string][]byte {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "bundle")
	if err := sc.WriteBundle(dir); err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if files[e.Name()], err = os.ReadFile(filepath.Join(dir, e.Name())); err != nil {
			t.Fatal(err)
		}
	}
	return files
}

func TestSameSeedSameBytes(t *testing.T) {
	t.Parallel()
	for _, detail := range []Detail{DetailFull, DetailLean} {
		o := everything
		o.Detail = detail
		first, second := write(t, generate(t, o)), write(t, generate(t, o))
		for name, data := range first {
			if !bytes.Equal(data, second[name]) {
				t.Errorf("%s: %s differs between two runs", detail, name)
			}
		}
		o.Seed++
		if other := write(t, generate(t, o)); bytes.Equal(first["metrics.om.gz"], other["metrics.om.gz"]) {
			t.Errorf("%s: another seed gives the same metrics", detail)
		}
	}
}

// TestNameSeedChangesNamesAlone takes the names out of two scenarios: what is left must be the same.
func TestNameSeedChangesNamesAlone(t *testing.T) {
	t.Parallel()
	o := everything
	o.Faults = []Kind{KindDelay, KindLeak}
	a := generate(t, o)
	o.NameSeed = 99
	b := generate(t, o)
	if a.Topology.Components[0].Name == b.Topology.Components[0].Name {
		t.Fatal("names are the same")
	}
	names := func(sc *Scenario) map[string]string {
		to := map[string]string{}
		for i, c := range sc.Topology.Components {
			to[c.Name] = string(rune('A'+i/26)) + string(rune('a'+i%26)) + "x"
		}
		return to
	}
	na, nb := names(a), names(b)
	for i := range a.Truth.Causes {
		if na[a.Truth.Causes[i].Component] != nb[b.Truth.Causes[i].Component] {
			t.Errorf("cause %d is at another place: %v, %v", i, a.Truth.Causes[i], b.Truth.Causes[i])
		}
	}
	sums := func(sc *Scenario, rename map[string]string) map[string]float64 {
		out := map[string]float64{}
		for i, ls := range sc.Data.Series {
			key := ls.String()
			for name, to := range rename {
				for _, end := range []string{`"`, `-`, `:`} {
					key = strings.ReplaceAll(key, `"`+name+end, `"`+to+end)
				}
			}
			for _, v := range sc.Data.Values[i] {
				out[key] += v
			}
		}
		return out
	}
	if diff := cmp.Diff(sums(a, na), sums(b, nb)); diff != "" {
		t.Errorf("values differ by name (-a +b):\n%.2000s", diff)
	}
}

func TestWriteBundleIsReadBack(t *testing.T) {
	t.Parallel()
	for _, detail := range []Detail{DetailFull, DetailLean} {
		for _, faults := range [][]Kind{nil, {KindDeploy}, {KindCPU, KindDelay}} {
			o := everything
			o.Detail, o.Faults = detail, faults
			sc := generate(t, o)
			dir := t.TempDir()
			if err := sc.WriteBundle(dir); err != nil {
				t.Fatal(err)
			}
			sum, problems, err := bundle.Check(t.Context(), dir)
			if err != nil || len(problems) > 0 {
				t.Fatalf("%s %v: %v %v", detail, faults, err, problems)
			}
			for _, w := range sum.Warnings {
				t.Errorf("%s %v: %s", detail, faults, w)
			}
			b, err := bundle.Open(dir)
			if err != nil {
				t.Fatal(err)
			}
			data, err := b.Load(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			truth, ok, err := bundle.ReadTruth(dir)
			if err != nil || !ok {
				t.Fatal(ok, err)
			}
			for what, diff := range map[string]string{
				"incident": cmp.Diff(sc.Incident, b.Incident, cmpopts.EquateEmpty()),
				"topology": cmp.Diff(sc.Topology, b.Topology, cmpopts.EquateEmpty()),
				"changes":  cmp.Diff(sc.Changes, b.Changes, cmpopts.EquateEmpty()),
				"truth":    cmp.Diff(&sc.Truth, truth, cmpopts.EquateEmpty()),
				"series":   cmp.Diff(sc.Data.Series, data.Series),
				"times":    cmp.Diff(sc.Data.Times, data.Times),
				"values":   cmp.Diff(sc.Data.Values, data.Values, cmpopts.EquateNaNs()),
			} {
				if diff != "" {
					t.Errorf("%s %v: %s (-made +read):\n%.2000s", detail, faults, what, diff)
				}
			}
		}
	}
}

func TestChangesGoWithTheFault(t *testing.T) {
	t.Parallel()
	o := everything
	o.Faults = []Kind{KindDeploy}
	sc := generate(t, o)
	i := slices.IndexFunc(sc.Changes, func(c model.Change) bool { return len(c.Instances) > 0 })
	if i < 0 {
		t.Fatalf("no deploy of instances in %v", sc.Changes)
	}
	c := sc.Changes[i]
	if c.Component != sc.Truth.Causes[0].Component || c.Kind != model.ChangeDeploy {
		t.Errorf("the change is %+v, the cause %+v", c, sc.Truth.Causes[0])
	}
	if early := sc.Truth.Onset.Sub(c.At); early < 0 || early > time.Minute {
		t.Errorf("the change came %s before the onset", early)
	}
	decoys := 0
	for seed := range uint64(8) {
		quiet := generate(t, Options{Seed: seed, Components: 20})
		decoys += len(quiet.Changes)
		if !quiet.Truth.None || len(quiet.Truth.Causes) > 0 {
			t.Errorf("truth of a quiet window: %+v", quiet.Truth)
		}
	}
	if decoys < 8 {
		t.Errorf("%d changes in 8 quiet windows", decoys)
	}
}

func TestGapsResetsAndSilence(t *testing.T) {
	t.Parallel()
	o := everything
	o.Faults, o.Gaps, o.Resets = []Kind{KindSilent}, 0.05, 1
	sc := generate(t, o)
	most := sc.Data.MaxSamplesPerSeries()
	falls, gaps := 0, 0
	for i, ls := range sc.Data.Series {
		if len(sc.Data.Times[i]) < most {
			gaps++
		}
		if strings.HasSuffix(ls.Get(model.MetricName), "_total") && slices.ContainsFunc(pairs(sc.Data.Values[i]), func(p [2]float64) bool { return p[1] < p[0] }) {
			falls++
		}
	}
	if falls == 0 || gaps == 0 {
		t.Errorf("%d counters fall, %d series have gaps", falls, gaps)
	}
	culprit := sc.Truth.Causes[0].Component
	for i, ls := range sc.Data.Series {
		if ls.Get("service") != culprit {
			continue
		}
		last := model.FromMillis(sc.Data.Times[i][len(sc.Data.Times[i])-1])
		if up := ls.Get(model.MetricName) == "up"; up != last.After(sc.Truth.Onset) {
			t.Errorf("%s has its last sample at %s, the exporter fell silent at %s", ls, last, sc.Truth.Onset)
		}
	}
}

func pairs(vs []float64) [][2]float64 {
	var out [][2]float64
	for i := 1; i < len(vs); i++ {
		out = append(out, [2]float64{vs[i-1], vs[i]})
	}
	return out
}

func TestValidateListsEverything(t *testing.T) {
	t.Parallel()
	err := Options{
		Components: 3, Faults: []Kind{"flood", KindNone, KindCPU, KindCPU, KindCPU}, Duration: time.Second, ScrapeInterval: time.Second,
		Step: -1, Onset: 2, Detail: 9, Jitter: time.Hour, Gaps: 0.9, Resets: 2,
	}.Validate()
	for _, want := range []string{
		"components (3) must", "faults (5) must", `faults[0] ("flood")`, `faults[1] ("none")`, "duration (1s)", "step (-1ns)",
		"onset (2)", "detail (9)", "jitter (1h0m0s)", "gaps (0.9)", "resets (2)",
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is missing in %v", want, err)
		}
	}
	if err := (Options{}).Validate(); err != nil {
		t.Errorf("the defaults: %v", err)
	}
	if _, err := Generate(Options{Components: 5, Faults: []Kind{KindHang}}); !errors.Is(err, ErrNoFault) {
		t.Errorf("a graph without external services: %v", err)
	}
}

// TestSizes makes graphs of every size, and reads their topology as a file.
func TestSizes(t *testing.T) {
	t.Parallel()
	for _, n := range []int{5, 6, 7, 8, 9, 11, 12, 20, 61, 130, 400} {
		o := Options{Seed: uint64(n), Components: n, Duration: 20 * time.Minute, Detail: DetailLean}
		if n < 100 {
			o.Detail = DetailFull
		}
		sc := generate(t, o)
		if got := len(sc.Topology.Components); got != n {
			t.Errorf("%d components instead of %d", got, n)
		}
		var text bytes.Buffer
		if err := encode(&text, topologyYAML(sc.Topology)); err != nil {
			t.Fatal(err)
		}
		if _, err := collectors.ParseTopology("topology.yaml", text.Bytes()); err != nil {
			t.Errorf("%d components: %v", n, err)
		}
		used := map[string]bool{}
		for _, d := range sc.Topology.Dependencies {
			used[d.From], used[d.To] = true, true
		}
		for _, c := range sc.Topology.Components {
			if !used[c.Name] && c.Kind != "host" {
				t.Errorf("%d components: nothing is joined to %s, a %s", n, c.Name, c.Kind)
			}
		}
	}
}

func TestValuesAreNumbers(t *testing.T) {
	t.Parallel()
	for _, k := range Kinds() {
		sc := generate(t, Options{Seed: 3, Faults: []Kind{k}, Duration: 40 * time.Minute})
		for i, ls := range sc.Data.Series {
			for _, v := range sc.Data.Values[i] {
				if math.IsNaN(v) || math.IsInf(v, 0) || v < 0 {
					t.Fatalf("%s: %s has %g", k, ls, v)
				}
			}
		}
	}
}
