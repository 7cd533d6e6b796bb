package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rs/zerolog"

	"github.com/diagnops/diagnops/collectors/bundle"
	"github.com/diagnops/diagnops/engine"
	"github.com/diagnops/diagnops/engine/batch"
	"github.com/diagnops/diagnops/engine/model"
)

// renamer gives every component and alias of a bundle another name, drawn at random.
type renamer struct {
	to, back map[string]string // components and aliases
	names    map[string]bool   // of components alone
	keys     map[string]bool   // labels by which the topology tells components apart
}

func newRenamer(t *model.Topology, seed uint64) *renamer {
	r := &renamer{to: map[string]string{}, back: map[string]string{}, names: map[string]bool{}, keys: map[string]bool{}}
	random := rand.New(rand.NewPCG(seed, 0))
	for i := range t.Signals {
		sig := &t.Signals[i]
		r.keys[sig.By] = true
		if sig.Edge != nil {
			r.keys[sig.Edge.From], r.keys[sig.Edge.To] = true, true
		}
	}
	for i := range t.Components {
		r.names[t.Components[i].Name] = true
		for label := range t.Components[i].Selector {
			r.keys[label] = true
		}
		for _, name := range append([]string{t.Components[i].Name}, t.Components[i].Aliases...) {
			fresh := fmt.Sprintf("n%012x", random.Uint64N(1<<48))
			r.to[name], r.back[fresh] = fresh, name
		}
	}
	return r
}

// name returns the new name of a component; anything else stays.
func (r *renamer) name(s string) string {
	if fresh, ok := r.to[s]; ok {
		return fresh
	}
	return s
}

func (r *renamer) topology(t *model.Topology) *model.Topology {
	out := &model.Topology{
		Components: slices.Clone(t.Components), Dependencies: slices.Clone(t.Dependencies), Signals: slices.Clone(t.Signals),
	}
	for i := range out.Components {
		c := &out.Components[i]
		c.Name = r.name(c.Name)
		c.Aliases = slices.Clone(c.Aliases)
		for j := range c.Aliases {
			c.Aliases[j] = r.name(c.Aliases[j])
		}
		selector := map[string]string{}
		for label, value := range c.Selector {
			selector[label] = r.name(value)
		}
		c.Selector = selector
	}
	for i := range out.Dependencies {
		d := &out.Dependencies[i]
		d.From, d.To = r.name(d.From), r.name(d.To)
	}
	for i := range out.Signals {
		for was, is := range r.to {
			out.Signals[i].Expr = strings.ReplaceAll(out.Signals[i].Expr, strconv.Quote(was), strconv.Quote(is))
		}
	}
	return out
}

// data renames in the values of labels. A component's name is renamed in whatever label it stands, an alias only in those
// that tell components apart: elsewhere a word like "postgres" is a database, a job or a user.
func (r *renamer) data(d *bundle.Data) *bundle.Data {
	out := *d
	out.Series = slices.Clone(d.Series)
	for i, ls := range out.Series {
		out.Series[i] = slices.Clone(ls)
		for j := range ls {
			if r.names[ls[j].Value] && ls[j].Name != model.MetricName || r.keys[ls[j].Name] {
				out.Series[i][j].Value = r.name(ls[j].Value)
			}
		}
	}
	return &out
}

func (r *renamer) input(in engine.Input) engine.Input {
	in.Topology = r.topology(in.Topology)
	in.Incident.Symptom.Component = r.name(in.Incident.Symptom.Component)
	in.Changes = slices.Clone(in.Changes)
	for i := range in.Changes {
		in.Changes[i].Component = r.name(in.Changes[i].Component)
	}
	return in
}

func (r *renamer) truth(t model.Truth) model.Truth {
	t.Causes = slices.Clone(t.Causes)
	for i := range t.Causes {
		t.Causes[i].Component = r.name(t.Causes[i].Component)
	}
	return t
}

// standing is what must not depend on names: each cause with its place. Places of equal probability are one place, for
// names break such ties; so they do between two signals that show a fault equally well, which are left out here and held
// by the scores at signal level.
type standing struct {
	Status model.Status
	Causes []string
}

func stand(d *model.Diagnosis, name func(string) string) standing {
	places := make([]int, len(d.Causes))
	for i := range places {
		places[i] = i + 1
		if i > 0 && d.Causes[i].Probability == d.Causes[i-1].Probability {
			places[i] = places[i-1]
		}
	}
	s := standing{Status: d.Outcome.Status}
	for i := range d.Causes {
		c := &d.Causes[i]
		who := name(c.Component)
		if last := places[len(places)-1]; places[i] == last && last > 1 {
			who = "one of the last" // the list may be cut within a tie
		}
		s.Causes = append(s.Causes, fmt.Sprintf("%02d %s %s %.4f", places[i], who, c.Fault, c.Probability))
	}
	slices.Sort(s.Causes)
	return s
}

// dataDir is where labelled incidents that are no part of the repository lie.
func dataDir() string {
	if dir := os.Getenv("DIAGNOPS_DATA"); dir != "" {
		return dir
	}
	return "../../../shared/data"
}

// bundlesForRenaming are the recorded incident, made-up ones, and the labelled data sets where they are at hand.
func bundlesForRenaming(t *testing.T) []string {
	t.Helper()
	paths := []string{incidents(t)}
	data := dataDir()
	if _, err := os.Stat(data); err == nil {
		paths = append(paths, data)
	} else {
		t.Logf("no labelled incidents at %s: renaming those of testdata alone", data)
	}
	dirs, err := bundle.Find(paths...)
	if err != nil {
		t.Fatal(err)
	}
	return dirs
}

// TestNamesDoNotMatter renames every component at random: places and scores must stay as they are.
func TestNamesDoNotMatter(t *testing.T) {
	t.Parallel()
	a, err := newAnalyst(inputFlags{}, 1, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	type outcome struct{ plain, renamed *batch.Scored }
	dirs := bundlesForRenaming(t)
	var plain, renamed []batch.Scored
	err = batch.Run(t.Context(), 0, dirs, func(ctx context.Context, dir string) (outcome, error) {
		before, after, err := bothWays(ctx, t, a, dir)
		return outcome{before, after}, err
	}, func(i int, r batch.Result[outcome]) error {
		if r.Err != nil {
			return fmt.Errorf("%s: %w", dirs[i], r.Err)
		}
		if r.Value.plain != nil {
			plain = append(plain, *r.Value.plain)
			renamed = append(renamed, *r.Value.renamed)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	before, after := batch.Sets(plain, nil, 0), batch.Sets(renamed, nil, 0)
	deltas, _ := batch.Compare(batch.NewBaseline(before), batch.NewBaseline(after))
	for _, d := range deltas {
		t.Errorf("after renaming, %s", d)
	}
}

// bothWays diagnoses a bundle as it is and renamed, and compares the places. The outcomes are nil without a truth.
func bothWays(ctx context.Context, t *testing.T, a *analyst, dir string) (plain, renamed *batch.Scored, err error) {
	t.Helper()
	b, err := bundle.Open(dir)
	if err != nil {
		return nil, nil, err
	}
	data, err := b.Load(ctx)
	if err != nil {
		return nil, nil, err
	}
	in := engine.Input{Incident: b.Incident, Topology: b.Topology, Changes: b.Changes, Clock: time.Now}
	was, err := a.data(ctx, in, data, nil)
	if err != nil {
		return nil, nil, err
	}
	r := newRenamer(b.Topology, uint64(len(dir)))
	is, err := a.data(ctx, r.input(in), r.data(data), nil)
	if err != nil {
		return nil, nil, err
	}
	want := stand(was, func(s string) string { return s })
	got := stand(is, func(s string) string { return r.back[s] })
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("%s: renaming its components changes the answer (-want +got):\n%s", filepath.Base(dir), d)
	}
	truth, ok, err := bundle.ReadTruth(dir)
	if err != nil || !ok {
		return nil, nil, err
	}
	kinds := a.signalKinds(b.Topology)
	plain = &batch.Scored{Set: dataSet(dir), Diagnosis: was, Truth: *truth, KindOf: kinds.of}
	renamed = &batch.Scored{Set: dataSet(dir), Diagnosis: is, Truth: r.truth(*truth), KindOf: kinds.of}
	return plain, renamed, nil
}
