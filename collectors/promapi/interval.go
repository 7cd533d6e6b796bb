package promapi

import (
	"context"
	"errors"
	"fmt"
	"math"
	"regexp"
	"time"

	v1 "github.com/prometheus/client_golang/api/prometheus/v1"
	prommodel "github.com/prometheus/common/model"

	"github.com/diagnops/diagnops/engine/model"
)

// FallbackScrapeInterval is Prometheus' own default, taken when the source gives no clue.
const FallbackScrapeInterval = time.Minute

// ScrapeInterval estimates how far apart the source's samples are in the interval (an open end is now): from how many
// samples the median target's "up" has in the last minutes of it, else from the source's configuration, else it is
// FallbackScrapeInterval. The error is ErrUnreachable or the context's.
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

// minUpSamples is how many samples a look must hold for their number to tell the interval to within an eighth or so.
const minUpSamples = 8

// intervalFromUp is 0 when the look holds too few samples to tell.
func (c *Client) intervalFromUp(ctx context.Context, at time.Time, look time.Duration) (time.Duration, error) {
	millis := look.Milliseconds()
	if millis <= 0 {
		return 0, nil
	}
	expr, err := rewrite(fmt.Sprintf("quantile(0.5, count_over_time(up[%dms]))", millis), c.extra, 0, 0)
	if err != nil {
		return 0, err
	}
	tctx, tr := withTrace(ctx)
	value, _, err := c.api.Query(tctx, expr, at, v1.WithTimeout(c.opts.Timeout))
	if err != nil {
		return 0, c.fail(ctx, tr, expr, err)
	}
	vec, ok := value.(prommodel.Vector)
	if !ok || len(vec) == 0 || !(float64(vec[0].Value) >= minUpSamples) {
		return 0, nil
	}
	return niceInterval(time.Duration(float64(look) / float64(vec[0].Value))), nil
}

// niceIntervals are what people configure.
var niceIntervals = []time.Duration{
	100 * time.Millisecond, 200 * time.Millisecond, 500 * time.Millisecond,
	time.Second, 2 * time.Second, 3 * time.Second, 5 * time.Second, 10 * time.Second, 15 * time.Second,
	20 * time.Second, 30 * time.Second, time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute,
	15 * time.Minute, 30 * time.Minute, time.Hour,
}

// niceInterval rounds an estimate to the nearest usual interval when it is within an eighth of it, else to a tenth of a
// second. Counting n samples is off by at most one, which at minUpSamples is an eighth.
func niceInterval(d time.Duration) time.Duration {
	best, off := d.Round(100*time.Millisecond), 0.125
	for _, n := range niceIntervals {
		if o := math.Abs(float64(d)/float64(n) - 1); o <= off {
			best, off = n, o
		}
	}
	return max(best, 100*time.Millisecond)
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
	d, err := prommodel.ParseDuration(m[1])
	if err != nil {
		return 0, nil
	}
	return time.Duration(d), nil
}
