package cohort

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
)

// demand is how much of the badness a cohort must have to carry it, and what share of the allowed errors is spent on that
// demand. Most causes are behind all that they are blamed for, which hardly any cohort has by chance: to ask for nearly all
// first costs little and sees it early. The rest goes to a cause among others. Both are questions of their own, so errors
// are divided between them (B. Holm, "A simple sequentially rejective multiple test procedure", 1979, has the weights).
type demand struct{ share, weight float64 }

var demands = [...]demand{{0.9, 0.6}, {0.5, 0.4}}

const (
	// firstLook is after how many exchanges it is given up where no label is likely to be significant any more. To stop early
	// for want of significance can make nothing significant.
	firstLook = 499
	// maxMoves bounds the work of exchanging, in units times labels, but for fewExchanges: half a second. Many units make up
	// for fewer exchanges.
	maxMoves     = 30_000_000
	fewExchanges = 999
	// hopelessP is the p-value, uncorrected, of the best label above which that is so.
	hopelessP = 0.15
	// ties is how far two measures may differ and count as the same, against rounding.
	ties = 1e-9
)

// stratum is a run of units within which outcomes are exchanged.
type stratum struct{ from, to int }

// sample is the units with what is measured of them.
//
// The failures of a busy unit stray further than those of an idle one. What is exchanged is therefore the surprise of each
// unit: its excess over the share that its exposure has, in standard deviations of a unit of that exposure; a unit that is
// given the surprise of another has as much badness as its own exposure makes of it (D. Freedman and D. Lane, "A
// nonstochastic interpretation of reported significance levels", 1983, exchange residuals in this way).
type sample struct {
	units    []Unit // by stratum
	strata   []stratum
	bad      float64   // in all
	share    []float64 // of the stratum's badness, by exposure
	sigma    []float64 // of the excess over it
	surprise []float64 // excess in sigmas, less the mean of the stratum
	// spread is the variance of a randomly chosen unit's surprise, by stratum, times n/(n-1).
	spread []float64
}

func newSample(units []Unit) *sample {
	n := len(units)
	s := &sample{units: units, share: make([]float64, n), sigma: make([]float64, n), surprise: make([]float64, n)}
	for from := 0; from < n; {
		to := from + 1
		for to < n && units[to].Stratum == units[from].Stratum {
			to++
		}
		s.strata = append(s.strata, stratum{from, to})
		s.divide(from, to)
		from = to
	}
	alone, together := s.variances()
	for _, st := range s.strata {
		s.standardize(st, alone, together)
	}
	return s
}

// divide gives each unit of a stratum its share of the badness.
func (s *sample) divide(from, to int) {
	var bad, exposure float64
	for _, u := range s.units[from:to] {
		bad, exposure = bad+u.Bad, exposure+u.Exposure
	}
	s.bad += bad
	for i := from; i < to; i++ {
		s.share[i] = bad * s.units[i].Exposure / exposure
	}
}

// excess is a unit's badness over its share; what is left of rounding is none.
func (s *sample) excess(i int) float64 {
	e := s.units[i].Bad - s.share[i]
	if math.Abs(e) <= ties*(math.Abs(s.units[i].Bad)+math.Abs(s.share[i])) {
		return 0
	}
	return e
}

// variances fits the square of a unit's excess by its exposure w: alone*w, as of events that come one by one, and
// together*w*w, as of rates that differ from unit to unit. Least squares of the excess squared over w, on w.
func (s *sample) variances() (alone, together float64) {
	var meanX, meanY, xx, xy float64
	n := float64(len(s.units))
	at := func(i int) (x, y float64) {
		e := s.excess(i)
		return s.units[i].Exposure, e * e / s.units[i].Exposure
	}
	for i := range s.units {
		x, y := at(i)
		meanX, meanY = meanX+x/n, meanY+y/n
	}
	for i := range s.units {
		x, y := at(i)
		xx, xy = xx+(x-meanX)*(x-meanX), xy+(x-meanX)*(y-meanY)
	}
	if xx <= ties*meanX*meanX || xy <= 0 {
		return meanY, 0
	}
	together = xy / xx
	if alone = meanY - together*meanX; alone < 0 {
		return 0, meanY / meanX
	}
	return alone, together
}

// standardize turns the excess of the units of a stratum into surprise.
func (s *sample) standardize(st stratum, alone, together float64) {
	mean := 0.0
	for i := st.from; i < st.to; i++ {
		w := s.units[i].Exposure
		if s.sigma[i] = math.Sqrt(alone*w + together*w*w); s.sigma[i] > 0 {
			s.surprise[i] = s.excess(i) / s.sigma[i]
		}
		mean += s.surprise[i] / float64(st.to-st.from)
	}
	sum := 0.0
	for i := st.from; i < st.to; i++ {
		s.surprise[i] -= mean
		s.share[i] += mean * s.sigma[i]
		sum += s.surprise[i] * s.surprise[i]
	}
	s.spread = append(s.spread, sum/float64(max(1, st.to-st.from-1)))
}

// score is what a factor came to, at the demand that it meets best.
type score struct {
	best
	p, corrected float64
}

// best is the cohort of a factor with the largest surprise of those that meet a demand.
type best struct {
	z  float64 // surprise in standard deviations; -Inf when none meets it
	at choice
}

// plan is a factor made ready for many exchanges.
type plan struct {
	*factor
	sd                []float64 // by group: of the surprise of as many units drawn at random
	badSum, surprises []float64 // by group, of the exchange at hand
}

func (s *sample) plan(f *factor) plan {
	p := plan{factor: f, sd: make([]float64, len(f.size)), badSum: make([]float64, len(f.size)), surprises: make([]float64, len(f.size))}
	count := make([]int, len(f.size))
	for i, st := range s.strata {
		clear(count)
		for _, g := range f.group[st.from:st.to] {
			if g >= 0 {
				count[g]++
			}
		}
		n := float64(st.to - st.from)
		for g, k := range count {
			p.sd[g] += float64(k) * (n - float64(k)) / n * s.spread[i]
		}
	}
	for g, v := range p.sd {
		p.sd[g] = math.Sqrt(v)
	}
	return p
}

// measure finds, for each demand, the best cohort of a factor when unit i has the surprise of unit of[i].
func (s *sample) measure(p *plan, of []int) (out [len(demands)]best) {
	clear(p.badSum)
	clear(p.surprises)
	for i, g := range p.group {
		if g >= 0 {
			e := s.surprise[of[i]]
			p.badSum[g] += s.share[i] + s.sigma[i]*e
			p.surprises[g] += e
		}
	}
	for d := range out {
		out[d].z = math.Inf(-1)
	}
	for g := range p.size {
		if p.sd[g] == 0 {
			continue
		}
		z := p.surprises[g] / p.sd[g]
		for d := range out {
			least, o := demands[d].share*s.bad*(1-ties), &out[d]
			if p.mayCarry[g] && p.badSum[g] >= least && z > o.z+ties {
				*o = best{z, choice{group: g}}
			}
			if p.mayLack[g] && s.bad-p.badSum[g] >= least && -z > o.z+ties {
				*o = best{-z, choice{group: g, not: true}}
			}
		}
	}
	return out
}

// scores measures every factor, and by exchanges how often chance does as well: for each by itself, and for the best of
// all. False where no factor is significant.
func (s *sample) scores(factors []factor, o Options) ([]score, bool) {
	plans := make([]plan, len(factors))
	found := make([][len(demands)]best, len(factors))
	of := make([]int, len(s.units))
	for i := range of {
		of[i] = i
	}
	for l := range factors {
		plans[l] = s.plan(&factors[l])
		found[l] = s.measure(&plans[l], of)
	}
	random := rand.New(rand.NewPCG(o.Seed, 1))
	var chance [len(demands)][][]float64 // by demand, factor and exchange
	for d := range chance {
		chance[d] = make([][]float64, len(factors))
	}
	for b := range min(o.Exchanges, max(fewExchanges, maxMoves/max(1, len(s.units)*len(factors)))) {
		s.exchange(of, random)
		for l := range plans {
			for d, by := range s.measure(&plans[l], of) {
				chance[d][l] = append(chance[d][l], by.z)
			}
		}
		if b+1 == firstLook && !promising(found, &chance) {
			return nil, false
		}
	}
	return judge(found, &chance), true
}

// judge corrects the p-values of each demand by itself, weighs them, and keeps for each factor the demand that it meets
// best.
func judge(found [][len(demands)]best, chance *[len(demands)][][]float64) []score {
	out := make([]score, len(found))
	for d := range demands {
		at := make([]score, len(found))
		for l := range found {
			at[l].best = found[l][d]
		}
		correct(at, chance[d])
		for l := range at {
			at[l].p = min(1, at[l].p/demands[d].weight)
			at[l].corrected = min(1, at[l].corrected/demands[d].weight)
			if d == 0 || at[l].corrected < out[l].corrected {
				out[l] = at[l]
			}
		}
	}
	return out
}

// exchange gives the surprises of each stratum to its units at random.
func (s *sample) exchange(of []int, random *rand.Rand) {
	for _, st := range s.strata {
		within := of[st.from:st.to]
		random.Shuffle(len(within), func(i, j int) { within[i], within[j] = within[j], within[i] })
	}
}

func promising(found [][len(demands)]best, chance *[len(demands)][][]float64) bool {
	for l := range found {
		for d := range demands {
			if pValue(found[l][d].z, chance[d][l]) <= hopelessP {
				return true
			}
		}
	}
	return false
}

// pValue is the share of exchanges, the data themselves among them, that come to at least z (B. Phipson and G. K. Smyth,
// "Permutation p-values should never be zero", 2010). What does not carry the badness has 1.
func pValue(z float64, chance []float64) float64 {
	n := 1
	for _, v := range chance {
		if v >= z-ties {
			n++
		}
	}
	return float64(n) / float64(len(chance)+1)
}

// correct fills in the p-values: of each factor by itself, and corrected by step-down minP.
func correct(scores []score, chance [][]float64) {
	order := make([]int, len(scores))
	ps := make([][]float64, len(scores)) // the p-value that each exchange would have had
	for l := range scores {
		order[l] = l
		scores[l].p = pValue(scores[l].z, chance[l])
		ps[l] = ownP(chance[l])
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(scores[a].p, scores[b].p) })
	least := make([]float64, len(chance[0])) // of the factors from the k-th on
	for b := range least {
		least[b] = 1
	}
	for k := len(order) - 1; k >= 0; k-- {
		l, n := order[k], 1
		for b, p := range ps[l] {
			least[b] = min(least[b], p)
			if least[b] <= scores[l].p+ties {
				n++
			}
		}
		scores[l].corrected = float64(n) / float64(len(least)+1)
	}
	worst := 0.0
	for _, l := range order {
		worst = max(worst, scores[l].corrected)
		scores[l].corrected = worst
	}
}

// ownP is the p-value of each exchange among all of them.
func ownP(chance []float64) []float64 {
	ascending := slices.Sorted(slices.Values(chance))
	out := make([]float64, len(chance))
	for b, z := range chance {
		below, _ := slices.BinarySearch(ascending, z-ties)
		out[b] = float64(len(chance)-below) / float64(len(chance)+1)
	}
	return out
}

// apart tells whether a cohort carries the badness beside another: among units alike in the other, too.
func (s *sample) apart(members, other []bool, o Options) bool {
	units := slices.Clone(s.units)
	at := make([]int, len(units))
	for i := range units {
		at[i] = i
		units[i].Stratum += "\xff" + yes(other[i])
	}
	slices.SortStableFunc(at, func(a, b int) int { return cmp.Compare(units[a].Stratum, units[b].Stratum) })
	sorted := make([]Unit, len(units))
	f := factor{labels: []string{""}, values: [][]string{{"", ""}}, group: make([]int, len(units)), size: make([]int, 2)}
	for to, from := range at {
		sorted[to] = units[from]
		if members[from] {
			f.group[to] = 1
		}
		f.size[f.group[to]]++
	}
	f.mayCarry, f.mayLack = []bool{false, true}, []bool{false, false}
	scores, ok := newSample(sorted).scores([]factor{f}, o)
	return ok && scores[0].p <= o.Alpha
}

func yes(b bool) string {
	if b {
		return "1"
	}
	return "0"
}
