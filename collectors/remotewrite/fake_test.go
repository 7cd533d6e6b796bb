package remotewrite

import (
	"context"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/diagnops/diagnops/collectors"
	"github.com/diagnops/diagnops/engine/model"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// store is an Ingester that keeps everything, by the rules of model.Taken.
type store struct {
	mu     sync.Mutex
	series map[string]*stored
	budget int                                // of series; 0 = none
	meddle func(t *model.Taken) (bool, error) // what happens instead, when it says so
}

type stored struct {
	labels  model.Labels
	created int64
	points  []model.Point
}

func newStore() *store { return &store{series: map[string]*stored{}} }

func (s *store) Ingest(_ context.Context, b *model.Batch) (model.Taken, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var t model.Taken
	if s.meddle != nil {
		if done, err := s.meddle(&t); done {
			return t, err
		}
	}
	for i := range b.Series {
		one := &b.Series[i]
		key := string(collectors.AppendKey(nil, one.Labels))
		kept, known := s.series[key]
		if !known {
			if s.budget > 0 && len(s.series) >= s.budget {
				t.Add(model.Taken{OverBudget: one.N, RefusedSeries: []model.Labels{collectors.CloneLabels(one.Labels)}})
				continue
			}
			kept = &stored{labels: collectors.CloneLabels(one.Labels)}
			s.series[strings.Clone(key)] = kept
		}
		kept.created = one.CreatedMillis
		for _, p := range b.Of(one) {
			kept.add(&t, p)
		}
	}
	return t, nil
}

func (s *stored) add(t *model.Taken, p model.Point) {
	newest := model.Point{TMillis: math.MinInt64}
	if n := len(s.points); n > 0 {
		newest = s.points[n-1]
	}
	switch {
	case p.TMillis > newest.TMillis:
		s.points = append(s.points, p)
		t.Appended++
	case p.TMillis < newest.TMillis:
		t.OutOfOrder++
	case math.Float64bits(p.Value) == math.Float64bits(newest.Value):
		t.Duplicate++
	default:
		t.Conflict++
	}
}

// of returns the points of the series with these labels, as model.Labels prints them.
func (s *store) of(name string) []model.Point {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, one := range s.series {
		if one.labels.String() == name {
			return slices.Clone(one.points)
		}
	}
	return nil
}

func (s *store) names() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []string
	for _, one := range s.series {
		out = append(out, one.labels.String())
	}
	slices.Sort(out)
	return out
}

// epoch is what tests take for now.
var epoch = time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC)

func at(seconds int) int64 { return epoch.UnixMilli() + int64(seconds)*1000 }

func newDecoder() *decoder {
	d := &decoder{maxLabels: defaultLabels, maxLabelBytes: defaultLabelBytes, histograms: collectors.NewHistograms(defaultHistograms), memory: newMemory(defaultKnown)}
	d.reset(math.MaxInt64)
	return d
}
