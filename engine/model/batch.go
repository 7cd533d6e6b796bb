package model

// Batch is samples on their way from a collector into the window, series by series, in flat arrays that a decoder fills
// and reuses. Whoever takes it in copies what it keeps: labels may point into the decoder's buffer, and all of it is
// valid only until the call that was given the batch returns.
type Batch struct {
	Series []BatchSeries
	Points []Point // of all series, one after the other
}

// BatchSeries is one series of a Batch.
type BatchSeries struct {
	Labels Labels // sorted by name, no name twice, no empty value
	First  int    // index of its first point in Batch.Points
	N      int    // how many points it has, in the order in which they were sent
	// CreatedMillis is when a counter began at zero, Unix milliseconds; 0 = not told.
	CreatedMillis int64
	// Handle is where the ingester notes how it finds the series again. Who gives it the same labels once more may give
	// this back, beside the labels, and the ingester need not look them up; nil = to be looked up.
	Handle SeriesHandle
}

// SeriesHandle stands for one series of one ingester, and for no other series ever. Safe for many goroutines.
type SeriesHandle interface {
	// Gone tells whether the ingester has given the series up; the handle is of no more use then.
	Gone() bool
}

// Point is a sample without its series.
type Point struct {
	TMillis int64
	Value   float64
}

// Of returns the points of a series of the batch.
func (b *Batch) Of(s *BatchSeries) []Point { return b.Points[s.First : s.First+s.N] }

// Reset empties the batch and keeps its space.
func (b *Batch) Reset() { b.Series, b.Points = b.Series[:0], b.Points[:0] }

// Taken counts what became of the points of a batch. What is not appended is counted by the reason.
type Taken struct {
	Appended   int
	OutOfOrder int // older than the series' newest, and not held
	Duplicate  int // held already with the same time and value: nothing is lost
	Conflict   int // held already with the same time and another value
	OverBudget int // of series refused over the budget of series
	Dropped    int // the window's owner was too far behind to take them
	// RefusedSeries names some of the series refused over the budget.
	RefusedSeries []Labels
}

// Add adds the counts of another; names are kept up to MaxRefusedNames.
func (t *Taken) Add(o Taken) {
	t.Appended += o.Appended
	t.OutOfOrder += o.OutOfOrder
	t.Duplicate += o.Duplicate
	t.Conflict += o.Conflict
	t.OverBudget += o.OverBudget
	t.Dropped += o.Dropped
	for _, ls := range o.RefusedSeries {
		if len(t.RefusedSeries) < MaxRefusedNames {
			t.RefusedSeries = append(t.RefusedSeries, ls)
		}
	}
}

// MaxRefusedNames bounds the names in an answer; a sender over its budget has thousands.
const MaxRefusedNames = 10
