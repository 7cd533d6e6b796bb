package rules

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/diagnops/diagnops/engine/model"
)

func TestReloadKeepsTheOldRulesOnError(t *testing.T) {
	dir := t.TempDir()
	write := func(content string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, "pack.yaml"), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(smallPack)
	live, err := NewLive(Dir(dir))
	if err != nil {
		t.Fatal(err)
	}
	first := live.Set()
	if changed, err := live.Reload(); changed || err != nil || live.Set() != first {
		t.Errorf("the same files: changed %t, error %v", changed, err)
	}

	write(strings.ReplaceAll(smallPack, "kind: traffic", "kind: nonsense") + "- {fault: lost}\n")
	changed, err := live.Reload()
	var problems Problems
	if !errors.As(err, &problems) || len(problems) < 3 || changed || live.Set() != first {
		t.Errorf("broken files: changed %t, error %v", changed, err)
	}

	write(strings.ReplaceAll(smallPack, "stuck", "jammed"))
	if changed, err := live.Reload(); !changed || err != nil {
		t.Errorf("other files: changed %t, error %v", changed, err)
	}
	if _, ok := live.Set().Fault("jammed"); !ok || live.Set() == first {
		t.Error("the new rules are not in force")
	}

	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if changed, err := live.Reload(); err == nil || changed || len(live.Set().Faults()) != 1 {
		t.Errorf("no files: changed %t, error %v", changed, err)
	}
	if _, err := NewLive(Dir(dir)); err == nil {
		t.Error("rules without files")
	}
}

// turning is a layer of which every second reading is another.
type turning struct {
	mu    sync.Mutex
	reads int
	a, b  fs.FS
}

func (f *turning) Open(name string) (fs.File, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if name == "." {
		f.reads++
	}
	if f.reads%2 == 0 {
		return f.a.Open(name)
	}
	return f.b.Open(name)
}

// TestReloadBesideReaders: readers see one set or the other, whole. The race detector watches.
func TestReloadBesideReaders(t *testing.T) {
	dir := func(content string) fs.FS {
		d := t.TempDir()
		if err := os.WriteFile(filepath.Join(d, "pack.yaml"), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return os.DirFS(d)
	}
	other := strings.ReplaceAll(strings.ReplaceAll(smallPack, "stuck", "jammed"), "name: jobs,", "name: jobs_done,")
	live, err := NewLive(&turning{a: dir(smallPack), b: dir(strings.ReplaceAll(other, "{signal: jobs}", "{signal: jobs_done}"))})
	if err != nil {
		t.Fatal(err)
	}
	topo := &model.Topology{Components: []model.Component{{Name: "w", Kind: "app", Selector: map[string]string{"job": "w"}}}}
	stop := make(chan struct{})
	var readers sync.WaitGroup
	for range 4 {
		readers.Go(func() {
			source := seriesFile{series: []map[string]string{{"__name__": "jobs_total", "job": "w"}}}
			for {
				select {
				case <-stop:
					return
				default:
				}
				set := live.Set()
				plan, _, err := set.Plan(t.Context(), topo, source.names, PlanOptions{})
				if err != nil || len(plan) != 1 {
					t.Errorf("plan %v, error %v", plan, err)
					return
				}
				if _, ok := set.Faults()[0].Marks(plan[0].Signal); !ok {
					t.Errorf("signals of one set, faults of another: %s, %s", plan[0].Signal.Name, set.Faults()[0].Name)
					return
				}
			}
		})
	}
	for range 100 {
		if _, err := live.Reload(); err != nil {
			t.Error(err)
		}
	}
	close(stop)
	readers.Wait()
}
