package synth

import (
	"math"
	"math/rand/v2"
	"slices"
	"strconv"

	"github.com/diagnops/diagnops/collectors"
	"github.com/diagnops/diagnops/engine/model"
)

// recorder turns what happened into series, as scrapes would have found it.
type recorder struct {
	*history
	rng     *rand.Rand // noise
	scrapes *rand.Rand // jitter, gaps, restarts
	times   []int64
	series  []column
}

type column struct {
	labels model.Labels
	times  []int64
	values []float64
}

// scraped is one target: what it exposes has samples at the same times.
type scraped struct {
	*recorder
	labels  []model.Label // of all its series
	times   []int64
	steps   []int // the step of each time; nil = all
	restart int   // the step at which its counters begin anew; -1 = never
}

// measure returns every series, sorted by its labels.
func (h *history) measure() *collectors.Data {
	r := &recorder{history: h, rng: stream(h.opts.Seed, streamMeasure), scrapes: stream(h.opts.Seed, streamScrapes)}
	r.times = make([]int64, len(h.frames))
	for t := range r.times {
		r.times[t] = model.Millis(h.time(t))
	}
	if h.opts.Detail == DetailLean {
		r.lean()
	} else {
		r.full()
	}
	return r.data()
}

// data are the series recorded so far, sorted by their labels.
func (r *recorder) data() *collectors.Data {
	slices.SortFunc(r.series, func(a, b column) int { return a.labels.Compare(b.labels) })
	d := &collectors.Data{
		Series: make([]model.Labels, len(r.series)), Times: make([][]int64, len(r.series)), Values: make([][]float64, len(r.series)),
	}
	for i, c := range r.series {
		d.Series[i], d.Times[i], d.Values[i] = c.labels, c.times, c.values
	}
	return d
}

// silentFrom is the step from which a component's exporter is silent; the length of the window when it never is.
func (h *history) silentFrom(i int) int {
	for _, f := range h.faults {
		if f.kind == KindSilent && f.node == i {
			return f.onset
		}
	}
	return len(h.frames)
}

// target begins a target of a component, and gives its up, which the scraper itself knows.
func (r *recorder) target(i int, labels ...model.Label) *scraped {
	s := &scraped{recorder: r, labels: labels, times: r.times, restart: -1}
	o, end := r.opts, r.silentFrom(i)
	if o.Resets > 0 && r.scrapes.Float64() < o.Resets {
		s.restart = 1 + r.scrapes.IntN(len(r.times)-1)
	}
	failed := make([]bool, len(r.times))
	some := false
	for t := range failed {
		failed[t] = t >= end || o.Gaps > 0 && r.scrapes.Float64() < o.Gaps
		some = some || failed[t]
	}
	shift := int64(0)
	if j := o.Jitter.Milliseconds(); j > 0 {
		shift = r.scrapes.Int64N(j + 1)
	}
	all := r.times
	if shift > 0 {
		all = make([]int64, len(r.times))
		for t := range all {
			all[t] = r.times[t] + shift
		}
		s.times = all
	}
	up := make([]float64, len(all))
	for t := range up {
		if !failed[t] {
			up[t] = 1
		}
	}
	r.keep(s.named("up", nil), all, up)
	if some {
		s.times, s.steps = nil, []int{}
		for t, f := range failed {
			if !f {
				s.times, s.steps = append(s.times, all[t]), append(s.steps, t)
			}
		}
	}
	return s
}

func (r *recorder) keep(labels model.Labels, times []int64, values []float64) {
	if len(times) > 0 {
		r.series = append(r.series, column{labels, times, values})
	}
}

// named are the labels of one of the target's series; more are pairs of name and value.
func (s *scraped) named(metric string, more []string) model.Labels {
	ls := make(model.Labels, 0, 1+len(s.labels)+len(more)/2)
	ls = append(ls, model.Label{Name: model.MetricName, Value: metric})
	ls = append(ls, s.labels...)
	for k := 0; k+1 < len(more); k += 2 {
		ls = append(ls, model.Label{Name: more[k], Value: more[k+1]})
	}
	ls.Sort()
	return ls
}

// step of the i-th sample.
func (s *scraped) step(i int) int {
	if s.steps == nil {
		return i
	}
	return s.steps[i]
}

// gauge records a value at each scrape, noise being its relative standard deviation.
func (s *scraped) gauge(metric string, noise float64, value func(t int) float64, labels ...string) {
	values := make([]float64, len(s.times))
	noise *= s.opts.Noise
	for i := range values {
		v := value(s.step(i))
		if noise > 0 && v != 0 {
			v *= 1 + noise*clamp(s.rng.NormFloat64(), -4, 4)
		}
		values[i] = v
	}
	s.keep(s.named(metric, labels), s.times, values)
}

// ratio is a gauge that stays from 0 to 1.
func (s *scraped) ratio(metric string, noise float64, value func(t int) float64) {
	s.gauge(metric, noise, value)
	last := s.series[len(s.series)-1].values
	for i := range last {
		last[i] = clamp(last[i], 0, 1)
	}
}

// count is a gauge of things that are there at the moment of a scrape: whole numbers, that vary as chance has it.
func (s *scraped) count(metric string, mean func(t int) float64, labels ...string) {
	s.counted(metric, math.Inf(1), mean, labels...)
}

// counted is a count that has a limit.
func (s *scraped) counted(metric string, limit float64, mean func(t int) float64, labels ...string) {
	values := make([]float64, len(s.times))
	for i := range values {
		values[i] = min(limit, s.poisson(mean(s.step(i))))
	}
	s.keep(s.named(metric, labels), s.times, values)
}

// poisson draws a number of that mean: by inversion while that is quick, by the normal approximation beyond.
func (r *recorder) poisson(mean float64) float64 {
	switch {
	case mean <= 0:
		return 0
	case r.opts.Noise == 0 || mean > 30:
		return max(0, math.Round(mean+r.opts.Noise*math.Sqrt(mean)*r.rng.NormFloat64()))
	}
	u, p, n := r.rng.Float64(), math.Exp(-mean), 0.0
	for sum := p; u > sum && n < 200; sum += p {
		n++
		p *= mean / n
	}
	return n
}

// events counts things that happen at a rate a second: by whole numbers, and as chance has it (Poisson, by the normal
// approximation).
func (s *scraped) events(metric string, rate func(t int) float64, labels ...string) {
	s.accumulate(metric, true, func(t int) float64 {
		mean := rate(t) * s.opts.ScrapeInterval.Seconds()
		if mean <= 0 {
			return 0
		}
		return max(0, mean+s.opts.Noise*math.Sqrt(mean)*s.rng.NormFloat64())
	}, labels)
}

// amount counts what grows at a rate a second, noise being its relative standard deviation.
func (s *scraped) amount(metric string, noise float64, rate func(t int) float64, labels ...string) {
	noise *= s.opts.Noise
	s.accumulate(metric, false, func(t int) float64 {
		return max(0, rate(t)*s.opts.ScrapeInterval.Seconds()*(1+noise*s.rng.NormFloat64()))
	}, labels)
}

// accumulate records a counter; what happens while scrapes fail is counted all the same.
func (s *scraped) accumulate(metric string, whole bool, increase func(t int) float64, labels []string) {
	values := make([]float64, len(s.times))
	sum, i := 0.0, 0
	for t := 0; i < len(values); t++ {
		if t == s.restart {
			sum = 0
		}
		sum += increase(t)
		if s.step(i) != t {
			continue
		}
		values[i] = sum
		if whole {
			values[i] = math.Floor(sum)
		}
		i++
	}
	s.keep(s.named(metric, labels), s.times, values)
}

// bounds are the upper bounds of histograms of latency, seconds.
var bounds = []float64{0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10}

var boundNames = func() []string {
	names := make([]string, 0, len(bounds))
	for _, b := range bounds {
		names = append(names, strconv.FormatFloat(b, 'g', -1, 64))
	}
	return names
}()

// histogram records a classic histogram of lognormal times.
func (s *scraped) histogram(metric string, rate func(t int) float64, time func(t int) moments, labels ...string) {
	n := len(s.frames)
	counts := make([]float64, n)
	buckets := make([][]float64, len(bounds)+1)
	for b := range buckets {
		buckets[b] = make([]float64, n)
	}
	sums := make([]float64, n)
	for t := range n {
		m := time(t)
		mean := rate(t) * s.opts.ScrapeInterval.Seconds()
		count := 0.0
		if mean > 0 {
			count = max(0, math.Round(mean+s.opts.Noise*math.Sqrt(mean)*s.rng.NormFloat64()))
		}
		counts[t] = count
		if count == 0 {
			continue
		}
		sums[t] = max(0, count*m.mean+s.opts.Noise*math.Sqrt(count*m.variance)*s.rng.NormFloat64())
		mu, sigma := m.lognormal()
		s.split(buckets, t, count, mu, sigma)
	}
	at := func(values []float64) func(int) float64 { return func(t int) float64 { return values[t] } }
	for b := range buckets {
		le := "+Inf"
		if b < len(bounds) {
			le = boundNames[b]
		}
		s.accumulate(metric+"_bucket", true, at(buckets[b]), append(slices.Clone(labels), "le", le))
	}
	s.accumulate(metric+"_count", true, at(counts), labels)
	s.accumulate(metric+"_sum", false, at(sums), labels)
}

// split spreads a step's requests over the buckets, as chance has it: each bucket takes its share of those left over.
func (s *scraped) split(buckets [][]float64, t int, count, mu, sigma float64) {
	left, before, total := count, 0.0, 0.0
	for b, bound := range bounds {
		below := 1.0
		if sigma > 0 {
			below = normal((math.Log(bound) - mu) / sigma)
		} else if math.Log(bound) < mu {
			below = 0
		}
		if p := (below - before) / max(1-before, 1e-12); p > 0 && left > 0 {
			mean := left * min(p, 1)
			x := clamp(math.Round(mean+s.opts.Noise*math.Sqrt(mean*(1-min(p, 1)))*s.rng.NormFloat64()), 0, left)
			left -= x
			total += x
		}
		before = below
		buckets[b][t] = total
	}
	buckets[len(bounds)][t] = count
}
