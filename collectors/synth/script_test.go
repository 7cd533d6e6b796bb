package synth

import (
	"math"
	"testing"
	"time"

	"github.com/diagnops/diagnops/collectors"
)

// story is a script of one target.
func story(show func(st *Stage)) *Script {
	return &Script{
		ID: "story", Seed: 7, Start: time.Date(2026, 3, 3, 9, 0, 0, 0, time.UTC), Duration: 20 * time.Minute, Scrape: 30 * time.Second, Show: show,
	}
}

// valuesOf are the values of the only series of a metric.
func valuesOf(t *testing.T, d *collectors.Data, metric string) []float64 {
	t.Helper()
	var out []float64
	for i, ls := range d.Series {
		if ls.Get("__name__") == metric {
			if out != nil {
				t.Fatalf("%s has more than one series", metric)
			}
			out = d.Values[i]
		}
	}
	if out == nil {
		t.Fatalf("no series of %s", metric)
	}
	return out
}

func TestCourses(t *testing.T) {
	t.Parallel()
	one, nine := Always(1), Always(9)
	for _, c := range []struct {
		name string
		c    Course
		at   time.Duration
		want float64
	}{
		{"before", Between(2*time.Minute, 4*time.Minute, one, nine), 2*time.Minute - 1, 1},
		{"its first moment", Between(2*time.Minute, 4*time.Minute, one, nine), 2 * time.Minute, 9},
		{"its end is over", Between(2*time.Minute, 4*time.Minute, one, nine), 4 * time.Minute, 1},
		{"for good", From(time.Minute, one, nine), time.Hour, 9},
		{"half way", Ramp(0, 10*time.Minute, 2, 4), 5 * time.Minute, 3},
		{"past a ramp", Ramp(0, 10*time.Minute, 2, 4), time.Hour, 4},
		{"before the first period", Every(10*time.Minute, 3*time.Minute, time.Minute, one, nine), 0, 1},
		{"in the third period", Every(10*time.Minute, 3*time.Minute, time.Minute, one, nine), 23*time.Minute + 30*time.Second, 9},
		{"between periods", Every(10*time.Minute, 3*time.Minute, time.Minute, one, nine), 24 * time.Minute, 1},
		{"sum", Plus(one, nine, nine), 0, 19},
		{"multiple", Times(3, nine), 0, 27},
	} {
		if got := c.c(c.at); got != c.want {
			t.Errorf("%s: %v at %s, want %v", c.name, got, c.at, c.want)
		}
	}
}

// TestQueued: of one server the wait is that of M/M/1, rho / (1 - rho) times the service, which the approximation meets.
func TestQueued(t *testing.T) {
	t.Parallel()
	got := Queued(Always(8), Always(0.1), 1)(0)
	if want := 0.1 * (1 + 0.8/0.2); math.Abs(got-want) > 1e-9 {
		t.Errorf("%v s at a utilization of 0.8, want %v", got, want)
	}
	if full := Queued(Always(80), Always(0.1), 1)(0); math.IsInf(full, 0) || full < got {
		t.Errorf("%v s beyond what it can do", full)
	}
}

// TestTargetGone: while its scrapes fail a target's up is 0 and nothing else of it is there; its counters go on meanwhile.
func TestTargetGone(t *testing.T) {
	t.Parallel()
	d := story(func(st *Stage) {
		target := st.Target(func(at time.Duration) bool { return at < 5*time.Minute || at >= 15*time.Minute }, "instance", "a:1")
		target.Amount("work_seconds_total", 0, Always(0.5))
	}).Data()
	up, work := valuesOf(t, d, "up"), valuesOf(t, d, "work_seconds_total")
	if len(up) != 41 || up[9] != 1 || up[10] != 0 || up[29] != 0 || up[30] != 1 {
		t.Errorf("up is %v", up)
	}
	if len(work) != 21 {
		t.Errorf("%d samples of 21 scrapes", len(work))
	}
	if before, after := work[9], work[10]; math.Abs(after-before-0.5*21*30) > 1e-6 {
		t.Errorf("%v seconds of work over the gap, want 315", after-before)
	}
}

// TestCountersStartAnew: counters of a process that restarts begin anew, and never fall else.
func TestCountersStartAnew(t *testing.T) {
	t.Parallel()
	d := story(func(st *Stage) {
		st.Target(nil, "instance", "a:1").Restart(10*time.Minute).Events("requests_total", Always(20))
	}).Data()
	values := valuesOf(t, d, "requests_total")
	for i := 1; i < len(values); i++ {
		if fell := values[i] < values[i-1]; fell != (i == 20) {
			t.Errorf("at %d from %v to %v", i, values[i-1], values[i])
		}
	}
}

func TestMarkedIsAbsentWhereToldSo(t *testing.T) {
	t.Parallel()
	d := story(func(st *Stage) {
		st.Target(nil, "instance", "a:1").Marked("target_info", From(5*time.Minute, Always(1), Always(Absent)))
	}).Data()
	if got := valuesOf(t, d, "target_info"); len(got) != 10 {
		t.Errorf("%d samples, want those of the first five minutes", len(got))
	}
}

// TestPoolQueue: who asks for more connections than there are waits, and time-outs follow.
func TestPoolQueue(t *testing.T) {
	t.Parallel()
	d := story(func(st *Stage) {
		st.Target(nil, "instance", "a:1").JVM(JVM{
			URI: "/", Requests: Requests{Rate: Always(10), Latency: Always(0.1)}, CPU: Always(0.2), Threads: 200,
			Pool: &Pool{Name: "p", Size: 10, Held: Always(30), Taken: Always(0.1), Rate: Always(30)},
		})
	}).Data()
	for i, active := range valuesOf(t, d, "hikaricp_connections_active") {
		if active > 10 {
			t.Errorf("%v connections of 10 at %d", active, i)
		}
	}
	pending, n := 0.0, 0.0
	for _, v := range valuesOf(t, d, "hikaricp_connections_pending") {
		pending, n = pending+v, n+1
	}
	if mean := pending / n; math.Abs(mean-20) > 3 {
		t.Errorf("%v wait on average, want 20", mean)
	}
}

func TestDigits(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ v, want float64 }{{0.00123456, 0.001235}, {98.7654, 98.77}, {12345678, 12345678}, {-0.5, -0.5}} {
		if got := digits(c.v, 4); got != c.want {
			t.Errorf("%v becomes %v, want %v", c.v, got, c.want)
		}
	}
}
