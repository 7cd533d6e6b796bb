package promapi

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	v1 "github.com/prometheus/client_golang/api/prometheus/v1"
	prommodel "github.com/prometheus/common/model"

	"github.com/diagnops/diagnops/engine/model"
)

// errGroup is a problem of one group alone.
var errGroup = errors.New("not all samples could be taken")

// ofGroup tells whether others may do better where one group failed.
func ofGroup(err error) bool { return errors.Is(err, errGroup) || errors.Is(err, ErrBadQuery) }

// minSlice is the shortest time that one request asks for.
const minSlice = int64(time.Second / time.Millisecond)

// read asks for a group from one time to another, both included, in Unix milliseconds: oldest first, a slice of time at a
// time. Slices grow while the answers are small. What is too much is cut in two: longer stretches by time, a poll's own by
// names, because the next poll would be as much again, and single names by time again.
func (p *Poller) read(ctx context.Context, g *group, from, to int64) error {
	for from <= to && g.parts == nil {
		end := min(from+g.slice-1, to)
		bytes, err := p.ask(ctx, g, from, end)
		switch length := end - from + 1; {
		case err == nil:
			g.read, from = max(g.read, end), end+1
			if bytes < p.opts.MaxAnswerBytes/4 && length == g.slice {
				g.slice *= 2
			}
			continue
		case !tooMuch(err) && !tooLarge(err):
			return err
		case length > 2*p.opts.Overlap.Milliseconds() || len(g.names) < 2 && length >= 2*minSlice:
			g.slice = length / 2
		case len(g.names) >= 2:
			g.divide()
		default:
			return fmt.Errorf("%w: %s is too much even for %d ms at a time: %w", errGroup, g.selector(), length, err)
		}
		p.tally.count(func(s *PollStats) { s.Cut++ })
	}
	var own []error
	for _, part := range g.parts {
		err := p.read(ctx, part, from, to)
		if err != nil && !ofGroup(err) {
			return err
		}
		own = append(own, err)
	}
	return errors.Join(own...)
}

// ask makes one request and passes on what it gives; bytes is the size of the answer.
func (p *Poller) ask(ctx context.Context, g *group, from, to int64) (bytes int, err error) {
	expr := fmt.Sprintf("%s[%dms]", g.selector(), to-from+1)
	tctx, tr := withTrace(ctx)
	tr.maxBytes = int64(p.opts.MaxAnswerBytes)
	value, warnings, err := p.client.api.Query(tctx, expr, model.FromMillis(to), v1.WithTimeout(p.client.opts.Timeout))
	p.tally.count(func(s *PollStats) {
		s.Queries++
		s.Bytes += uint64(tr.bytes)
		if len(warnings) > 0 {
			s.Warnings += uint64(len(warnings))
			s.LastWarning = clip(strings.Join(warnings, "; "))
		}
	})
	if err != nil {
		return 0, p.client.fail(ctx, tr, expr, err)
	}
	matrix, ok := value.(prommodel.Matrix)
	if !ok {
		return 0, p.client.fail(ctx, tr, expr, fmt.Errorf("the answer to a range selector is a %s, not a matrix", value.Type()))
	}
	return tr.bytes, p.pass(ctx, g, matrix, to)
}

// pass gives the points that are new to the sink, series by series, in time order.
func (p *Poller) pass(ctx context.Context, g *group, matrix prommodel.Matrix, to int64) error {
	b := &g.batch
	b.reset()
	newest := g.newest
	for _, stream := range matrix {
		ls := labelsOf(stream.Metric)
		m := g.markOf(ls)
		p.client.metrics.points.Add(uint64(len(stream.Values) + len(stream.Histograms)))
		last := max(b.addPoints(ls, stream.Values, m.tMillis, to), b.addHistograms(p.histograms, ls, stream.Histograms, m.tMillis, to))
		newest = max(newest, last)
		b.marks = append(b.marks, pendingMark{m, last})
		if b.points() >= batchPoints {
			if err := p.give(ctx, b); err != nil {
				return err
			}
		}
	}
	if err := p.give(ctx, b); err != nil {
		return err
	}
	g.newest = newest
	g.forget(p.opts.Overlap)
	return nil
}

// give hands the batches over. Points that were taken are not passed on again; when some were dropped all are, and the sink
// counts those that it has.
func (p *Poller) give(ctx context.Context, b *pollBatch) error {
	defer b.reset()
	var all model.Taken
	for _, one := range []*model.Batch{&b.plain, &b.classic.Births, &b.classic.Counts, &b.classic.Rest} {
		if len(one.Series) == 0 {
			continue
		}
		taken, err := p.sink.Ingest(ctx, one)
		all.Add(taken)
		if err != nil {
			p.tally.add(b, &all)
			return fmt.Errorf("passing samples on: %w", err)
		}
	}
	p.tally.add(b, &all)
	if all.Dropped > 0 {
		return fmt.Errorf("%w: %d were dropped, and are asked for again", errGroup, all.Dropped)
	}
	for _, m := range b.marks {
		m.of.tMillis = max(m.of.tMillis, m.tMillis)
	}
	return nil
}

// labelsOf sorts a metric's labels.
func labelsOf(metric prommodel.Metric) model.Labels {
	ls := make(model.Labels, 0, len(metric))
	for n, v := range metric {
		if v != "" {
			ls = append(ls, model.Label{Name: string(n), Value: string(v)})
		}
	}
	ls.Sort()
	return ls
}
