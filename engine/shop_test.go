package engine_test

import (
	"context"
	"errors"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/diagnops/diagnops/engine"
	"github.com/diagnops/diagnops/engine/model"
	"github.com/diagnops/diagnops/rules"
)

// The made-up shop: edge (a balancer) asks web, web asks db, cart and mail, db is stored on volume; web and db run on box.
// Nothing is measured on mail. An hour at a point every 15 s, of which the last ten minutes are asked about.
const (
	step   = 15 * time.Second
	window = time.Hour
	asked  = 10 * time.Minute
)

var (
	begin = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	end   = begin.Add(window)
	onset = end.Add(-asked)
)

// course is a signal of a component, or of a call where peer is given: base, and sick from the onset on.
type course struct {
	signal, component, peer string
	base, sick              float64
	from                    time.Duration // after the onset
}

// shop is a fake source: PromQL expressions are the names of signals, answers are computed.
type shop struct {
	topology model.Topology
	courses  []course
	failing  string // the signal whose queries fail
	asked    int
}

func newShop() *shop {
	s := &shop{}
	for _, c := range [][2]string{
		{"edge", "lb"}, {"web", "app"}, {"db", "db"}, {"volume", "disk"}, {"cart", "app"}, {"mail", "external"}, {"box", "host"},
	} {
		s.topology.Components = append(s.topology.Components, model.Component{Name: c[0], Kind: c[1]})
	}
	for _, d := range []model.Dependency{
		{From: "edge", To: "web", Kind: model.Calls},
		{From: "web", To: "db", Kind: model.Calls},
		{From: "web", To: "cart", Kind: model.Calls},
		{From: "web", To: "mail", Kind: model.Calls},
		{From: "db", To: "volume", Kind: model.StoredOn},
		{From: "db", To: "box", Kind: model.RunsOn},
		{From: "web", To: "box", Kind: model.RunsOn},
	} {
		d.Source, d.Confidence = "topology", 1
		s.topology.Dependencies = append(s.topology.Dependencies, d)
	}
	up := model.BadUp
	for _, sig := range []model.Signal{
		{Name: "latency_p95", Kind: model.KindLatency, Unit: "seconds", Bad: up},
		{Name: "error_ratio", Kind: model.KindErrors, Unit: "ratio", Bad: up},
		{Name: "requests", Kind: model.KindTraffic, Unit: "req/s", Bad: model.BadChange},
		{Name: "cpu_utilization", Kind: model.KindUtilization, Unit: "ratio", Bad: up},
		{Name: "io_queue_length", Kind: model.KindSaturation, Unit: "requests", Bad: up},
		{Name: "client_latency", Kind: model.KindLatency, Unit: "seconds", Bad: up, Side: model.SideClient},
	} {
		spec := model.SignalSpec{Signal: sig, Expr: sig.Name, By: "node"}
		if sig.Side == model.SideClient {
			spec.By, spec.Edge = "", &model.EdgeLabels{From: "client", To: "server"}
		}
		s.topology.Signals = append(s.topology.Signals, spec)
	}
	for _, c := range []course{
		{signal: "latency_p95", component: "edge", base: 0.120},
		{signal: "latency_p95", component: "web", base: 0.100},
		{signal: "latency_p95", component: "db", base: 0.010},
		{signal: "latency_p95", component: "cart", base: 0.020},
		{signal: "error_ratio", component: "edge", base: 0.001},
		{signal: "error_ratio", component: "web", base: 0.001},
		{signal: "requests", component: "edge", base: 100},
		{signal: "requests", component: "web", base: 100},
		{signal: "requests", component: "db", base: 300},
		{signal: "requests", component: "cart", base: 50},
		{signal: "cpu_utilization", component: "web", base: 0.3},
		{signal: "cpu_utilization", component: "db", base: 0.25},
		{signal: "cpu_utilization", component: "cart", base: 0.2},
		{signal: "cpu_utilization", component: "box", base: 0.35},
		{signal: "io_queue_length", component: "volume", base: 1},
		{signal: "client_latency", component: "web", peer: "db", base: 0.012},
		{signal: "client_latency", component: "web", peer: "cart", base: 0.022},
		{signal: "client_latency", component: "web", peer: "mail", base: 0.060},
	} {
		c.sick = c.base
		s.courses = append(s.courses, c)
	}
	return s
}

// sicken makes a course go to a value, so long after the onset. Of a call, at is "client>server".
func (s *shop) sicken(t *testing.T, signal, at string, to float64, from time.Duration) {
	t.Helper()
	component, peer, _ := strings.Cut(at, ">")
	for i := range s.courses {
		if c := &s.courses[i]; c.signal == signal && c.component == component && c.peer == peer {
			c.sick, c.from = to, from
			return
		}
	}
	t.Fatalf("the shop has no %s of %s", signal, at)
}

// forget takes all measurements of a component away.
func (s *shop) forget(component string) {
	s.courses = slices.DeleteFunc(s.courses, func(c course) bool { return c.component == component || c.peer == component })
}

// slowVolume is the classic: the volume's queue, then the database, then everybody above.
func slowVolume(t *testing.T) *shop {
	t.Helper()
	s := newShop()
	s.sicken(t, "io_queue_length", "volume", 45, -60*time.Second)
	s.sicken(t, "latency_p95", "db", 0.9, -45*time.Second)
	s.sicken(t, "client_latency", "web>db", 0.91, -45*time.Second)
	s.sicken(t, "latency_p95", "web", 1.0, -15*time.Second)
	s.sicken(t, "latency_p95", "edge", 1.03, 0)
	return s
}

// slowMail is slow outside: nobody measures mail but web, which calls it.
func slowMail(t *testing.T) *shop {
	t.Helper()
	s := newShop()
	s.sicken(t, "client_latency", "web>mail", 2, -30*time.Second)
	s.sicken(t, "latency_p95", "web", 2.1, -30*time.Second)
	s.sicken(t, "latency_p95", "edge", 2.1, 0)
	return s
}

// busyDatabase has two suspects: the database's processor and, a little, its volume.
func busyDatabase(t *testing.T) *shop {
	t.Helper()
	s := newShop()
	s.sicken(t, "cpu_utilization", "db", 0.97, -30*time.Second)
	s.sicken(t, "io_queue_length", "volume", 4, -30*time.Second)
	s.sicken(t, "latency_p95", "db", 0.5, -30*time.Second)
	s.sicken(t, "client_latency", "web>db", 0.5, -30*time.Second)
	s.sicken(t, "latency_p95", "web", 0.6, -15*time.Second)
	s.sicken(t, "latency_p95", "edge", 0.63, 0)
	return s
}

// twoAtOnce has the database's processor and its volume both used up: either may be to blame.
func twoAtOnce(t *testing.T) *shop {
	t.Helper()
	s := busyDatabase(t)
	s.sicken(t, "io_queue_length", "volume", 45, -30*time.Second)
	return s
}

// MetricNames knows none: no component has a selector, so only the topology's own signals are asked for.
func (s *shop) MetricNames(ctx context.Context, _ map[string]string, _ model.Interval) ([]string, error) {
	return nil, ctx.Err()
}

var errBroken = errors.New("the source is broken")

func (s *shop) Query(ctx context.Context, expr string, grid model.Grid) (model.Answer, error) {
	s.asked++
	if expr == s.failing {
		return model.Answer{}, errBroken
	}
	var a model.Answer
	for _, c := range s.courses {
		if c.signal != expr {
			continue
		}
		labels := map[string]string{"node": c.component}
		if c.peer != "" {
			labels = map[string]string{"client": c.component, "server": c.peer}
		}
		a.Series = append(a.Series, model.AnswerSeries{Labels: model.NewLabels(labels), Values: c.values(grid)})
	}
	return a, ctx.Err()
}

// values are the course with noise of some per cent, which hangs on what it is and when alone: not on names.
func (c course) values(grid model.Grid) []float64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(c.signal)) // it never fails
	noise := rand.New(rand.NewPCG(h.Sum64(), uint64(c.base*1e6)))
	out := make([]float64, grid.Len())
	for i := range out {
		v := c.base
		if !grid.Time(i).Before(onset.Add(c.from)) {
			v = c.sick
		}
		out[i] = v * (1 + 0.03*noise.NormFloat64())
	}
	return out
}

// incident asks why edge is slow.
func incident() model.Incident {
	return model.Incident{
		ID: "shop", Step: step, Window: model.Interval{From: begin, To: end},
		Symptom: model.Symptom{Component: "edge", Signal: model.KindLatency, Interval: model.Interval{From: onset, To: end}},
	}
}

func newEngine(t *testing.T) *engine.Engine {
	t.Helper()
	e, err := engine.New(engine.Options{Rules: rules.Default(), Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func diagnose(t *testing.T, s *shop, inc model.Incident, changes ...model.Change) *model.Diagnosis {
	t.Helper()
	topology := s.topology
	d, err := newEngine(t).Diagnose(t.Context(), engine.Input{Incident: inc, Topology: &topology, Changes: changes}, s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// renamed is the same shop with other names; to maps old names to new ones.
func (s *shop) renamed(to map[string]string) *shop {
	out := &shop{topology: model.Topology{
		Components: slices.Clone(s.topology.Components), Dependencies: slices.Clone(s.topology.Dependencies), Signals: s.topology.Signals,
	}, courses: slices.Clone(s.courses)}
	for i := range out.topology.Components {
		c := &out.topology.Components[i]
		c.Name = to[c.Name]
	}
	for i := range out.topology.Dependencies {
		d := &out.topology.Dependencies[i]
		d.From, d.To = to[d.From], to[d.To]
	}
	for i := range out.courses {
		c := &out.courses[i]
		c.component, c.peer = to[c.component], to[c.peer]
	}
	return out
}

// shuffled is the same shop told in another order.
func (s *shop) shuffled(seed uint64) *shop {
	random := rand.New(rand.NewPCG(seed, 0))
	out := &shop{topology: model.Topology{
		Components: slices.Clone(s.topology.Components), Dependencies: slices.Clone(s.topology.Dependencies), Signals: slices.Clone(s.topology.Signals),
	}, courses: slices.Clone(s.courses)}
	shuffle(random, out.topology.Components)
	shuffle(random, out.topology.Dependencies)
	shuffle(random, out.topology.Signals)
	shuffle(random, out.courses)
	return out
}

func shuffle[T any](random *rand.Rand, xs []T) {
	random.Shuffle(len(xs), func(i, j int) { xs[i], xs[j] = xs[j], xs[i] })
}
