package stream

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/schema"
)

// errSameLabels is what promql says when two series of a result differ in nothing.
var errSameLabels = errors.New("vector cannot contain metrics with the same labelset")

// operator is what a node does. Those of one kind differ in their file.
type operator interface {
	// reset forgets all rows.
	reset()
	// extend lists the labels of what can come out beyond the rows that the node has, given the rows of its inputs, and
	// prepares for them. Those of input i before seen[i] it was given before.
	extend(n *node, seen []int) []labels.Labels
	// step sets the rows whose inputs changed, all of them if whole, for the grid point t in Unix milliseconds. An
	// error means that promql refuses to evaluate the expression at this point.
	step(n *node, t int64, whole bool) error
}

// node is one operator of the graph that all programs of a Runner share. Its rows are the series that can come out;
// at each grid point some have a value. Rows are added at the end and keep their numbers. Those of series that are no
// more stay, without a value, until a selector has more of them than of others; then all rows that come of it are made
// anew, and the version counts up. So a birth or death costs what the rows concerned do, whatever the others are.
type node struct {
	op operator
	in []*node

	rows    []labels.Labels
	value   []float64
	has     []bool
	present int     // how many rows have a value
	changed []int32 // rows set to something else at this grid point
	every   []int32 // all rows: what changed lists at most
	twins   twins

	version  uint64   // of the rows
	versions []uint64 // of the inputs' rows, that these rows were made for
	seen     []int    // how many rows of each input these rows were made for
	stale    bool     // rows must be made anew whatever the inputs say
	grew     bool     // a selector has more rows, for it has no inputs to tell it
	behind   bool     // an earlier grid point was left out: what changed since is not known
	err      error    // why there is nothing at this grid point
}

func newNode(op operator, in []*node) *node {
	return &node{op: op, in: in, versions: make([]uint64, len(in)), seen: make([]int, len(in)), stale: true}
}

// step evaluates the node at a grid point; its inputs are evaluated already.
func (n *node) step(t int64) {
	n.changed = n.changed[:0]
	if n.err = n.inputErr(); n.err == nil {
		renewed := n.renew()
		n.err = n.op.step(n, t, renewed || n.behind)
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

// renew makes the rows anew if those of an input are new, and else adds what came of rows that an input has gained.
func (n *node) renew() (anew bool) {
	more := n.grew
	for i, in := range n.in {
		n.stale = n.stale || n.versions[i] != in.version
		more = more || n.seen[i] != len(in.rows)
	}
	anew = n.stale
	if anew {
		n.op.reset()
		n.version++
		n.rows, n.value, n.has, n.every, n.twins = nil, nil, nil, nil, twins{}
		n.present = 0
		clear(n.seen)
	}
	if anew || more {
		n.extend()
	}
	n.stale, n.grew = false, false
	return anew
}

func (n *node) extend() {
	for _, ls := range n.op.extend(n, n.seen) {
		row := int32(len(n.rows))
		n.rows, n.every = append(n.rows, ls), append(n.every, row)
		n.value, n.has = append(n.value, 0), append(n.has, false)
		n.twins.add(n.rows, row)
	}
	n.changed = slices.Grow(n.changed, len(n.rows)) // an operator sets a row once a grid point
	for i, in := range n.in {
		n.versions[i], n.seen[i] = in.version, len(in.rows)
	}
}

// twins are the rows that have their labels in common with another.
type twins struct {
	groups [][]int32
	first  map[uint64]int32 // by hash of the labels, or the next free number: the first row of these labels
	of     map[int32]int    // by that row: its group
}

// add files the last of the rows.
func (t *twins) add(rows []labels.Labels, row int32) {
	if t.first == nil {
		t.first, t.of = map[uint64]int32{}, map[int32]int{}
	}
	for h := rows[row].Hash(); ; h++ {
		first, taken := t.first[h]
		switch {
		case !taken:
			t.first[h] = row
			return
		case !labels.Equal(rows[first], rows[row]):
			continue
		}
		group, known := t.of[first]
		if !known {
			group = len(t.groups)
			t.of[first], t.groups = group, append(t.groups, []int32{first})
		}
		t.groups[group] = append(t.groups[group], row)
		return
	}
}

func (n *node) twinsErr() error {
	for _, group := range n.twins.groups {
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

// grouper puts rows into groups by a key; groups are numbered in the order in which the keys come.
type grouper struct {
	byKey map[string]int32
	key   []byte // scratch
}

// group returns the number of the group of a key, and whether it is new.
func (g *grouper) group(key []byte) (group int32, fresh bool) {
	g.key = key
	group, known := g.byKey[string(key)]
	if !known {
		if g.byKey == nil {
			g.byKey = map[string]int32{}
		}
		group = int32(len(g.byKey))
		g.byKey[string(key)] = group
	}
	return group, !known
}

// file puts a row among others in the order of their labels, so that what is made of them, and how it is rounded, does not
// turn on when whose series was born.
func file(among []int32, row int32, rows []labels.Labels) []int32 {
	at, _ := slices.BinarySearchFunc(among, row, func(a, b int32) int { return labels.Compare(rows[a], rows[b]) })
	return slices.Insert(among, at, row)
}

// dirty collects the numbers of groups to be looked at again, each once.
type dirty struct {
	marked []bool
	list   []int32
}

// grow makes room for so many groups.
func (d *dirty) grow(groups int) {
	d.marked = append(d.marked, make([]bool, groups-len(d.marked))...)
	d.list = slices.Grow(d.list, groups)
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

// unnamedRows is unnamed for rows.
func unnamedRows(rows []labels.Labels) []labels.Labels {
	out := make([]labels.Labels, len(rows))
	for i, ls := range rows {
		out[i] = unnamed(ls)
	}
	return out
}
