package correlate

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/dsp/fourier"
	"gonum.org/v1/gonum/stat"
)

// The courses of a chain are compared at lag 0, and lags are told by onsets. These benchmarks show what a search for the lag
// of best correlation would cost at the lengths that frames have: directly, over some twenty lags and over all, and by the
// Fourier transform (the correlation theorem), which gives all lags at once.

var lagLengths = []int{60, 240, 720, 3000}

func lagCourses(n int) (a, b []float64) {
	noise := rand.New(rand.NewPCG(uint64(n), 7))
	a, b = make([]float64, n), make([]float64, n)
	for i := range a {
		a[i] = noise.NormFloat64()
	}
	for i := range b {
		b[i] = a[max(0, i-3)] + 0.2*noise.NormFloat64()
	}
	return a, b
}

// directLag is the lag up to most at which b follows a best.
func directLag(a, b []float64, most int) (best int) {
	top := -2.0
	for lag := range most + 1 {
		if r := stat.Correlation(a[:len(a)-lag], b[lag:], nil); r > top {
			best, top = lag, r
		}
	}
	return best
}

// lagSearch is the workspace of fourierLag for courses of one length.
type lagSearch struct {
	fft      *fourier.FFT
	pa, pb   []float64
	fa, fb   []complex128
	products []float64
}

// newLagSearch pads courses with as many zeros, so that the end of one does not meet the beginning of the other.
func newLagSearch(n int) *lagSearch {
	size := 1
	for size < 2*n {
		size *= 2
	}
	half := size/2 + 1
	return &lagSearch{
		fft: fourier.NewFFT(size), pa: make([]float64, size), pb: make([]float64, size),
		fa: make([]complex128, half), fb: make([]complex128, half), products: make([]float64, size),
	}
}

// lag is directLag by the transform, with sums of products of what is left without the mean in place of Pearson's r.
func (s *lagSearch) lag(a, b []float64, most int) (best int) {
	meanA, meanB := stat.Mean(a, nil), stat.Mean(b, nil)
	for i := range a {
		s.pa[i], s.pb[i] = a[i]-meanA, b[i]-meanB
	}
	s.fft.Coefficients(s.fa, s.pa)
	s.fft.Coefficients(s.fb, s.pb)
	for i, x := range s.fa {
		s.fb[i] *= complex(real(x), -imag(x))
	}
	s.fft.Sequence(s.products, s.fb)
	for lag := range most + 1 {
		if s.products[lag] > s.products[best] {
			best = lag
		}
	}
	return best
}

// TestLagsAgree: both ways find the lag that is there.
func TestLagsAgree(t *testing.T) {
	for _, n := range lagLengths {
		a, b := lagCourses(n)
		if direct, byFFT := directLag(a, b, 20), newLagSearch(n).lag(a, b, 20); direct != 3 || byFFT != 3 {
			t.Errorf("%d points: directly %d, by the transform %d, want 3", n, direct, byFFT)
		}
	}
}

func BenchmarkLag(b *testing.B) {
	for _, n := range lagLengths {
		x, y := lagCourses(n)
		b.Run(fmt.Sprintf("zero/points=%d", n), func(b *testing.B) {
			for b.Loop() {
				stat.Correlation(x, y, nil)
			}
		})
		b.Run(fmt.Sprintf("direct20/points=%d", n), func(b *testing.B) {
			for b.Loop() {
				directLag(x, y, 20)
			}
		})
		b.Run(fmt.Sprintf("directAll/points=%d", n), func(b *testing.B) {
			for b.Loop() {
				directLag(x, y, n/2)
			}
		})
		b.Run(fmt.Sprintf("fft/points=%d", n), func(b *testing.B) {
			s := newLagSearch(n)
			for b.Loop() {
				s.lag(x, y, n/2)
			}
		})
	}
}
