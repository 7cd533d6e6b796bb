package synth

import "math/rand/v2"

// The streams of a seed. A stream that draws more often leaves the others as they are.
const (
	streamNames uint64 = iota + 1
	streamGraph
	streamLoad
	streamProcess
	streamFault
	streamMeasure
	streamChanges
	streamScrapes
)

func stream(seed, number uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, number)) }

// between draws evenly from lo to hi.
func between(r *rand.Rand, lo, hi float64) float64 { return lo + (hi-lo)*r.Float64() }

// pick draws one of a list that is not empty.
func pick[T any](r *rand.Rand, list []T) T { return list[r.IntN(len(list))] }

// clamp bounds v.
func clamp(v, lo, hi float64) float64 { return min(max(v, lo), hi) }
