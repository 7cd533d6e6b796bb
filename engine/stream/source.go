package stream

import (
	"github.com/prometheus/prometheus/model/labels"

	"github.com/diagnops/diagnops/engine/model"
)

// Source is where the raw samples come from: a live window, or a recording. It is asked by one Runner at a time, while
// others may write to it.
type Source interface {
	// Births appends to refs the series that are there and were born after the given point in the order of births, and
	// returns the point up to which they are now known. 0 is before the first. A ref is never given to another series.
	Births(since uint64, refs []model.SeriesRef) (born []model.SeriesRef, now uint64)

	// Labels returns the labels of a series; ok is false when it is there no more.
	Labels(ref model.SeriesRef) (ls labels.Labels, ok bool)

	// Samples copies samples of a series into the buffer, oldest first, beginning with the given number: the samples of
	// a series are numbered from 0 in the order in which they came, and ascend in time. It returns how many there were,
	// at most as many as fit, and the number of the first; those before it are lost. ok is false when the series is
	// there no more: then nothing was copied.
	Samples(ref model.SeriesRef, number uint64, into []model.Point) (n int, first uint64, ok bool)
}
