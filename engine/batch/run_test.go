package batch

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func numbers(n int) []int {
	jobs := make([]int, n)
	for i := range jobs {
		jobs[i] = i
	}
	return jobs
}

func TestRunDeliversInOrder(t *testing.T) {
	t.Parallel()
	for _, workers := range []int{0, 1, 2, 7, 100} {
		synctest.Test(t, func(t *testing.T) {
			// Earlier jobs take longer, so that they end in the reverse order.
			do := func(_ context.Context, i int) (int, error) {
				time.Sleep(time.Duration(50-i) * time.Millisecond)
				return i * i, nil
			}
			var got []int
			err := Run(t.Context(), workers, numbers(40), do, func(i int, r Result[int]) error {
				if r.Err != nil || i != len(got) {
					t.Errorf("workers %d: delivery %d came as number %d with error %v", workers, i, len(got), r.Err)
				}
				got = append(got, r.Value)
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			want := make([]int, 40)
			for i := range want {
				want[i] = i * i
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("workers %d: results (-want +got):\n%s", workers, d)
			}
		})
	}
}

func TestRunUsesAllWorkersAndNoMore(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var running, most atomic.Int32
		begin := time.Now()
		err := Run(t.Context(), 3, numbers(30), func(context.Context, int) (int, error) {
			now := running.Add(1)
			for old := most.Load(); now > old && !most.CompareAndSwap(old, now); old = most.Load() {
			}
			time.Sleep(time.Second)
			running.Add(-1)
			return 0, nil
		}, func(int, Result[int]) error { return nil })
		if err != nil {
			t.Fatal(err)
		}
		if most.Load() != 3 {
			t.Errorf("at most %d jobs ran at once, want 3", most.Load())
		}
		if took := time.Since(begin); took != 10*time.Second {
			t.Errorf("30 jobs of 1 s on 3 workers took %v, want 10 s", took)
		}
	})
}

func TestRunBoundsWhatWaitsForDelivery(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const workers = 2
		var begun atomic.Int32
		release := make(chan struct{})
		do := func(_ context.Context, i int) (int, error) {
			begun.Add(1)
			if i == 0 {
				<-release
			}
			return i, nil
		}
		finished := make(chan error)
		go func() {
			finished <- Run(t.Context(), workers, numbers(100), do, func(int, Result[int]) error { return nil })
		}()
		synctest.Wait()
		if got := begun.Load(); got != workers*lookAhead {
			t.Errorf("behind a stuck first job %d jobs were begun, want %d", got, workers*lookAhead)
		}
		close(release)
		if err := <-finished; err != nil {
			t.Fatal(err)
		}
		if got := begun.Load(); got != 100 {
			t.Errorf("%d jobs were begun after the release, want 100", got)
		}
	})
}

func TestRunTurnsErrorsAndPanicsIntoResults(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	do := func(_ context.Context, i int) (string, error) {
		switch i {
		case 1:
			return "", broken
		case 2:
			panic("out of range")
		}
		return "fine", nil
	}
	var got []string
	err := Run(t.Context(), 2, numbers(4), do, func(_ int, r Result[string]) error {
		var p *PanicError
		switch {
		case errors.Is(r.Err, broken):
			got = append(got, "error")
		case errors.As(r.Err, &p):
			if !strings.Contains(string(p.Stack), "run_test.go") {
				t.Errorf("the stack does not name the panicking file:\n%s", p.Stack)
			}
			got = append(got, p.Error())
		default:
			got = append(got, r.Value)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"fine", "error", "BUG: the job panicked: out of range", "fine"}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("results (-want +got):\n%s", d)
	}
}

func TestRunStopsWhenDeliveryFails(t *testing.T) {
	t.Parallel()
	full := errors.New("disk full")
	var begun atomic.Int32
	err := Run(t.Context(), 2, numbers(1000), func(context.Context, int) (int, error) {
		begun.Add(1)
		return 0, nil
	}, func(i int, _ Result[int]) error {
		if i == 3 {
			return full
		}
		return nil
	})
	if !errors.Is(err, full) {
		t.Errorf("Run returned %v, want %v", err, full)
	}
	if got := begun.Load(); got > 3+1+2*lookAhead+2 {
		t.Errorf("%d jobs were begun although the fourth delivery failed", got)
	}
}

func TestRunStopsWhenCancelled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		stop := errors.New("interrupted")
		ctx, cancel := context.WithCancelCause(t.Context())
		delivered := 0
		err := Run(ctx, 2, numbers(50), func(_ context.Context, i int) (int, error) {
			time.Sleep(time.Second)
			if i == 9 {
				cancel(stop)
			}
			return i, nil
		}, func(int, Result[int]) error { delivered++; return nil })
		if !errors.Is(err, stop) {
			t.Errorf("Run returned %v, want %v", err, stop)
		}
		if delivered < 10 || delivered > 12 {
			t.Errorf("%d results were delivered, want the ten finished ones and at most the two that ran beside", delivered)
		}
	})
}

func TestRunWithoutJobs(t *testing.T) {
	t.Parallel()
	err := Run(t.Context(), 4, nil, func(context.Context, int) (int, error) { return 0, errors.New("called") },
		func(int, Result[int]) error { return errors.New("delivered") })
	if err != nil {
		t.Error(err)
	}
}
