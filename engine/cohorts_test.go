package engine_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/diagnops/diagnops/engine"
	"github.com/diagnops/diagnops/engine/model"
	pastwindow "github.com/diagnops/diagnops/engine/window"
)

// recorder takes made-up raw samples in, one a minute.
type recorder struct {
	t *testing.T
	w *pastwindow.Window
}

const (
	minute = time.Minute
	hours  = 9 * time.Hour
)

func newRecorder(t *testing.T) *recorder {
	t.Helper()
	w, err := pastwindow.New(pastwindow.Options{MaxSeries: 20_000, SamplesPerSeries: 1024})
	if err != nil {
		t.Fatal(err)
	}
	return &recorder{t, w}
}

// series records a metric from begin on; a value that is a gap is not recorded.
func (r *recorder) series(labels map[string]string, value func(i int) float64) {
	r.t.Helper()
	ref, err := r.w.Series(model.NewLabels(labels))
	if err != nil {
		r.t.Fatal(err)
	}
	for i := range int(hours / minute) {
		if v := value(i); !model.IsGap(v) {
			r.w.Append(ref, model.Millis(begin.Add(time.Duration(i)*minute)), v)
		}
	}
}

func constant(int) float64 { return 1 }

// ask diagnoses a component from a time on to the end of the records.
func (r *recorder) ask(c model.Component, kind model.SignalKind, from time.Duration) *model.Diagnosis {
	r.t.Helper()
	eval, err := pastwindow.NewEvaluator(pastwindow.EvaluatorOptions{LookbackDelta: minute})
	if err != nil {
		r.t.Fatal(err)
	}
	to := begin.Add(hours - minute)
	inc := model.Incident{
		ID: "made-up", Step: minute, Window: model.Interval{From: begin, To: to},
		Symptom: model.Symptom{Component: c.Name, Signal: kind, Interval: model.Interval{From: begin.Add(from), To: to}},
	}
	in := engine.Input{Incident: inc, Topology: &model.Topology{Components: []model.Component{c}}}
	d, err := newEngine(r.t).Diagnose(r.t.Context(), in, eval.On(r.w.Cut(to)))
	if err != nil {
		r.t.Fatal(err)
	}
	if d.Cohorts == nil {
		r.t.Fatalf("no cohorts: %s", d.Outcome.Summary)
	}
	return d
}

func (r *recorder) farm(random *rand.Rand, oldOnes bool) *model.Diagnosis {
	r.t.Helper()
	downAt := map[int]int{}
	for k := range 50 { // six an hour, never the same, never one of the first twenty
		for {
			m := random.IntN(250)
			if _, again := downAt[m]; (m >= 20 || !oldOnes) && !again {
				downAt[m] = 10 + k*10
				break
			}
		}
	}
	for i := range 250 {
		instance := fmt.Sprintf("m%03d:9100", i)
		product := "R230"
		if i < 20 {
			product = "R710"
		}
		r.series(map[string]string{"__name__": "up", "job": "farm", "instance": instance, "zone": string(rune('a' + i%3))}, func(k int) float64 {
			switch at, falls := downAt[i]; {
			case !falls || k < at || k > at+4:
				return 1
			case i%2 == 0:
				return model.Gap() // it left the service discovery
			}
			return 0
		})
		r.series(map[string]string{
			"__name__": "node_dmi_info", "job": "farm", "instance": instance, "product_name": product, "product_serial": fmt.Sprint("s", i), "system_vendor": "any",
		}, constant)
		release := "6.1.0"
		if random.Float64() < 0.4 {
			release = "6.6.0"
		}
		r.series(map[string]string{"__name__": "node_uname_info", "job": "farm", "instance": instance, "nodename": fmt.Sprintf("m%03d", i), "release": release}, constant)
	}
	return r.ask(model.Component{Name: "farm", Kind: "worker", Selector: map[string]string{"job": "farm"}}, model.KindAvailability, 0)
}

// TestStopsOfNewMachinesOnly: powered-off machines are counted from what is scraped, their hardware known from an info metric.
func TestStopsOfNewMachinesOnly(t *testing.T) {
	t.Parallel()
	d := newRecorder(t).farm(rand.New(rand.NewPCG(2, 0)), true)
	c := d.Cohorts
	if len(c.SeparatedBy) != 1 || c.NoLabel {
		t.Fatalf("separated by %+v; %+v", c.SeparatedBy, c.Compared)
	}
	s := c.SeparatedBy[0]
	if want := (model.CohortCondition{Label: "node_dmi_info:product_name", Value: "R230"}); !slices.Equal(s.Where, []model.CohortCondition{want}) {
		t.Errorf("separated by %+v, want %+v", s.Where, want)
	}
	if s.Units != 230 || s.Others != 20 || s.ShareOfBadness != 1 || s.CorrectedP > 0.05 || s.Effect.Low == nil || *s.Effect.Low < 1 || s.Effect.High != nil {
		t.Errorf("separation %+v", s)
	}
	if c.Tested != 3 || c.Compared[0].Units != 250 {
		t.Errorf("compared %+v", c.Compared)
	}
}

func TestNoLabelIsSaid(t *testing.T) {
	t.Parallel()
	c := newRecorder(t).farm(rand.New(rand.NewPCG(3, 0)), false).Cohorts
	if !c.NoLabel || len(c.SeparatedBy) != 0 || c.Tested != 3 || !strings.Contains(c.Compared[0].Text.String(), "no label separates it") {
		t.Errorf("cohorts %+v", c)
	}
}

// web records six instances that serve four kinds of clients; bad tells how many of a client's requests fail later on.
func (r *recorder) web(bad func(instance int, client string) float64) *model.Diagnosis {
	r.t.Helper()
	for i := range 6 {
		instance := fmt.Sprintf("web%d:8080", i)
		for k, client := range []string{"android", "ios 15", "ios 17", "web"} {
			rate := float64(20 * (k + 1))
			for _, code := range []string{"200", "500"} {
				total := 0.0
				r.series(map[string]string{"__name__": "http_requests_total", "job": "web", "instance": instance, "code": code, "client_os": client}, func(at int) float64 {
					share := 0.001
					if at >= 480 {
						share = bad(i, client)
					}
					if code == "200" {
						share = 1 - share
					}
					total += rate * 60 * share
					return total
				})
			}
		}
		r.series(map[string]string{"__name__": "web_build_info", "job": "web", "instance": instance, "version": fmt.Sprint("1.", i%2)}, constant)
	}
	return r.ask(model.Component{Name: "web", Kind: "app", Selector: map[string]string{"job": "web"}}, model.KindErrors, 8*time.Hour)
}

// TestOneKindOfClientFails is what an ingress does that no longer speaks an old TLS.
func TestOneKindOfClientFails(t *testing.T) {
	t.Parallel()
	d := newRecorder(t).web(func(_ int, client string) float64 {
		if client == "ios 15" {
			return 0.6
		}
		return 0.001
	})
	if len(d.Cohorts.SeparatedBy) != 1 {
		t.Fatalf("cohorts %+v", d.Cohorts)
	}
	s := d.Cohorts.SeparatedBy[0]
	if want := (model.CohortCondition{Label: "client_os", Value: "ios 15"}); !slices.Equal(s.Where, []model.CohortCondition{want}) || s.Signal != "error_ratio" {
		t.Errorf("%s separated by %+v", s.Signal, s.Where)
	}
	if s.ShareOfExposure > 0.21 || s.ShareOfBadness < 0.99 {
		t.Errorf("separation %+v", s)
	}
}

// TestOneBadInstanceIsNoVersion: what is wrong with one of six is not its version's doing.
func TestOneBadInstanceIsNoVersion(t *testing.T) {
	t.Parallel()
	d := newRecorder(t).web(func(instance int, _ string) float64 {
		if instance == 3 {
			return 0.6
		}
		return 0.001
	})
	if len(d.Cohorts.SeparatedBy) != 0 {
		t.Errorf("separated by %+v", d.Cohorts.SeparatedBy)
	}
}

// TestSlowAsAlwaysBySetting: nothing has changed, and yet some are slow: those with another kernel.
func TestSlowAsAlwaysBySetting(t *testing.T) {
	t.Parallel()
	r := newRecorder(t)
	random := rand.New(rand.NewPCG(6, 0))
	for i := range 16 {
		instance, seconds, release := fmt.Sprintf("calc%d:8080", i), 5.0, "6.6.0"
		if i%2 == 0 {
			seconds, release = 1800, "6.1.0"
		}
		sum, count := 0.0, 0.0
		at := func(name string, step *float64, by func() float64) {
			r.series(map[string]string{"__name__": name, "job": "calc", "instance": instance, "zone": string(rune('a' + i/8))}, func(int) float64 {
				*step += by()
				return *step
			})
		}
		at("http_request_duration_seconds_sum", &sum, func() float64 { return 6 * seconds * (1 + 0.02*random.NormFloat64()) })
		at("http_request_duration_seconds_count", &count, func() float64 { return 6 })
		host := fmt.Sprintf("calc%d:9100", i)
		r.series(map[string]string{"__name__": "node_uname_info", "job": "node", "instance": host, "nodename": fmt.Sprint("calc", i), "release": release}, constant)
	}
	d := r.ask(model.Component{Name: "calc", Kind: "worker", Selector: map[string]string{"job": "calc"}}, model.KindLatency, 8*time.Hour)
	if d.Outcome.Status != model.Healthy || len(d.Cohorts.SeparatedBy) != 1 {
		t.Fatalf("%s: %+v", d.Outcome.Summary, d.Cohorts)
	}
	s := d.Cohorts.SeparatedBy[0]
	if want := (model.CohortCondition{Label: "node_uname_info:release", Value: "6.1.0"}); !slices.Equal(s.Where, []model.CohortCondition{want}) {
		t.Errorf("separated by %+v, want %+v", s.Where, want)
	}
	if s.Effect.Kind != "difference" || s.Effect.Value == nil || *s.Effect.Value < 1700 || *s.Effect.Value > 1900 {
		t.Errorf("effect %+v", s.Effect)
	}
}
