//go:build !race

// The race detector lets a sync.Pool forget at random, so that allocations can not be counted beside it.

package remotewrite

import "testing"

// TestKnownSeriesAllocateNothing takes requests in that hold known series alone.
func TestKnownSeriesAllocateNothing(t *testing.T) {
	for _, version := range []int{1, 2} {
		all := requests(t, 500, 2, version)
		to := ourReceiver(t, version)
		next := 0
		send := func() {
			if err := to(all[next]); err != nil {
				t.Fatal(err)
			}
			next++
		}
		send()
		send()
		if got := testing.AllocsPerRun(20, send); got > 0 {
			t.Errorf("version %d: %v allocations a request, want none", version, got)
		}
	}
}
