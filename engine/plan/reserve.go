package plan

import (
	"slices"
	"strings"

	"github.com/diagnops/diagnops/engine/model"
	"github.com/diagnops/diagnops/engine/topo"
)

// rate is the capacity that traffic is held against.
const rate = "rps"

// reserves asks of everything that is there more than once whether it carries its peak without its largest part.
func reserves(g *topo.Graph, traffic Traffic) []model.Reserve {
	out := []model.Reserve{}
	for _, group := range groups(g) {
		for _, resource := range resources(g, group) {
			if r, ok := reserve(g, group, resource, traffic); ok {
				out = append(out, r)
			}
		}
	}
	return out
}

// groups are those that stand in for each other: callees of one kind of what passes requests on, what fails over and
// its standby, and what has replicas by itself.
func groups(g *topo.Graph) [][]string {
	var out [][]string
	for _, name := range g.Names() {
		if g.Component(name).Replicas > 1 {
			out = append(out, []string{name})
		}
		behind := map[string][]string{}
		for _, d := range g.Below(name) {
			if d.Kind == model.Calls && model.PassThrough(g.Kind(name)) {
				behind[g.Kind(d.To)] = append(behind[g.Kind(d.To)], d.To)
			}
			if standsIn(g, d) {
				out = append(out, []string{name, d.To})
			}
		}
		for _, members := range behind {
			if len(members) > 1 {
				out = append(out, sorted(members))
			}
		}
	}
	slices.SortFunc(out, slices.Compare)
	return slices.CompactFunc(out, slices.Equal)
}

func resources(g *topo.Graph, group []string) []string {
	var out []string
	for _, name := range group {
		for resource := range g.Component(name).Capacity {
			out = append(out, resource)
		}
	}
	return sorted(out)
}

// reserve is what is left of a group without its largest part; not ok where a capacity is not given. The capacity of a
// component is that of all its replicas together. The standby of a pair must carry all.
func reserve(g *topo.Graph, group []string, resource string, traffic Traffic) (model.Reserve, bool) {
	r := model.Reserve{Components: group, Resource: resource, Enough: model.StateUnknown}
	all, largest := 0.0, 0.0
	for _, name := range group {
		c := g.Component(name)
		v, ok := c.Capacity[resource]
		if !ok {
			return r, false
		}
		all += v
		largest = max(largest, v/float64(max(c.Replicas, 1)))
	}
	r.Capacity = all - largest
	who := strings.Join(group, ", ")
	if peak, ok := peakOf(group, traffic); ok && resource == rate {
		r.Peak = &peak
		left, need := model.FormatValue(r.Capacity, "req/s"), model.FormatValue(peak, "req/s")
		if r.Capacity >= peak {
			r.Enough, r.Text = model.StateNormal, model.Say("without the largest part of %s the rest carries %s, and the peak is %s", who, left, need)
		} else {
			r.Enough, r.Text = model.StateAbnormal, model.Say("without the largest part of %s the rest carries %s, but the peak is %s", who, left, need)
		}
		return r, true
	}
	r.Text = model.Say("without the largest part of %s the rest carries %s; the peak is not known", who, model.FormatValue(r.Capacity, resource))
	return r, true
}

func peakOf(group []string, traffic Traffic) (peak float64, ok bool) {
	for _, name := range group {
		v, known := traffic[name]
		peak += v
		ok = ok || known
	}
	return peak, ok
}
