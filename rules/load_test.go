package rules

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/diagnops/diagnops/engine/model"
)

// TestBrokenPacks holds what is said of a broken pack beside the pack.
func TestBrokenPacks(t *testing.T) {
	files, err := filepath.Glob("testdata/broken/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no broken packs: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			content, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			_, err = Load(fstest.MapFS{filepath.Base(file): {Data: content}})
			var problems Problems
			if !errors.As(err, &problems) {
				t.Fatalf("error %v, want Problems", err)
			}
			golden(t, strings.TrimSuffix(file, ".yaml")+".golden", err.Error()+"\n")
		})
	}
}

const smallPack = `version: 1
name: small
kinds: [app]
requires: [jobs_total]
signals:
- {name: jobs, title: jobs, kind: traffic, unit: 1/s, bad: change, exprs: ['sum(rate(jobs_total[$range]))']}
- {name: job_time, title: time of a job, kind: latency, unit: seconds, bad: up, exprs: ['max(job_seconds)']}
- {name: job_retries, title: retries, kind: errors, unit: 1/s, bad: up, optional: true, exprs: ['sum(rate(job_retries_total[$range]))']}
faults:
- {fault: stuck, kinds: [app], title: it is stuck, control: technical, shows: [{signal: jobs}]}
`

func load(t *testing.T, files ...string) *Set {
	t.Helper()
	var layers []fs.FS
	for _, content := range files {
		layers = append(layers, fstest.MapFS{"pack.yaml": {Data: []byte(content)}})
	}
	set, err := Load(layers...)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func TestMissingSignals(t *testing.T) {
	set := load(t, smallPack)
	topo := &model.Topology{Components: []model.Component{
		{Name: "worker", Kind: "App", Selector: map[string]string{"job": "w"}},
		{Name: "other", Kind: "db", Selector: map[string]string{"job": "w"}},
	}}
	series := seriesFile{series: []map[string]string{{"__name__": "jobs_total", "job": "w"}}}
	plan, missing, err := set.Plan(t.Context(), topo, series.names, PlanOptions{})
	if err != nil {
		t.Fatal(err)
	}
	want := `worker: jobs (traffic, 1/s, bad change, resource "", side "", catalogue), looks back 60000 ms
    sum(rate(jobs_total{job="w"}[1m]))

missing:
worker: job_time, not measured
    max(job_seconds{job="w"})
`
	if got := describe(plan, missing); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestLaterLayerReplaces(t *testing.T) {
	set := load(t, smallPack, strings.Replace(strings.Replace(smallPack, "it is stuck", "it hangs", 1), "max(job_seconds)", "avg(job_seconds)", 1))
	if len(set.Packs()) != 1 || set.Packs()[0].Signals[1].Exprs[0] != "avg(job_seconds)" {
		t.Errorf("packs %+v", set.Packs())
	}
	if f, ok := set.Fault("stuck"); !ok || f.Title.Format != "it hangs" {
		t.Errorf("fault %+v", f)
	}
	if _, ok := set.Fault("unheard-of"); ok {
		t.Error("found a fault that is not there")
	}
}

func TestHigherPriorityAnswers(t *testing.T) {
	second := strings.NewReplacer("name: small", "name: aaa", "max(job_seconds)", "max(job_total)", "fault: stuck", "fault: stuck2").Replace(smallPack)
	preferred := strings.Replace(smallPack, "requires:", "priority: 1\nrequires:", 1)
	set := load(t, second, preferred)
	topo := &model.Topology{Components: []model.Component{{Name: "worker", Kind: "app", Selector: map[string]string{"job": "w"}}}}
	series := seriesFile{series: []map[string]string{
		{"__name__": "jobs_total", "job": "w"}, {"__name__": "job_seconds", "job": "w"}, {"__name__": "job_total", "job": "w"},
	}}
	plan, _, err := set.Plan(t.Context(), topo, series.names, PlanOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, q := range plan {
		got = append(got, q.Candidates...)
	}
	if want := []string{`sum(rate(jobs_total{job="w"}[1m]))`, `max(job_seconds{job="w"})`}; !slices.Equal(got, want) {
		t.Errorf("asked %q, want %q", got, want)
	}
}

func TestHash(t *testing.T) {
	first := load(t, smallPack)
	if len(first.Hash()) != hashLength {
		t.Errorf("hash %q", first.Hash())
	}
	same := load(t, "# another comment\n"+smallPack)
	if first.Hash() != same.Hash() {
		t.Error("a comment changes the hash")
	}
	other := load(t, strings.Replace(smallPack, "max(job_seconds)", "min(job_seconds)", 1))
	if first.Hash() == other.Hash() {
		t.Error("another expression does not change the hash")
	}
	again, err := Load(DefaultFS())
	if err != nil {
		t.Fatal(err)
	}
	if again.Hash() != Default().Hash() {
		t.Error("the hash of the same rules differs between two loads")
	}
}

func TestSeveralDocumentsInAFile(t *testing.T) {
	set := load(t, smallPack+"---\n"+strings.NewReplacer("name: small", "name: large", "fault: stuck", "fault: lost").Replace(smallPack)+"---\n")
	if len(set.Packs()) != 2 || len(set.Faults()) != 2 {
		t.Errorf("%d packs and %d faults", len(set.Packs()), len(set.Faults()))
	}
}

func TestDirIsNamedInProblems(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "mine.yml"), []byte("version: 2\nname: mine\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	_, err := Load(Dir(dir))
	if err == nil || !strings.HasPrefix(err.Error(), filepath.ToSlash(dir)+"/mine.yml:1:1: ") {
		t.Errorf("error %v", err)
	}
	if _, err := Load(Dir(filepath.Join(dir, "nowhere"))); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error %v, want not-exist", err)
	}
}

func FuzzLoad(f *testing.F) {
	f.Add(smallPack)
	broken, err := filepath.Glob("testdata/broken/*.yaml")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range broken {
		content, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(content))
	}
	f.Fuzz(func(t *testing.T, content string) {
		set, err := Load(fstest.MapFS{"pack.yaml": {Data: []byte(content)}})
		if (set == nil) == (err == nil) {
			t.Fatalf("set %v and error %v", set, err)
		}
		if err != nil && err.Error() == "" {
			t.Fatal("an error without text")
		}
	})
}
