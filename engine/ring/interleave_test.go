package ring

import (
	"fmt"
	"slices"
	"testing"
)

// TestEveryInterleaving walks through every order in which the steps of one writer and one reader can fall, for small
// sizes: the right protocol never lies, each wrong one does. Sequential consistency makes such orders all there is.
func TestEveryInterleaving(t *testing.T) {
	wrong := map[fault]bool{faultNone: false}
	for _, f := range faults {
		wrong[f] = true
	}
	for _, s := range []struct{ rows, stride int }{{2, 1}, {4, 2}} {
		for f, wantLie := range wrong {
			lies := 0
			for before := range s.rows + 2 {
				lies += explore(newMachine(s.rows, s.stride, f, before), s.rows+1, map[string]int{})
			}
			if (lies > 0) != wantLie {
				t.Errorf("%d rows, fault %d: %d lies, want some: %v", s.rows, f, lies, wantLie)
			}
		}
	}
}

// machine is the protocol as single steps over plain memory. Number q is written as time q+1 and value q+1; 0 is never.
type machine struct {
	fault         fault
	stride        int
	reserve, next int
	ts, vs        []int

	step, written int // the writer's next step of an append, and appends done

	phase        int // the reader's: 0 loads reserve, 1 the time before the end, 2 seeks the end, 3 copies, 4 checks
	seen, before int // the reserve cursor as loaded first, and the time that the next one must be later than
	first, end   int
	gotT, gotV   []int
}

func newMachine(rows, stride int, f fault, before int) machine {
	m := machine{fault: f, stride: stride, ts: make([]int, rows), vs: make([]int, rows)}
	for m.written < before {
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

// write makes the writer's next step.
func (m *machine) write() {
	i, q := m.next%len(m.ts), m.next
	reserve := func() {
		if q%m.stride == 0 {
			m.reserve = q + m.stride
		}
	}
	steps := []func(){reserve, func() { m.vs[i] = q + 1 }, func() { m.ts[i] = q + 1 }}
	switch m.fault {
	case faultTimeFirst:
		steps[1], steps[2] = steps[2], steps[1]
	case faultLate:
		steps[0], steps[1], steps[2] = steps[1], steps[2], steps[0]
	}
	steps[m.step]()
	m.step = (m.step + 1) % len(steps)
	if m.step == 0 {
		m.next++
		m.written++
	}
}

// read makes the reader's next step; done tells that it was the last, lied that the reader then believes something
// false.
func (m *machine) read() (done, lied bool) {
	rows := len(m.ts)
	switch m.phase {
	case 0:
		m.seen, m.end, m.phase = m.reserve, max(0, m.reserve-m.stride), 1
		if m.fault == faultNoEnd {
			m.end, m.phase = m.seen, 3
		}
		m.first = max(0, m.seen-rows)
	case 1:
		if m.end > 0 {
			m.before = m.ts[(m.end-1)%rows]
		}
		m.phase = 2
	case 2:
		if m.end == m.seen || m.ts[m.end%rows] <= m.before {
			m.phase = 3
			break
		}
		m.before = m.ts[m.end%rows]
		m.end++
	case 3:
		switch q := m.first + len(m.gotV); {
		case q >= m.end:
			m.phase = 4
		case len(m.gotT) == len(m.gotV):
			m.gotT = append(m.gotT, m.ts[q%rows])
		default:
			m.gotV = append(m.gotV, m.vs[q%rows])
		}
	case 4:
		kept := m.reserve - rows
		if m.fault == faultNoCheck {
			kept = 0
		}
		for i := range m.gotT {
			q := m.first + i
			lied = lied || q >= kept && (m.gotT[i] != q+1 || m.gotV[i] != q+1)
		}
		return true, lied
	}
	return false, false
}

// explore counts the states in which the reader, the writer making at most appends appends, can end with a lie. known
// are the states seen already.
func explore(m machine, appends int, known map[string]int) int {
	key := m.key()
	if lies, ok := known[key]; ok {
		return lies
	}
	lies := 0
	if m.written < appends {
		w := m.clone()
		w.write()
		lies += explore(w, appends, known)
	}
	r := m.clone()
	done, lied := r.read()
	if lied {
		lies++
	}
	if !done {
		lies += explore(r, appends, known)
	}
	known[key] = lies
	return lies
}

// key spells out the state.
func (m *machine) key() string {
	m2 := *m
	m2.fault = 0
	return fmt.Sprint(m2)
}
