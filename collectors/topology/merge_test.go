package topology

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/diagnops/diagnops/collectors"
	"github.com/diagnops/diagnops/engine/model"
)

// shop is a small system: as much of it as the arguments name.
func shop(names ...string) *Discovered {
	d := &Discovered{}
	for _, name := range names {
		kind := map[string]string{"lb": "lb", "db": "db", "cache": "cache"}[name]
		if kind == "" {
			kind = "app"
		}
		d.Components = append(d.Components, Component{
			Component: model.Component{Name: name, Kind: kind, Selector: map[string]string{"job": name}}, Found: "job " + name, Seen: noon,
		})
	}
	for _, e := range []Edge{
		{Dependency: model.Dependency{From: "lb", To: "web", Kind: model.Calls, Source: "haproxy", Confidence: 0.9}, Why: "server web"},
		{Dependency: model.Dependency{From: "web", To: "cache", Kind: model.Calls, Source: "pool", Confidence: 0.4}, Why: "one of 2", Confirm: "which"},
		{Dependency: model.Dependency{From: "web", To: "db", Kind: model.Calls, Source: "pool", Confidence: 0.7}, Why: "a database", Confirm: "which"},
	} {
		if d.hasAll(e.From, e.To) {
			e.Seen = noon
			d.Edges = append(d.Edges, e)
		}
	}
	return d
}

func (d *Discovered) hasAll(names ...string) bool {
	for _, n := range names {
		found := false
		for _, c := range d.Components {
			found = found || c.Name == n
		}
		if !found {
			return false
		}
	}
	return true
}

func merge(t *testing.T, data string, d *Discovered) (string, *Changed) {
	t.Helper()
	out, changed, err := Merge("topology.yaml", []byte(data), d, "http://prometheus", noon)
	if err != nil {
		t.Fatal(err)
	}
	return string(out), changed
}

// diffLines are the lines that were added (+) and taken away (-), in order.
func diffLines(before, after string) []string {
	var out []string
	a, b := strings.Split(before, "\n"), strings.Split(after, "\n")
	for len(a) > 0 || len(b) > 0 {
		switch {
		case len(a) > 0 && len(b) > 0 && a[0] == b[0]:
			a, b = a[1:], b[1:]
		case len(a) > 0 && !contains(b, a[0]):
			out, a = append(out, "-"+a[0]), a[1:]
		default:
			out, b = append(out, "+"+b[0]), b[1:]
		}
	}
	return out
}

func contains(list []string, s string) bool {
	for _, l := range list {
		if l == s {
			return true
		}
	}
	return false
}

func TestMergeChangesNothingWhenNothingIsNew(t *testing.T) {
	t.Parallel()
	first, changed := merge(t, "", shop("cache", "db", "lb", "web"))
	if changed.NewComponents != 4 || changed.NewEdges != 2 {
		t.Errorf("new: %+v", changed)
	}
	for _, edit := range []func(string) string{
		func(s string) string { return s },
		func(s string) string { return strings.TrimSuffix(s, "\n") },
		func(s string) string { return strings.ReplaceAll(s, "\n- ", "\n  - ") },
		func(s string) string { return "# mine\n\n" + s + "\n# the end\n\n" },
		func(s string) string {
			return s + "signals:\n# mine\n- {name: x, kind: usage, expr: up, by: job}\n"
		},
	} {
		before := edit(first)
		after, _ := merge(t, before, shop("cache", "db", "lb", "web"))
		if diff := diffLines(before, after); len(diff) > 0 || before != after {
			t.Errorf("a second look changed:\n%s", strings.Join(diff, "\n"))
		}
	}
}

// edited is a file as a person leaves it: a component renamed, one described in full, an edge confirmed and one refused.
const edited = `# Our shop.
version: 1
components:
# The balancer.
- {name: lb, kind: lb, selector: {job: lb}, owner: edge-team} # found: job lb

- name: storefront   # was web
  kind: app
  selector:
    job: web
  serves: [checkout]
- {name: mail, kind: external}

# Who needs whom.
dependencies:
- {from: lb, to: storefront, kind: calls, source: haproxy, confidence: 0.9} # seen: server web
# - {from: storefront, to: db}   we moved it
- {from: storefront, to: mail}

# How it is measured.
signals:
- {name: latency_p95, kind: latency, expr: 'x', by: job}
`

func TestMergeKeepsWhatAPersonWrote(t *testing.T) {
	t.Parallel()
	after, changed := merge(t, edited, shop("cache", "db", "lb", "web"))
	want := []string{
		"+# new: 2026-03-01",
		"+- {name: cache, kind: cache, selector: {job: cache}} # found: job cache",
		"+- {name: db, kind: db, selector: {job: db}} # found: job db",
		"+# new: 2026-03-01",
		"+#- {from: storefront, to: cache, kind: calls, source: pool, confidence: 0.4} # unsure: one of 2; to confirm: which",
	}
	if diff := cmp.Diff(want, diffLines(edited, after)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if changed.NewComponents != 2 || changed.NewEdges != 0 {
		t.Errorf("changed: %+v", changed)
	}
	again, _ := merge(t, after, shop("cache", "db", "lb", "web"))
	if again != after {
		t.Errorf("the next look changed:\n%s", strings.Join(diffLines(after, again), "\n"))
	}
	topo, err := collectors.ParseTopology("t", []byte(after))
	if err != nil || topo.Component("storefront").Serves[0] != "checkout" || len(topo.Signals) != 1 {
		t.Errorf("%v: %+v", err, topo)
	}
}

func TestMergeMarksWhatIsGone(t *testing.T) {
	t.Parallel()
	whole, _ := merge(t, "", shop("db", "lb", "web"))
	whole += "signals: []\n"
	less, changed := merge(t, whole, shop("lb", "web"))
	want := []string{
		"+# gone: not seen on 2026-03-01; delete the entry if that is meant",
		"+# gone: not seen on 2026-03-01; delete the entry if that is meant",
	}
	if diff := cmp.Diff(want, diffLines(whole, less)); diff != "" || changed.GoneComponents != 1 || changed.GoneEdges != 1 {
		t.Errorf("%+v (-want +got):\n%s", changed, diff)
	}
	if !strings.Contains(less, "if that is meant\n- {name: db,") || !strings.Contains(less, "if that is meant\n- {from: web, to: db,") {
		t.Errorf("the marks are in the wrong places:\n%s", less)
	}
	partial := shop("lb", "web")
	partial.Partial = true
	if after, _ := merge(t, whole, partial); after != whole {
		t.Errorf("marked by a look that saw only a part:\n%s", strings.Join(diffLines(whole, after), "\n"))
	}
	later, _, err := Merge("topology.yaml", []byte(less), shop("lb", "web"), "", noon.AddDate(0, 0, 3))
	if err != nil || string(later) != less {
		t.Errorf("marked again (%v):\n%s", err, strings.Join(diffLines(less, string(later)), "\n"))
	}
	back, changed := merge(t, less, shop("db", "lb", "web"))
	if back != whole || changed.Back != 2 {
		t.Errorf("back: %+v\n%s", changed, strings.Join(diffLines(whole, back), "\n"))
	}
	// What a person wrote, or took our remark from, is not ours to call gone.
	own := strings.ReplaceAll(strings.ReplaceAll(whole, " # found: job db", ""), " # guess: a database; to confirm: which", " # yes")
	if after, _ := merge(t, own, shop("lb", "web")); after != own {
		t.Errorf("marked as gone:\n%s", strings.Join(diffLines(own, after), "\n"))
	}
}

func TestMergeTellsWhatDiffers(t *testing.T) {
	t.Parallel()
	d := shop("web")
	d.Components[0].Replicas = 3
	_, changed := merge(t, "version: 1\ncomponents:\n- {name: web, kind: app, selector: {job: old}, replicas: 2}\n", d)
	want := []string{"web: selector is map[job:old] in the file, found map[job:web]", "web: replicas is 2 in the file, found 3"}
	if diff := cmp.Diff(want, changed.Differs); diff != "" {
		t.Error(diff)
	}
}

func TestMergeAddsAList(t *testing.T) {
	t.Parallel()
	const file = "version: 1\ncomponents:\n- name: lb\n  kind: lb"
	after, _ := merge(t, file, shop("lb", "web"))
	want := file + "\n# new: 2026-03-01\n- {name: web, kind: app, selector: {job: web}} # found: job web\n" +
		"dependencies:\n# new: 2026-03-01\n- {from: lb, to: web, kind: calls, source: haproxy, confidence: 0.9} # seen: server web\n"
	if diff := cmp.Diff(want, after); diff != "" {
		t.Error(diff)
	}
}

func TestMergeRefuses(t *testing.T) {
	t.Parallel()
	for file, want := range map[string]string{
		"version: 1\ncomponents: [{name: lb}]\n":   "topology.yaml:2: components must be a list with an entry a line",
		"version: 1\rcomponents:\r- {name: lb}\r":  "must have no line breaks but",
		"version: 2\ncomponents:\n- {name: lb}\n":  "topology.yaml:1:10: version",
		"{version: 1, components: [{name: lb}]}\n": "must be a list with an entry a line",
	} {
		_, _, err := Merge("topology.yaml", []byte(file), shop("lb", "web"), "", noon)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", file, err, want)
		}
	}
}

// FuzzMerge: whatever a person wrote, what comes out can be read, loses none of their lines, and is stable.
func FuzzMerge(f *testing.F) {
	f.Add(edited)
	f.Add("version: 1\ncomponents:\n- name: a\n  aliases: [db]\ndependencies:\n")
	f.Add("version: 1\r\ncomponents:\r\n  - {name: lb}\r\n# - {from: x\r\ndependencies: []\r\n")
	f.Add("version: 1\ndependencies:\n- {from: lb, to: web} # seen: x\ncomponents:\n- {name: lb} # found: x\n- {name: web}\n# gone: x\n- {name: c} # found:")
	d := shop("cache", "db", "lb", "web")
	f.Fuzz(func(t *testing.T, data string) {
		out, _, err := Merge("t", []byte(data), d, "s", noon)
		if err != nil || strings.TrimSpace(data) == "" {
			return
		}
		if _, err := collectors.ParseTopology("t", out); err != nil {
			t.Fatalf("%v in:\n%s", err, out)
		}
		kept := strings.Split(string(out), "\n")
		for _, line := range strings.Split(data, "\n") {
			if !strings.HasPrefix(strings.TrimSpace(line), "# gone: ") && !contains(kept, line) {
				t.Fatalf("lost %q in:\n%s", line, out)
			}
		}
		again, _, err := Merge("t", out, d, "s", noon.Add(24*time.Hour))
		if err != nil || string(again) != string(out) {
			t.Fatalf("not stable (%v):\n%s", err, strings.Join(diffLines(string(out), string(again)), "\n"))
		}
	})
}
