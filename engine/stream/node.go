package stream

import (
	"errors"
	"fmt"
	"math"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/schema"
)

// errSameLabels is what promql says when two series of a result differ in nothing.
var errSameLabels = errors.New("vector cannot contain metrics with the same labelset")

// operator is what a node does. Those of one kind differ in their file.
type operator interface {
	// shape lists the labels of what can come out, given the rows of the inputs, and prepares for them. It is called
	// when rows of an input came or went.
	shape(n *node) []labels.Labels
	// step sets the rows whose inputs changed, all of them if whole, for the grid point t in Unix milliseconds. An
	// error means that promql refuses to evaluate the expression at this point.
	step(n *node, t int64, whole bool) error
}

// node is one operator of the graph that all programs of a Runner share. Its rows are the series that can come out;
// at each grid point some have a value.
type node struct {
	op operator
	in []*node

	rows    []labels.Labels
	value   []float64
	has     []bool
	present int     // how many rows have a value
	changed []int32 // rows set to something else at this grid point
	every   []int32 // all rows: what changed lists at most
	twins   [][]int32

	version uint64   // of the rows
	seen    []uint64 // versions of the inputs' rows that these rows were made for
	stale   bool     // rows must be made anew whatever the inputs say
	behind  bool     // an earlier grid point was left out: what changed since is not known
	err     error    // why there is nothing at this grid point
}

func newNode(op operator, in []*node) *node {
	return &node{op: op, in: in, seen: make([]uint64, len(in)), stale: true}
}

// step evaluates the node at a grid point; its inputs are evaluated already.
func (n *node) step(t int64) {
	n.changed = n.changed[:0]
	if n.err = n.inputErr(); n.err == nil {
		reshaped := n.reshape()
		whole := reshaped || n.behind
		n.err = n.op.step(n, t, whole)
	}
	if n.err == nil {
		n.err = n.twinsErr()
	}
	n.behind = n.err != nil
}

func (n *node) inputErr() error {
	for _, in := range n.in {
		if in.err != nil {
			return in.err
		}
	}
	return nil
}

// reshape makes the rows anew if those of an input are new.
func (n *node) reshape() bool {
	for i, in := range n.in {
		if n.seen[i] != in.version {
			n.seen[i] = in.version
			n.stale = true
		}
	}
	if !n.stale {
		return false
	}
	n.stale = false
	n.rows = n.op.shape(n)
	n.version++
	n.value, n.has = make([]float64, len(n.rows)), make([]bool, len(n.rows))
	n.present = 0
	n.changed = make([]int32, 0, len(n.rows)) // an operator sets a row once a grid point
	n.every = make([]int32, len(n.rows))
	for i := range n.every {
		n.every[i] = int32(i)
	}
	n.twins = twinsOf(n.rows)
	return true
}

// twinsOf lists the rows that have their labels in common with another.
func twinsOf(rows []labels.Labels) (twins [][]int32) {
	g := newGrouper(len(rows))
	for i, ls := range rows {
		g.add(ls.Bytes(g.key), i)
	}
	for _, group := range g.groups {
		if len(group) > 1 {
			twins = append(twins, group)
		}
	}
	return twins
}

func (n *node) twinsErr() error {
	for _, group := range n.twins {
		if n.count(group) > 1 {
			return fmt.Errorf("%w: %s", errSameLabels, n.rows[group[0]])
		}
	}
	return nil
}

// count tells how many of the rows have a value.
func (n *node) count(rows []int32) (present int) {
	for _, i := range rows {
		if n.has[i] {
			present++
		}
	}
	return present
}

// set gives a row its value at this grid point, or none.
func (n *node) set(row int32, v float64, has bool) {
	if had := n.has[row]; had != has {
		n.has[row] = has
		if has {
			n.present++
		} else {
			n.present--
		}
	} else if !has || math.Float64bits(v) == math.Float64bits(n.value[row]) {
		return
	}
	n.value[row] = v
	n.changed = append(n.changed, row)
}

// touched lists the rows that a reader must look at.
func (n *node) touched(whole bool) []int32 {
	if whole {
		return n.every
	}
	return n.changed
}

// scalar is the value of a node of one row that always has one.
func (n *node) scalar() float64 { return n.value[0] }

// grouper puts rows into groups by a key, in the order in which the keys come.
type grouper struct {
	byKey  map[string]int32
	groups [][]int32
	key    []byte // scratch
}

func newGrouper(rows int) *grouper { return &grouper{byKey: make(map[string]int32, rows)} }

// add puts a row into the group of the key, and returns the group's number and whether it is new.
func (g *grouper) add(key []byte, row int) (group int32, fresh bool) {
	g.key = key
	group, known := g.byKey[string(key)]
	if !known {
		group = int32(len(g.groups))
		g.byKey[string(key)] = group
		g.groups = append(g.groups, nil)
	}
	g.groups[group] = append(g.groups[group], int32(row))
	return group, !known
}

// dirty collects the numbers of groups to be looked at again, each once.
type dirty struct {
	marked []bool
	list   []int32
}

func (d *dirty) resize(groups int) {
	*d = dirty{marked: make([]bool, groups), list: make([]int32, 0, groups)}
}

func (d *dirty) mark(group int32) {
	if !d.marked[group] {
		d.marked[group] = true
		d.list = append(d.list, group)
	}
}

// take returns the marked groups and forgets the marks. The list is valid until the next mark.
func (d *dirty) take() []int32 {
	for _, group := range d.list {
		d.marked[group] = false
	}
	list := d.list
	d.list = d.list[:0]
	return list
}

// unnamed takes away the labels that say what was measured: what is computed from it is something else.
func unnamed(ls labels.Labels) labels.Labels { return ls.DropReserved(schema.IsMetadataLabel) }

// unnamedRows is unnamed for all rows.
func unnamedRows(rows []labels.Labels) []labels.Labels {
	out := make([]labels.Labels, len(rows))
	for i, ls := range rows {
		out[i] = unnamed(ls)
	}
	return out
}
