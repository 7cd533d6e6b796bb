package correlate

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/diagnops/diagnops/engine/model"
	"github.com/diagnops/diagnops/engine/topo"
)

// frame is what backends are inferred from: a reference and a symptom, and latencies on them.
type frame struct {
	phases []model.Phase
	series []*model.Series
	rng    *rand.Rand
}

func framed(reference, symptom int) *frame {
	f := &frame{rng: rand.New(rand.NewPCG(11, 12))}
	f.phases = append(f.phases, slices.Repeat([]model.Phase{model.PhaseReference}, reference)...)
	f.phases = append(f.phases, slices.Repeat([]model.Phase{model.PhaseSymptom}, symptom)...)
	return f
}

// noise is the latency of a service of its own.
func (f *frame) noise() []float64 {
	out := make([]float64, len(f.phases))
	for i := range out {
		out[i] = math.Exp(0.4 * f.rng.NormFloat64())
	}
	return out
}

// before is the latency of a balancer in front of a service: a little more, and the ups and downs of both.
func (f *frame) before(service []float64, own float64) []float64 {
	out := make([]float64, len(service))
	for i, v := range service {
		out[i] = v + 0.2 + own*math.Exp(0.4*f.rng.NormFloat64())
	}
	return out
}

func (f *frame) add(component string, values []float64) *model.Series {
	s := &model.Series{Subject: model.Subject{Component: component}, Signal: signals["latency"], Values: values}
	f.series = append(f.series, s)
	return s
}

func (f *frame) infer(words string) []model.Dependency {
	return InferBackends(topo.New(&having(words).top), f.series, f.phases)
}

// shop is a balancer and what its caller calls beside it, as a tracer tells them.
const shop = "web calls lb; web calls cart; web calls pay; web calls search"

// balanced is a frame in which the balancer stands in front of the carts.
func balanced(reference int) *frame {
	f := framed(reference, 20)
	cart := f.noise()
	f.add("cart", cart)
	f.add("pay", f.noise())
	f.add("search", f.noise())
	f.add("lb", f.before(cart, 0.3))
	return f
}

func TestBackendIsFound(t *testing.T) {
	for _, reference := range []int{minBackendPoints, 300, 2000} {
		found := balanced(reference).infer(shop)
		if len(found) != 1 {
			t.Fatalf("%d points: found %v", reference, found)
		}
		d := found[0]
		if d.From != "lb" || d.To != "cart" || d.Kind != model.Calls || d.Source != "latency-shape" || !(d.Confidence > 0.5 && d.Confidence <= 1) {
			t.Errorf("%d points: found %+v", reference, d)
		}
	}
}

func TestBackendIsNotFound(t *testing.T) {
	strangers := func() *frame {
		f := framed(300, 20)
		for _, name := range []string{"cart", "pay", "search", "lb"} {
			f.add(name, f.noise())
		}
		return f
	}
	twins := func() *frame {
		f := balanced(300)
		f.series[1].Values = slices.Clone(f.series[0].Values)
		return f
	}
	incident := func() *frame { // Alike in the incident only.
		f := strangers()
		for i := range f.phases {
			if f.phases[i] == model.PhaseSymptom {
				f.series[0].Values[i] = float64(100 * i)
				f.series[3].Values[i] = float64(100*i + 7)
			}
		}
		return f
	}
	replicas := func() *frame {
		f := balanced(300)
		f.add("cart", f.noise())
		return f
	}
	threefold := func() *frame {
		f := replicas()
		f.add("cart", f.series[0].Values)
		return f
	}
	flat := func() *frame {
		f := balanced(300)
		f.series[3].Values = make([]float64, len(f.phases))
		return f
	}
	holes := func() *frame {
		f := balanced(300)
		for i := range f.phases[:250] {
			f.series[3].Values[i] = model.Gap()
		}
		return f
	}
	unmeasured := func() *frame {
		f := balanced(300)
		f.series = f.series[:3]
		return f
	}
	whole := func() *frame { return balanced(300) }
	for _, tc := range []struct {
		name, topology string
		frame          func() *frame
	}{
		{"nothing alike", shop, strangers},
		{"two alike", shop, twins},
		{"alike in the incident only", shop, incident},
		{"too few points", shop, func() *frame { return balanced(minBackendPoints - 1) }},
		{"too few common points", shop, holes},
		{"replicas are not told apart", shop, replicas},
		{"nor are three", shop, threefold},
		{"a latency that never moves", shop, flat},
		{"a balancer that is not measured", shop, unmeasured},
		{"no siblings", "web calls lb; cart; pay", whole},
		{"the backend is known", shop + "; lb calls pay", whole},
		{"nobody calls the balancer", "lb; web calls cart; web calls pay", whole},
		{"no balancer", "web calls app; web calls cart", whole},
		{"siblings needed in another way", "web calls lb; web async cart; web runs_on pay", whole},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if found := tc.frame().infer(tc.topology); len(found) != 0 {
				t.Errorf("found %v", found)
			}
		})
	}
}

// TestBackendMustWork: nothing stands in front of a database, however alike they are.
func TestBackendMustWork(t *testing.T) {
	for _, kind := range []string{"db", "cache", "queue", "disk", "host", "external", "gateway"} {
		f := framed(300, 20)
		store := f.noise()
		f.add(kind, store)
		f.add("lb", f.before(store, 0.1))
		if found := f.infer("web calls lb; web calls " + kind); len(found) != 0 {
			t.Errorf("in front of a %s: %v", kind, found)
		}
	}
}

// TestPureClient: a service that measures nothing is known by a client that calls nothing else.
func TestPureClient(t *testing.T) {
	f := framed(300, 20)
	cart := f.noise()
	f.add("probe", cart)
	f.add("pay", f.noise())
	f.add("lb", f.before(cart, 0.3))
	found := f.infer("web calls lb; web calls cart; web calls pay; probe calls cart")
	if len(found) != 1 || found[0].To != "cart" {
		t.Errorf("found %v", found)
	}
	if found := f.infer("web calls lb; web calls cart; web calls pay; probe calls cart; probe calls other"); len(found) != 0 {
		t.Errorf("by a client that calls another too: %v", found)
	}
}

// TestBackendOrder: the order of the series does not matter, and neither does the scale of any.
func TestBackendOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := balanced(200)
		want := f.infer(shop)
		f.series = rapid.Permutation(f.series).Draw(t, "order")
		stretch := rapid.Float64Range(0.001, 1000).Draw(t, "stretch")
		for _, s := range f.series {
			for i, v := range s.Values {
				s.Values[i] = stretch * v * v // Ranks stay as they are.
			}
		}
		if got := f.infer(shop); !slices.Equal(got, want) {
			t.Fatalf("found %v, want %v", got, want)
		}
	})
}

// TestRanks: a value's rank is how many are smaller, plus half of the others that are as large.
func TestRanks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.SampledFrom([]float64{math.NaN(), -1, 0, 0.5, 2, 2, 3, math.Inf(1)}), 1, 50).Draw(t, "values")
		points := make([]int, len(values))
		for i := range points {
			points[i] = i
		}
		for i, got := range ranks(values, points) {
			smaller, equal := 0, 0
			for _, v := range values {
				switch {
				case v < values[i]:
					smaller++
				case v == values[i]:
					equal++
				}
			}
			want := float64(smaller) + float64(equal-1)/2
			if model.IsGap(values[i]) != model.IsGap(got) || (!model.IsGap(got) && got != want) {
				t.Fatalf("rank of %v in %v is %v, want %v", values[i], values, got, want)
			}
		}
	})
}

func BenchmarkInferBackends30services(b *testing.B) {
	f := framed(2000, 20)
	words := "web calls lb"
	for i := range 30 {
		name := string(rune('a'+i%26)) + string(rune('a'+i/26))
		words += "; web calls " + name
		f.add(name, f.noise())
	}
	f.add("lb", f.before(f.series[7].Values, 0.3))
	g := topo.New(&having(words).top)
	b.ReportAllocs()
	for b.Loop() {
		if found := InferBackends(g, f.series, f.phases); len(found) != 1 {
			b.Fatalf("found %v", found)
		}
	}
}

func BenchmarkBuild(b *testing.B) {
	w := having("web calls db")
	for i := range 100 {
		name := string(rune('a'+i%26)) + string(rune('a'+i/26))
		o := having("web calls " + name + "; " + name + " runs_on host")
		w.top.Dependencies = append(w.top.Dependencies, o.top.Dependencies...)
		w.top.Components = append(w.top.Components, model.Component{Name: name})
		w.sick("web>"+name, "client_latency", 0.6, 0.1, 20, 29)
		w.sick(name, "latency", 0.6, 0.1, 20, 29)
	}
	w.top.Components = append(w.top.Components, model.Component{Name: "host", Kind: "host"})
	w.sick("host", "cpu_waiting", 30, 1, 20, 29)
	b.ReportAllocs()
	for b.Loop() {
		w.build()
	}
}
