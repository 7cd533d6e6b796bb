package bundle

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestReplayInEventTime(t *testing.T) {
	d := load(t, smallBundle("b 1 1772359200\nb 2 1772359202.5\na 3 1772359201\na 4 1772359202.5\nc 5 1772359200\n# EOF\n"))
	var s sink
	var progress []int
	err := d.Replay(context.Background(), &s, func(done, total int) { progress = append(progress, done, total) })
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"0 b=1", "0 c=5", "1 a=3", "2.5 a=4", "2.5 b=2"}
	if diff := cmp.Diff(want, s.events); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]int{5, 5}, progress); diff != "" {
		t.Error(diff)
	}
}

// A replay must hold every sample once, in order, whatever the spread of the times: the sort looks at their bits.
func TestReplayOrderAtAnySpread(t *testing.T) {
	for _, step := range []int{1, 7, 300, 86400, 2_000_000} {
		for _, jitter := range []bool{false, true} {
			d := load(t, smallBundle(string(recording(61, 200, step, jitter))))
			s := sink{quiet: true}
			if err := d.Replay(context.Background(), &s, nil); err != nil {
				t.Fatal(err)
			}
			want := 0.0
			for _, values := range d.Values {
				for _, v := range values {
					want += v
				}
			}
			if !s.order || s.n != 61*200 || s.sum-want > 1e-6*want || want-s.sum > 1e-6*want {
				t.Errorf("step %d, jitter %v: ordered %v, %d samples, sum %g of %g", step, jitter, s.order, s.n, s.sum, want)
			}
		}
	}
}

func TestReplayStops(t *testing.T) {
	d := load(t, smallBundle(string(recording(100, 200, 1, false))))
	full := errors.New("no room")
	err := d.Replay(context.Background(), &sink{fail: full}, nil)
	if !errors.Is(err, full) || !strings.Contains(err.Error(), d.Series[0].String()) {
		t.Errorf("got %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	s := sink{quiet: true}
	err = d.Replay(ctx, &s, func(int, int) { cancel() })
	if !errors.Is(err, context.Canceled) || s.n == 0 || s.n >= d.NumSamples() {
		t.Errorf("got %v after %d samples", err, s.n)
	}
	empty := load(t, smallBundle("# EOF\n"))
	if err := empty.Replay(context.Background(), &s, nil); err != nil {
		t.Error(err)
	}
}

// TestFillIsReplay: every series gets the same samples in the same order; only series stand after one another.
func TestFillIsReplay(t *testing.T) {
	d := load(t, smallBundle(string(recording(20, 30, 7, true))))
	var filled, replayed sink
	if err := d.Fill(context.Background(), &filled); err != nil {
		t.Fatal(err)
	}
	if err := d.Replay(context.Background(), &replayed, nil); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(replayed.bySeries(), filled.bySeries()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(replayed.labels, filled.labels); diff != "" {
		t.Error(diff)
	}
	full := errors.New("no room")
	if err := d.Fill(context.Background(), &sink{fail: full}); !errors.Is(err, full) {
		t.Errorf("got %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := d.Fill(ctx, &sink{quiet: true}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
