package correlate

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/diagnops/diagnops/engine/model"
)

// slowDatabase is the plain case: a page is slow because its database is.
func slowDatabase() *world {
	w := having("web calls db")
	w.sick("web", "latency", 0.6, 0.1, 20, 29)
	w.sick("db", "latency", 0.5, 0.05, 20, 29)
	return w
}

func TestCalleeExplainsCaller(t *testing.T) {
	inf := slowDatabase().influence("web", "db")
	if inf.Explained != 1 || inf.Overlap != 1 {
		t.Errorf("explained %g, overlap %g, want all", inf.Explained, inf.Overlap)
	}
	if inf.Caller.Series.ID() != "web latency" || inf.Callee.Series.ID() != "db latency" {
		t.Errorf("%s is explained by %s", inf.Caller.Series.ID(), inf.Callee.Series.ID())
	}
	if math.Abs(inf.Dose-0.9) > 1e-9 || inf.LagSeconds != 0 || math.Abs(inf.Correlation-1) > 1e-9 {
		t.Errorf("dose %g, lag %g s, correlation %g", inf.Dose, inf.LagSeconds, inf.Correlation)
	}
}

func TestOverlap(t *testing.T) {
	for _, tc := range []struct {
		from, to int
		want     float64
	}{{20, 29, 1}, {10, 35, 1}, {25, 34, 0.5}, {10, 24, 0.5}, {29, 35, 0.1}, {5, 15, 0}} {
		w := having("web calls db")
		w.sick("web", "latency", 0.6, 0.1, 20, 29)
		w.sick("db", "latency", 0.5, 0.05, tc.from, tc.to)
		inf := w.influence("web", "db")
		if inf.Overlap != tc.want || inf.Explained != tc.want {
			t.Errorf("unusual at %d..%d against 20..29: overlap %g, explained %g, want %g", tc.from, tc.to, inf.Overlap, inf.Explained, tc.want)
		}
	}
}

func TestOnlyTroubleExplains(t *testing.T) {
	w := having("web calls db; web calls cache; cart calls db")
	w.sick("web", "latency", 0.6, 0.1, 20, 29)
	w.well("db", "latency", 0.05)
	w.sick("cache", "latency", 0.001, 0.01, 20, 29) // It answers faster than usual.
	for _, to := range []string{"db", "cache"} {
		inf := w.influence("web", to)
		if inf.Callee != nil || inf.Explained != 0 || inf.Caller == nil {
			t.Errorf("%s, which is well, explains %g of web", to, inf.Explained)
		}
	}
	if inf := w.influence("cart", "db"); inf.Caller != nil || inf.Callee != nil || !math.IsNaN(inf.Dose) || !math.IsNaN(inf.Correlation) || !math.IsNaN(inf.LagSeconds) {
		t.Errorf("between two of which nothing is known stands %+v", inf)
	}
}

// TestDose: a callee that deviates by a little of what its caller does explains a little of it.
func TestDose(t *testing.T) {
	dosed := func(deviation float64) float64 {
		w := having("web calls db")
		w.sick("web", "latency", 1.1, 0.1, 20, 29)
		w.sick("db", "latency", 0.05+deviation, 0.05, 20, 29)
		return w.explains("web", "db")
	}
	if got := dosed(0.01); got > 0.1 {
		t.Errorf("a hundredth of the deviation explains %g", got)
	}
	if got := dosed(1); got != 1 {
		t.Errorf("as large a deviation explains %g", got)
	}
	last := 0.0
	for d := 0.01; d < 2; d += 0.01 {
		got := dosed(d)
		if got < last {
			t.Errorf("a deviation of %g explains %g, a smaller one %g", d, got, last)
		}
		last = got
	}
}

// TestFanOut: a page that asks its database eight times is slowed eight times.
func TestFanOut(t *testing.T) {
	asked := func(signal string, page, database float64) float64 {
		w := having("web calls db")
		w.sick("web", "latency", 1.1, 0.1, 20, 29)
		w.sick("db", "latency", 0.10, 0.05, 20, 29)
		w.well("web", "requests", page)
		w.well("db", signal, database)
		return w.explains("web", "db")
	}
	once := asked("requests", 100, 100)
	if got := asked("requests", 100, 800); got < 7*once {
		t.Errorf("eight calls a request explain %g, one %g", got, once)
	}
	if got := asked("requests", 100, 10); got != once {
		t.Errorf("a call in ten requests explains %g, one each %g", got, once)
	}
	if got := asked("queries", 100, 800); got != once {
		t.Errorf("other things that are counted explain %g, one call %g", got, once)
	}
	if got := asked("requests", 0, 800); got != once {
		t.Errorf("calls without requests explain %g, one call %g", got, once)
	}
	if many, more := asked("requests", 1, 1e3), asked("requests", 1, 1e9); many != more {
		t.Errorf("a thousand calls explain %g, more %g", many, more)
	}
}

// seen is a page that sees its database slow, which does not measure itself.
func seen() *world {
	w := having("web calls db; cart calls db; search calls db")
	w.sick("web", "latency", 0.6, 0.1, 20, 29)
	w.sick("web>db", "client_latency", 0.5, 0.05, 20, 29)
	return w
}

// TestOtherCallers: what one caller sees of its callee may be its own slowness; the others are asked.
func TestOtherCallers(t *testing.T) {
	alone := seen()
	contradicted := seen()
	contradicted.well("cart>db", "client_latency", 0.05)
	divided := seen()
	divided.well("cart>db", "client_latency", 0.05)
	divided.sick("search>db", "client_latency", 0.5, 0.05, 20, 29)
	confirmed := seen()
	confirmed.sick("cart>db", "client_latency", 0.5, 0.05, 20, 29)
	order := []*world{contradicted, divided, confirmed}
	for i := 1; i < len(order); i++ {
		if a, b := order[i-1].explains("web", "db"), order[i].explains("web", "db"); a >= b {
			t.Errorf("with more callers suffering it explains %g, with fewer %g", b, a)
		}
	}
	a, c := alone.explains("web", "db"), contradicted.explains("web", "db")
	if !(a > c) || c > 0.5 || a >= confirmed.explains("web", "db") {
		t.Errorf("a lone word explains %g, a contradicted one %g, a confirmed one %g", a, c, confirmed.explains("web", "db"))
	}
}

// TestOwnSide: what the callee says of itself counts against what its caller says.
func TestOwnSide(t *testing.T) {
	silent := seen().explains("web", "db")
	quiet := seen()
	quiet.well("db", "latency", 0.05)
	quietCall := seen()
	quietCall.well("web>db", "served_latency", 0.05)
	for name, w := range map[string]*world{"itself": quiet, "of these calls": quietCall} {
		if got := w.explains("web", "db"); !(got < silent) || got == 0 {
			t.Errorf("a callee that finds nothing %s explains %g, one that does not look %g", name, got, silent)
		}
	}
	admitted := seen()
	admitted.sick("web>db", "served_latency", 0.5, 0.05, 20, 29)
	admitted.well("cart>db", "client_latency", 0.05)
	if got := admitted.explains("web", "db"); got != 1 {
		t.Errorf("what the callee measures itself explains %g, whatever other callers see", got)
	}
}

// TestDriven: a callee that is slow because this caller asks it more is no cause of the caller's slowness.
func TestDriven(t *testing.T) {
	driven := slowDatabase()
	driven.well("web", "requests", 100)
	driven.sick("db", "requests", 900, 100, 20, 29)
	if got := driven.explains("web", "db"); got > 0.5 {
		t.Errorf("a callee asked nine times as much explains %g", got)
	}
	handed := slowDatabase()
	handed.sick("web", "requests", 900, 100, 20, 29)
	handed.sick("db", "requests", 900, 100, 20, 29)
	if got := handed.explains("web", "db"); got != 1 {
		t.Errorf("load that only passes through takes the explained share to %g", got)
	}
	fallen := slowDatabase()
	fallen.sick("db", "requests", 10, 100, 20, 29)
	if got := fallen.explains("web", "db"); got != 1 {
		t.Errorf("a callee asked less explains %g", got)
	}
}

// TestHosts: a host is charged with the trouble of those on it as far as the others there suffer, and as far as it is
// short of what they wait for.
func TestHosts(t *testing.T) {
	starved := func(words string) *world {
		w := having(words)
		w.sick("db", "latency", 0.6, 0.1, 20, 29)
		w.sick("host", "cpu_waiting", 30, 1, 20, 29)
		return w
	}
	alone := starved("db runs_on host").explains("db", "host")
	if alone != 1 {
		t.Errorf("a starved host explains %g of its only resident", alone)
	}
	spared := starved("db runs_on host")
	spared.well("host", "cpu", 0.2)
	full := starved("db runs_on host")
	full.well("host", "cpu", 0.95)
	if s, f := spared.explains("db", "host"), full.explains("db", "host"); !(s < f) || f != 1 {
		t.Errorf("with plenty left it explains %g, with nothing left %g", s, f)
	}
	shared := "db runs_on host; cache runs_on host; cron runs_on host"
	neighbour := starved(shared)
	neighbour.well("cache", "latency", 0.01)
	both := starved(shared)
	both.sick("cache", "latency", 0.1, 0.01, 20, 29)
	if n, b := neighbour.explains("db", "host"), both.explains("db", "host"); !(n < b) || b != 1 {
		t.Errorf("with a neighbour that is well it explains %g, with one that suffers %g", n, b)
	}
	if got := starved(shared).explains("db", "host"); got != 1 {
		t.Errorf("neighbours that measure no service take it to %g", got)
	}
}

// TestVolumeBeforeHost: processors that wait for a slow volume are not the cause; the volume is.
func TestVolumeBeforeHost(t *testing.T) {
	w := having("db runs_on host; db stored_on disk")
	w.sick("db", "latency", 0.6, 0.1, 20, 29)
	w.sick("host", "io_wait", 30, 1, 20, 29)
	w.sick("disk", "io_queue", 30, 1, 20, 29)
	if host, disk := w.explains("db", "host"), w.explains("db", "disk"); !(host < disk) || disk != 1 {
		t.Errorf("host explains %g, its volume %g", host, disk)
	}
}

// TestUnlikeUnits: a queue length has no dose in seconds; it explains by how unusual it is.
func TestUnlikeUnits(t *testing.T) {
	w := having("db stored_on disk")
	w.sick("db", "latency", 0.6, 0.1, 20, 29)
	queue := w.sick("disk", "io_queue", 30, 1, 20, 29)
	inf := w.influence("db", "disk")
	if !math.IsNaN(inf.Dose) || inf.Explained != 1 {
		t.Errorf("dose %g, explained %g", inf.Dose, inf.Explained)
	}
	queue.Severity = 1.05
	if faint := w.explains("db", "disk"); !(faint < inf.Explained) || faint <= 0 {
		t.Errorf("a queue that is hardly unusual explains %g, a very unusual one %g", faint, inf.Explained)
	}
}

// TestFamilyAskedAbout: of pairs that explain as much, the one of the family that was asked about is named.
func TestFamilyAskedAbout(t *testing.T) {
	for kind, want := range map[model.SignalKind]string{
		model.KindLatency: "latency", model.KindErrors: "errors", model.KindAvailability: "errors", "": "latency",
	} {
		w := slowDatabase()
		w.sick("web", "errors", 0.2, 0, 20, 29)
		w.sick("db", "errors", 0.2, 0, 20, 29)
		w.asked = kind
		inf := w.influence("web", "db")
		if inf.Explained != 1 || inf.Caller.Series.Signal.Name != want || inf.Callee.Series.Signal.Name != want {
			t.Errorf("asked about %q: %s is explained by %s", kind, inf.Caller.Series.ID(), inf.Callee.Series.ID())
		}
	}
}

func TestLag(t *testing.T) {
	w := having("web calls db")
	w.sick("web", "latency", 0.6, 0.1, 20, 29)
	w.sick("db", "latency", 0.5, 0.05, 17, 29)
	if got := w.influence("web", "db").LagSeconds; got != 30 {
		t.Errorf("the caller came %g s later, want 30", got)
	}
	w.readings[1].Onset.Earliest = model.Onset{}.Earliest
	if got := w.influence("web", "db").LagSeconds; !math.IsNaN(got) {
		t.Errorf("with an onset that is not known it came %g s later", got)
	}
}

// TestCorrelationNeedsPoints: constant, missing and short courses have no correlation, and harm nothing.
func TestCorrelationNeedsPoints(t *testing.T) {
	fill := func(values []float64, v float64) {
		for i := range values {
			values[i] = v
		}
	}
	constant := slowDatabase()
	fill(constant.readings[1].Series.Values, 7)
	gaps := slowDatabase()
	fill(gaps.readings[1].Series.Values, model.Gap())
	nowhere := slowDatabase()
	nowhere.readings[1].Hits = nil
	for name, w := range map[string]*world{"constant": constant, "gaps": gaps, "unusual nowhere": nowhere} {
		inf := w.influence("web", "db")
		if !math.IsNaN(inf.Correlation) || math.IsNaN(inf.Explained) {
			t.Errorf("%s: correlation %g, explained %g", name, inf.Correlation, inf.Explained)
		}
	}
}

// anyWorld draws components with dependencies of all kinds and readings of all sorts, some of them odd.
func anyWorld(t *rapid.T) *world {
	w := having("web calls db; web calls cache; cart calls db; lb calls web; db runs_on host; cache runs_on host; db stored_on disk; host calls web")
	subjects := []string{"web", "db", "cache", "cart", "lb", "host", "disk", "web>db", "web>cache", "cart>db", "lb>web"}
	names := []string{"latency", "client_latency", "served_latency", "errors", "availability", "requests", "cpu", "cpu_waiting", "io_wait", "io_queue"}
	rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 4))
	for _, subject := range subjects {
		for _, name := range names {
			value := func() float64 { return []float64{0, 0.001, 0.3, 1, 100, -5}[rng.IntN(6)] }
			switch rng.IntN(4) {
			case 0:
				w.well(subject, name, value())
			case 1:
				r := w.add(subject, name, model.StateUnknown, math.NaN(), math.NaN())
				r.Reason = model.ReasonNoSamples
			case 2:
				from := 1 + rng.IntN(gridPoints-2)
				r := w.sick(subject, name, value(), value(), from, from+rng.IntN(gridPoints-from))
				r.Severity = 1 + 20*rng.Float64()
				for i := range r.Series.Values {
					switch rng.IntN(8) {
					case 0:
						r.Series.Values[i] = model.Gap()
					case 1:
						r.Series.Values[i] = math.Inf(1)
					}
				}
			}
		}
	}
	return w
}

// TestInfluencesHold: whatever was read, shares are shares, and every dependency that carries trouble has its influence.
func TestInfluencesHold(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := anyWorld(t)
		n := 0
		for from, infs := range w.build().Influences {
			for _, inf := range infs {
				n++
				if inf.Dependency.From != from {
					t.Fatalf("%s has the influence of %v", from, inf.Dependency)
				}
				for name, share := range map[string]float64{"explained": inf.Explained, "overlap": inf.Overlap} {
					if !(share >= 0 && share <= 1) {
						t.Fatalf("%v: %s is %g", inf.Dependency, name, share)
					}
				}
				if inf.Explained > 0 && (inf.Caller == nil || inf.Callee == nil) {
					t.Fatalf("%v explains %g of nothing, or by nothing", inf.Dependency, inf.Explained)
				}
				if inf.Dose < 0 || inf.Correlation < -1.000001 || inf.Correlation > 1.000001 {
					t.Fatalf("%v: dose %g, correlation %g", inf.Dependency, inf.Dose, inf.Correlation)
				}
			}
		}
		if n != len(w.top.Dependencies) {
			t.Fatalf("%d influences along %d dependencies", n, len(w.top.Dependencies))
		}
	})
}

// TestOrderOfReadingsDoesNotMatter: the same scene comes of readings in any order.
func TestOrderOfReadingsDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := anyWorld(t)
		for i, r := range w.readings {
			if r.State == model.StateAbnormal && i%2 == 0 {
				r.Severity = 10 // Ties are where order creeps in.
			}
		}
		want := w.build().Influences
		w.readings = rapid.Permutation(w.readings).Draw(t, "order")
		byName := cmp.Transformer("id", func(r *model.Reading) string {
			if r == nil {
				return ""
			}
			return r.Series.ID()
		})
		if diff := cmp.Diff(want, w.build().Influences, byName, cmpopts.EquateNaNs()); diff != "" {
			t.Fatalf("other influences in another order:\n%s", diff)
		}
	})
}
