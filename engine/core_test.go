package engine_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/diagnops/diagnops/engine"
	"github.com/diagnops/diagnops/engine/journal"
	"github.com/diagnops/diagnops/engine/model"
	live "github.com/diagnops/diagnops/engine/window"
)

// shopCore is a core that runs until the test ends, with the window of the shop.
func shopCore(t *testing.T) *engine.Core {
	t.Helper()
	return journalledCore(t, nil)
}

func journalledCore(t *testing.T, j *journal.Journal) *engine.Core {
	t.Helper()
	return startCore(t, engine.CoreOptions{
		Window: live.LiveOptions{Options: live.Options{SamplesPerSeries: 300, MaxSeries: 100}, Shards: 2},
		Step:   step, Points: int(window/step) + 1, Journal: j,
	})
}

// startCore is a core that runs until the test ends.
func startCore(t *testing.T, opts engine.CoreOptions) *engine.Core {
	t.Helper()
	c, err := newEngine(t).NewCore(opts)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		if err := c.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(func() { stop(); running.Wait() })
	return c
}

// scrapes are the batches of a shop, one a grid point.
func (s *shop) scrapes() []model.Batch {
	grid := model.Grid{Step: step, Spans: []model.Span{{StartMillis: model.Millis(begin), N: int(window/step) + 1}}}
	out := make([]model.Batch, grid.Len())
	for _, c := range s.courses {
		labels := map[string]string{model.MetricName: c.signal, "node": c.component}
		if c.peer != "" {
			labels = map[string]string{model.MetricName: c.signal, "client": c.component, "server": c.peer}
		}
		ls := model.NewLabels(labels)
		for i, v := range c.values(grid) {
			b := &out[i]
			b.Series = append(b.Series, model.BatchSeries{Labels: ls, First: len(b.Points), N: 1})
			b.Points = append(b.Points, model.Point{TMillis: grid.Millis(i), Value: v})
		}
	}
	return out
}

// play sends every scrape and advances after each; then is called after each with its time.
func play(t *testing.T, c *engine.Core, s *shop, then func(at time.Time)) {
	t.Helper()
	for i, b := range s.scrapes() {
		at := begin.Add(time.Duration(i) * step)
		if taken, err := c.Ingest(t.Context(), &b); err != nil || taken.Appended != len(b.Points) {
			t.Fatalf("at %v: %+v, %v", at, taken, err)
		}
		if i == 3 {
			if err := c.Observe(t.Context(), &s.topology, at); err != nil {
				t.Fatal(err)
			}
		}
		if err := c.Advance(t.Context(), at.Add(step)); err != nil { // samples of at are complete a step later
			t.Fatal(err)
		}
		if then != nil {
			then(at)
		}
	}
}

// TestCoreFromSampleToAnswer: what comes in is watched as it comes, and the answer is that of the same data at once.
func TestCoreFromSampleToAnswer(t *testing.T) {
	t.Parallel()
	s, c := slowVolume(t), shopCore(t)
	var early []string
	play(t, c, s, func(at time.Time) {
		for _, w := range c.Now().Abnormal {
			if at.Before(onset.Add(-time.Minute)) {
				t.Errorf("at %v %s of %s is called abnormal", at, w.Signal.Name, w.Subject)
			}
		}
		if at.Equal(onset) {
			for _, w := range c.Now().Abnormal {
				early = append(early, w.Subject.String()+" "+w.Signal.Name)
				if w.Since.Latest.IsZero() || w.Since.Latest.After(at) || w.Since.Latest.Before(onset.Add(-2*time.Minute)) {
					t.Errorf("%s of %s began %v", w.Signal.Name, w.Subject, w.Since)
				}
			}
		}
	})
	if got := strings.Join(early, ", "); !strings.Contains(got, "volume io_queue_length") || !strings.Contains(got, "db latency_p95") {
		t.Errorf("when the symptom is noticed these are abnormal: %s", got)
	}
	if n := c.Now().Signals; n != len(s.courses) {
		t.Errorf("%d signals are watched, want %d", n, len(s.courses))
	}
	got, err := c.Why(t.Context(), engine.Input{Incident: incident()})
	if err != nil {
		t.Fatal(err)
	}
	want := diagnose(t, s, incident())
	want.Engine, got.Engine = model.EngineInfo{}, model.EngineInfo{}
	if diff := cmp.Diff(marshal(t, want), marshal(t, got)); diff != "" {
		t.Errorf("the core answers otherwise (-at once +core):\n%s", diff)
	}
}

// TestCoreWarns: what fills up is told before it is full.
func TestCoreWarns(t *testing.T) {
	t.Parallel()
	s, c := newShop(), shopCore(t)
	scrapes := s.scrapes()
	for i := range scrapes {
		for k := range scrapes[i].Series {
			if p := &scrapes[i].Points[k]; scrapes[i].Series[k].Labels.Get("node") == "cart" && scrapes[i].Series[k].Labels.Get(model.MetricName) == "cpu_utilization" {
				p.Value += 0.002 * float64(i)
			}
		}
		at := begin.Add(time.Duration(i) * step)
		if _, err := c.Ingest(t.Context(), &scrapes[i]); err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			if err := c.Observe(t.Context(), &s.topology, at); err != nil {
				t.Fatal(err)
			}
		}
		if err := c.Advance(t.Context(), at.Add(step)); err != nil {
			t.Fatal(err)
		}
	}
	warned := c.Now().Warnings
	if len(warned) != 1 || warned[0].Subject.Component != "cart" || warned[0].End.Limit != 1 {
		t.Fatalf("warned of %+v", warned)
	}
	// It was at 0.2 + 0.002 an step at the end: (1 - 0.68) / 0.002 = 160 steps are left.
	if want := end.Add(160 * step); warned[0].End.Likely.Sub(want).Abs() > 10*step {
		t.Errorf("it is expected to be full at %v, want about %v", warned[0].End.Likely, want)
	}
	// So does an answer that is asked for then, of what the symptom needs.
	d, err := c.Why(t.Context(), engine.Input{Incident: incident()})
	if err != nil {
		t.Fatal(err)
	}
	if len(d.Warnings) != 1 || d.Warnings[0].Component != "cart" || d.Warnings[0].Signal != "cpu_utilization" {
		t.Fatalf("the answer warns of %+v", d.Warnings)
	}
	if w := d.Warnings[0]; w.Exhausted.Likely.Sub(warned[0].End.Likely).Abs() > time.Minute || w.Exhausted.Earliest.After(w.Exhausted.Likely) ||
		w.Exhausted.Latest.Before(w.Exhausted.Likely) {
		t.Errorf("the answer says %+v, the core %+v", w.Exhausted, warned[0].End)
	}
	off := incident()
	off.Symptom.Component = "db"
	if d, err = c.Why(t.Context(), engine.Input{Incident: off}); err != nil || len(d.Warnings) != 0 {
		t.Errorf("db does not need cart, and yet its answer warns of %+v (%v)", d.Warnings, err)
	}
}

// TestCoreUnderFire: ingesting, advancing, observing and asking at the same time is safe, and nothing is lost.
func TestCoreUnderFire(t *testing.T) {
	t.Parallel()
	s, c := slowVolume(t), shopCore(t)
	scrapes := s.scrapes()
	done := make(chan struct{})
	var others sync.WaitGroup
	for range 2 {
		others.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				_ = c.Now()
				if _, err := c.Why(t.Context(), engine.Input{Incident: incident()}); err != nil && !errors.Is(err, engine.ErrNothingObserved) {
					t.Error(err)
					return
				}
			}
		})
	}
	points := 0
	for i := range scrapes {
		at := begin.Add(time.Duration(i) * step)
		taken, err := c.Ingest(t.Context(), &scrapes[i])
		if err != nil {
			t.Fatal(err)
		}
		points += taken.Appended
		if i%50 == 0 {
			if err := c.Observe(t.Context(), &s.topology, at); err != nil {
				t.Fatal(err)
			}
		}
		if err := c.Advance(t.Context(), at); err != nil {
			t.Fatal(err)
		}
	}
	close(done)
	others.Wait()
	if want := len(scrapes) * len(s.courses); points != want || c.Stats().Taken.Appended != want {
		t.Errorf("%d points were taken and %d are counted, want %d", points, c.Stats().Taken.Appended, want)
	}
}

func TestCoreOptions(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]engine.CoreOptions{
		"step":            {Step: 1500 * time.Millisecond},
		"scrape interval": {ScrapeInterval: -time.Second},
		"behind":          {Behind: -time.Second},
		"points":          {Points: 10},
		"idle":            {Idle: time.Second},
		"max series":      {Window: live.LiveOptions{Options: live.Options{MaxSeries: -1}}},
	} {
		if _, err := newEngine(t).NewCore(o); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: error %v does not name it", name, err)
		}
	}
	c := shopCore(t)
	if _, err := c.Why(t.Context(), engine.Input{}); !errors.Is(err, engine.ErrNothingObserved) {
		t.Errorf("before anything is observed: %v", err)
	}
	if err := c.Advance(t.Context(), begin); err != nil {
		t.Error(err)
	}
	if w := c.Now(); w.Signals != 0 || len(w.Abnormal) != 0 {
		t.Errorf("nothing is observed, and yet %+v", w)
	}
}
