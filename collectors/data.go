package collectors

import (
	"slices"
	"time"

	"github.com/diagnops/diagnops/engine/model"
)

// Data is every sample of a recorded or generated incident, in columns. It is read-only; the columns are shared, not
// copies.
type Data struct {
	// Series are sorted by their labels, none twice, each with at least one sample.
	Series []model.Labels
	// Times holds, for each series, Unix milliseconds in strictly rising order.
	Times [][]int64
	// Values holds the value at each time; it may be NaN or a stale marker (model.IsStale).
	Values [][]float64

	// Duplicates counts samples dropped because the series already had one in that millisecond; the first is kept.
	Duplicates int
	// OutOfOrder counts samples that stood after later ones of their series, and were moved to their place.
	OutOfOrder int
	// Warnings are what is suspicious but readable, each with its file, in the order in which it was met.
	Warnings []string
}

// NumSeries is the number of series.
func (d *Data) NumSeries() int { return len(d.Series) }

// NumSamples is the number of samples of all series.
func (d *Data) NumSamples() int {
	n := 0
	for _, t := range d.Times {
		n += len(t)
	}
	return n
}

// MaxSamplesPerSeries is the length of the longest series.
func (d *Data) MaxSamplesPerSeries() int {
	n := 0
	for _, t := range d.Times {
		n = max(n, len(t))
	}
	return n
}

// MaxMillis bounds timestamps, in Unix milliseconds: the year 2527. Replay sorts by 44 bits of time.
const MaxMillis = 1<<44 - 1

// MaxSeries bounds the series of one Data: replay packs a series' number into 20 bits beside 44 bits of time. A
// recording of a million series is a whole company's, and no single incident's.
const MaxSeries = 1 << seriesBits

// maxGaps bounds how many gaps of one series ScrapeInterval looks at; a median over more is no better.
const maxGaps = 128

// ScrapeInterval is how often samples were taken: the median, over the series, of the median gap between a series'
// consecutive samples (its first 128 gaps). It is 0 when no series has two samples.
func (d *Data) ScrapeInterval() time.Duration {
	medians := make([]int64, 0, len(d.Times))
	gaps := make([]int64, 0, maxGaps)
	for _, times := range d.Times {
		gaps = gaps[:0]
		for i := 1; i < len(times) && i <= maxGaps; i++ {
			gaps = append(gaps, times[i]-times[i-1])
		}
		if len(gaps) > 0 {
			slices.Sort(gaps)
			medians = append(medians, gaps[len(gaps)/2])
		}
	}
	if len(medians) == 0 {
		return 0
	}
	slices.Sort(medians)
	return time.Duration(medians[len(medians)/2]) * time.Millisecond
}

// Bounds are the times of the first and the last sample; ok is false when there is none.
func (d *Data) Bounds() (iv model.Interval, ok bool) {
	first, last := int64(MaxMillis), int64(0)
	for _, t := range d.Times {
		first, last = min(first, t[0]), max(last, t[len(t)-1])
	}
	if len(d.Times) == 0 {
		return iv, false
	}
	return model.Interval{From: model.FromMillis(first), To: model.FromMillis(last)}, true
}

// CountIn returns how many samples lie in the interval, both ends included.
func (d *Data) CountIn(iv model.Interval) int {
	n := 0
	for _, t := range d.Times {
		from, to := 0, len(t)
		if !iv.From.IsZero() {
			from, _ = slices.BinarySearch(t, model.Millis(iv.From))
		}
		if !iv.To.IsZero() {
			to, _ = slices.BinarySearch(t, model.Millis(iv.To)+1)
		}
		n += max(0, to-from)
	}
	return n
}
