package synth

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/diagnops/diagnops/engine/model"
)

// decoys are changes that do no harm.
var decoys = []struct {
	kind  model.ChangeKind
	title string
	roles []role
}{
	{model.ChangeDeploy, "new version", []role{roleApp, roleWorker}},
	{model.ChangeConfig, "settings changed", []role{roleEntry, roleApp, roleDB, roleCache, roleQueue}},
	{model.ChangeFlag, "flag switched", []role{roleApp}},
	{model.ChangeInfra, "kernel updated", []role{roleHost}},
	{model.ChangeData, "index built", []role{roleDB}},
	{model.ChangeCertificate, "certificate renewed", []role{roleEntry}},
	{model.ChangeJob, "report written", []role{roleWorker, roleDB}},
}

// maxDecoys is how many harmless changes a scenario has at most.
const maxDecoys = 5

// changes returns the events that go with the faults, and some that go with nothing.
func (h *history) changes() []model.Change {
	rng := stream(h.opts.Seed, streamChanges)
	var out []model.Change
	for _, f := range h.faults {
		if f.change == nil {
			continue
		}
		c := *f.change
		c.At, c.Component = h.time(f.onset).Add(-time.Duration(rng.IntN(20))*time.Second), h.graph.nodes[f.node].name
		out = append(out, c)
	}
	at := make([]float64, 0, maxDecoys)
	for range rng.IntN(maxDecoys + 1) {
		at = append(at, rng.Float64())
	}
	if rng.IntN(2) == 0 { // one just before the onset, to mislead
		at = append(at, float64(h.onset)/float64(len(h.frames))-0.02*rng.Float64())
	}
	for _, share := range at {
		kind := pick(rng, decoys)
		var places []int
		for i := range h.graph.nodes {
			if slices.Contains(kind.roles, h.graph.nodes[i].role) && !h.culprit(i) {
				places = append(places, i)
			}
		}
		if len(places) == 0 {
			continue
		}
		when := h.opts.Start.Add(time.Duration(math.Round(share*h.opts.Duration.Seconds())) * time.Second)
		out = append(out, model.Change{At: when, Kind: kind.kind, Title: kind.title, Component: h.graph.nodes[pick(rng, places)].name})
	}
	slices.SortStableFunc(out, func(a, b model.Change) int { return a.At.Compare(b.At) })
	for i := range out {
		out[i].ID = fmt.Sprintf("change-%d", i+1)
	}
	return out
}

// culprit tells whether a fault is at the component: a decoy there would be no decoy.
func (h *history) culprit(i int) bool {
	return slices.ContainsFunc(h.faults, func(f *fault) bool { return f.node == i })
}
