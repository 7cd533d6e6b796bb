package plan

import (
	"cmp"
	"math/bits"
	"slices"

	"github.com/diagnops/diagnops/engine/model"
	"github.com/diagnops/diagnops/engine/topo"
)

// cost is what it costs to start a dependent before what it needs.
func cost(d model.Dependency) float64 {
	price := 100.0 // stored on it, runs on it: it does not start at all
	switch d.Kind {
	case model.Async:
		price = 1 // what is sent waits
	case model.Replicates:
		price = 2 // it can be copied later
	case model.Calls:
		price = 4 // it answers errors until then
	}
	// A dependency that may not exist is cheap to ignore.
	return price * (0.25 + 0.75*d.Confidence)
}

// order is the dependencies that decide who starts first, without cycles. Components are numbered as the graph lists them.
type order struct {
	names []string
	below [][]int // by the dependent
	given []broken
	seen  []int // by component, the number of the search that met it last
	came  []int
	count int
}

// broken is a dependency that is not kept, and the way back from what is needed to who needs it.
type broken struct {
	model.Dependency
	back []string
}

// acyclic keeps dependencies, the dearest first, as long as they close no cycle with those kept. So what is given up is
// the cheapest of a cycle, and nothing that was given up could be taken back. (The cheapest set of all is the minimum
// feedback arc set, which R. M. Karp 1972 showed to be hard to find.) Of equal cost, a dependency on something that many
// need and that needs little goes first, after P. Eades, X. Lin, W. F. Smyth 1993, which leaves fewer to give up.
func acyclic(g *topo.Graph) *order {
	n := len(g.Names())
	o := &order{names: g.Names(), below: make([][]int, n), seen: make([]int, n), came: make([]int, n)}
	at := make(map[string]int, n)
	for i, name := range o.names {
		at[name] = i
	}
	var all []model.Dependency
	lean := make([]int, n) // more needed by others than needing
	for _, name := range o.names {
		for _, d := range g.Below(name) {
			if orders(d.Kind) {
				all = append(all, d)
				lean[at[d.To]]++
				lean[at[d.From]]--
			}
		}
	}
	slices.SortStableFunc(all, func(a, b model.Dependency) int {
		return cmp.Or(cmp.Compare(cost(b), cost(a)), cmp.Compare(lean[at[b.To]]-lean[at[b.From]], lean[at[a.To]]-lean[at[a.From]]))
	})
	for _, d := range all {
		from, to := at[d.From], at[d.To]
		if back := o.way(to, from); back != nil {
			o.given = append(o.given, broken{Dependency: d, back: back})
			continue
		}
		o.below[from] = append(o.below[from], to)
	}
	return o
}

// way is the shortest way down from one component to another, both included; nil when there is none.
func (o *order) way(from, to int) []string {
	o.count++
	o.seen[from], o.came[from] = o.count, -1
	for queue := []int{from}; len(queue) > 0; queue = queue[1:] {
		at := queue[0]
		if at == to {
			var back []string
			for ; at >= 0; at = o.came[at] {
				back = append(back, o.names[at])
			}
			slices.Reverse(back)
			return back
		}
		for _, next := range o.below[at] {
			if o.seen[next] != o.count {
				o.seen[next], o.came[next] = o.count, at
				queue = append(queue, next)
			}
		}
	}
	return nil
}

// levels groups the components by the length of the longest way down from them.
func (o *order) levels() [][]int {
	depth := make([]int, len(o.names))
	var down func(i int) int
	down = func(i int) int {
		if depth[i] == 0 {
			depth[i] = 1
			for _, next := range o.below[i] {
				depth[i] = max(depth[i], down(next)+1)
			}
		}
		return depth[i]
	}
	var out [][]int
	for i := range o.names {
		d := down(i)
		for len(out) < d {
			out = append(out, nil)
		}
		out[d-1] = append(out[d-1], i)
	}
	return out
}

// dependents counts who waits for each component, directly or not.
func (o *order) dependents() []int {
	const word = 64
	words := (len(o.names) + word - 1) / word
	above := make([][]uint64, len(o.names)) // the set of those that wait, by number
	for i := range above {
		above[i] = make([]uint64, words)
	}
	for _, level := range slices.Backward(o.levels()) {
		for _, i := range level {
			for _, next := range o.below[i] {
				above[next][i/word] |= 1 << (i % word)
				for w, members := range above[i] {
					above[next][w] |= members
				}
			}
		}
	}
	count := make([]int, len(o.names))
	for i := range above {
		for _, members := range above[i] {
			count[i] += bits.OnesCount64(members)
		}
	}
	return count
}
