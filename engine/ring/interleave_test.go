package ring

import (
	"slices"
	"testing"
)

// TestEveryInterleaving walks through every order in which the steps of one writer and one reader can fall, for small
// sizes: the right check never lies, the wrong ones do. Sequential consistency makes such orders all there is.
func TestEveryInterleaving(t *testing.T) {
	for _, capacity := range []int{1, 2} {
		for c, wantLie := range map[check]bool{checkReserve: false, checkCommit: true, checkNothing: true} {
			lies := 0
			for before := range capacity + 2 {
				lies += explore(newMachine(capacity, c, before), capacity+1)
			}
			if (lies > 0) != wantLie {
				t.Errorf("capacity %d, check %d: %d lies, want some: %v", capacity, c, lies, wantLie)
			}
		}
	}
}

// machine is the protocol as single steps over plain memory.
type machine struct {
	check           check
	reserve, commit int
	ts, vs          []int

	writer, written int // the writer's next step of an append, and appends done

	end, next, half int // the reader's window, the number it copies next, and which word of it
	gotT, gotV      []int
	done            bool
}

func newMachine(capacity int, c check, before int) machine {
	m := machine{check: c, ts: make([]int, capacity), vs: make([]int, capacity), end: -1}
	for range 4 * before {
		m.write()
	}
	m.written = 0
	return m
}

func (m machine) clone() machine {
	m.ts, m.vs = slices.Clone(m.ts), slices.Clone(m.vs)
	m.gotT, m.gotV = slices.Clone(m.gotT), slices.Clone(m.gotV)
	return m
}

func (m *machine) write() {
	i := m.commit % len(m.ts)
	switch m.writer {
	case 0:
		m.reserve = m.commit + 1
	case 1:
		m.ts[i] = m.commit
	case 2:
		m.vs[i] = m.commit
	case 3:
		m.commit++
		m.written++
	}
	m.writer = (m.writer + 1) % 4
}

// read makes the reader's next step and tells whether, at its end, it believes something false.
func (m *machine) read() (lied bool) {
	switch {
	case m.end < 0:
		m.end = m.commit
		m.next = max(0, m.end-len(m.ts))
	case m.next < m.end && m.half == 0:
		m.gotT = append(m.gotT, m.ts[m.next%len(m.ts)])
		m.half = 1
	case m.next < m.end:
		m.gotV = append(m.gotV, m.vs[m.next%len(m.ts)])
		m.next, m.half = m.next+1, 0
	default:
		m.done = true
		kept := map[check]int{checkReserve: m.reserve, checkCommit: m.commit, checkNothing: 0}[m.check] - len(m.ts)
		for i := range m.gotT {
			q := m.end - len(m.gotT) + i
			if q >= kept && (m.gotT[i] != q || m.gotV[i] != q) {
				return true
			}
		}
	}
	return false
}

// explore counts the orders that end in a lie, the writer making at most appends appends.
func explore(m machine, appends int) int {
	lies := 0
	if m.written < appends {
		w := m.clone()
		w.write()
		lies += explore(w, appends)
	}
	r := m.clone()
	if r.read() {
		lies++
	}
	if !r.done {
		lies += explore(r, appends)
	}
	return lies
}
