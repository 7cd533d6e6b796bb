package promapi

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"time"

	v1 "github.com/prometheus/client_golang/api/prometheus/v1"
	prommodel "github.com/prometheus/common/model"

	"github.com/diagnops/diagnops/engine/model"
)

// FallbackScrapeInterval is Prometheus' own default, taken when the source gives no clue.
const FallbackScrapeInterval = time.Minute

// ScrapeInterval estimates how far apart the source's samples are in the interval (an open end is now): from the times of
// the samples of a typical target's "up", else from the source's configuration, else it is FallbackScrapeInterval. The
// error is ErrUnreachable or the context's.
func (c *Client) ScrapeInterval(ctx context.Context, iv model.Interval) (time.Duration, error) {
	// A short look is cheap and enough for usual intervals; a long one finds those of several minutes.
	for _, look := range []time.Duration{2 * time.Minute, 20 * time.Minute, 4 * time.Hour} {
		if d := iv.Duration(); d > 0 {
			look = min(look, d)
		}
		d, err := c.intervalFromUp(ctx, iv.To, look)
		if err != nil && !errors.Is(err, ErrBadQuery) {
			return 0, err
		}
		if d > 0 {
			return d, nil
		}
	}
	d, err := c.intervalFromConfig(ctx)
	if err != nil {
		return 0, err
	}
	if d > 0 {
		return d, nil
	}
	return FallbackScrapeInterval, nil
}

// minUpSamples is how many samples a look must hold: their median distance then is no accident of one missed scrape.
const minUpSamples = 6

// intervalFromUp is 0 when the look holds too few samples to tell.
func (c *Client) intervalFromUp(ctx context.Context, at time.Time, look time.Duration) (time.Duration, error) {
	look = look.Truncate(time.Millisecond)
	if look <= 0 {
		return 0, nil
	}
	// Numbers first, one a target; then the raw samples of a single target, so that ten thousand targets cost little.
	value, err := c.instant(ctx, fmt.Sprintf("count_over_time(up[%dms])", look.Milliseconds()), at)
	if err != nil {
		return 0, err
	}
	target := typicalTarget(value)
	if target == nil {
		return 0, nil
	}
	match, err := matchParam(target, nil)
	if err != nil {
		return 0, err
	}
	value, err = c.instant(ctx, fmt.Sprintf("%s[%dms]", match[0], look.Milliseconds()), at)
	if err != nil {
		return 0, err
	}
	matrix, ok := value.(prommodel.Matrix)
	if !ok || len(matrix) == 0 {
		return 0, nil
	}
	return medianDistance(matrix[0].Values), nil
}

// instant evaluates expr, with the extra matchers in it, at one time (zero = the source's now).
func (c *Client) instant(ctx context.Context, expr string, at time.Time) (prommodel.Value, error) {
	expr, err := rewriting{extra: c.extra}.apply(expr)
	if err != nil {
		return nil, err
	}
	tctx, tr := withTrace(ctx)
	value, _, err := c.api.Query(tctx, expr, at, v1.WithTimeout(c.opts.Timeout))
	if err != nil {
		return nil, c.fail(ctx, tr, expr, err)
	}
	return value, nil
}

// typicalTarget is the selector of the "up" series with the median number of samples; nil when that is too few.
func typicalTarget(counts prommodel.Value) map[string]string {
	vec, ok := counts.(prommodel.Vector)
	if !ok || len(vec) == 0 {
		return nil
	}
	slices.SortFunc(vec, func(a, b *prommodel.Sample) int {
		return cmp.Or(cmp.Compare(a.Value, b.Value), cmp.Compare(a.Metric.String(), b.Metric.String()))
	})
	mid := vec[len(vec)/2]
	if !(mid.Value >= minUpSamples) {
		return nil
	}
	selector := map[string]string{model.MetricName: "up"}
	for n, v := range mid.Metric {
		selector[string(n)] = string(v)
	}
	return selector
}

// medianDistance is the usual distance of the samples: rounded to a whole second where one is within an eighth,
// because scrapes jitter by milliseconds, and to ten milliseconds elsewhere.
func medianDistance(samples []prommodel.SamplePair) time.Duration {
	if len(samples) < minUpSamples {
		return 0
	}
	var ds []time.Duration
	for i := 1; i < len(samples); i++ {
		ds = append(ds, samples[i].Timestamp.Sub(samples[i-1].Timestamp))
	}
	slices.Sort(ds)
	d := ds[len(ds)/2]
	if whole := d.Round(time.Second); whole > 0 && (d-whole).Abs() <= whole/8 {
		return whole
	}
	return max(d.Round(10*time.Millisecond), 10*time.Millisecond)
}

// beginPoints is how many points each look at where the samples begin has: two looks place it within a 3600th of the interval.
const beginPoints = 60

// Begin is about when the source's samples begin: the first point in the interval at which a target was scraped, to within a
// 3600th of the interval. It is iv.From where that was so from the start on, and where the source has no "up" to tell by. The
// error is ErrUnreachable or the context's.
func (c *Client) Begin(ctx context.Context, iv model.Interval) (time.Time, error) {
	begin := iv.From
	for range 2 {
		step := (iv.Duration() / beginPoints).Truncate(time.Millisecond)
		if step <= 0 {
			break
		}
		grid := model.Grid{Step: step, Spans: []model.Span{{StartMillis: iv.From.UnixMilli(), N: beginPoints + 1}}}
		ans, err := c.Query(ctx, "count(up)", grid)
		if err != nil && !errors.Is(err, ErrBadQuery) {
			return time.Time{}, err
		}
		if len(ans.Series) == 0 {
			break
		}
		first := slices.IndexFunc(ans.Series[0].Values, func(v float64) bool { return !model.IsGap(v) })
		if first <= 0 {
			break
		}
		begin = grid.Time(first)
		iv = model.Interval{From: grid.Time(first - 1), To: begin}
	}
	return begin, nil
}

var scrapeIntervalLine = regexp.MustCompile(`(?m)^ {1,4}scrape_interval: (\S+)$`)

// intervalFromConfig reads global.scrape_interval, which comes first in the configuration that the source prints. It is
// 0 when the source shows none: Thanos and Mimir have no such page.
func (c *Client) intervalFromConfig(ctx context.Context) (time.Duration, error) {
	tctx, tr := withTrace(ctx)
	res, err := c.api.Config(tctx)
	if err != nil {
		// A source that answers, though not this, is there.
		if ctx.Err() == nil && tr.status/100 == 4 {
			return 0, nil
		}
		return 0, c.fail(ctx, tr, "", err)
	}
	m := scrapeIntervalLine.FindStringSubmatch(res.YAML)
	if m == nil {
		return 0, nil
	}
	if d, err := prommodel.ParseDuration(m[1]); err == nil {
		return time.Duration(d), nil
	}
	return 0, nil
}
