package promapi

import (
	"context"
	"math/rand/v2"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// maxRetryAfter is the longest that a source may ask us to wait before we say that it cannot be reached: somebody is
// waiting for the answer.
const maxRetryAfter = 2 * time.Minute

// pacer spaces requests: one every interval, and none before a time the source asked for.
type pacer struct {
	interval time.Duration // 0 = as fast as they come

	mu   sync.Mutex
	next time.Time
}

// slot takes the next free start time, not before now.
func (p *pacer) slot(now time.Time) time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	at := now
	if p.next.After(now) {
		at = p.next
	}
	if p.interval > 0 {
		p.next = at.Add(p.interval)
	}
	return at
}

// hold lets nothing start before t.
func (p *pacer) hold(t time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if t.After(p.next) {
		p.next = t
	}
}

// backoff computes the pauses between attempts.
type backoff struct {
	base, max time.Duration

	mu  sync.Mutex
	rng *rand.Rand
}

func newBackoff(base, limit time.Duration, seed uint64) *backoff {
	if seed == 0 {
		seed = rand.Uint64()
	}
	return &backoff{base: base, max: limit, rng: rand.New(rand.NewPCG(seed, seed))}
}

// pause is the wait after the given attempt (0 = the first): half of the exponential step fixed, half at random, so that
// it never is next to nothing and callers still do not come back together.
func (b *backoff) pause(attempt int) time.Duration {
	d := b.max
	if attempt < 32 && b.base<<attempt > 0 {
		d = min(d, b.base<<attempt)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return d/2 + time.Duration(b.rng.Int64N(int64(d/2)+1))
}

// retryAfter reads the header in both of its forms (RFC 9110, section 10.2.3); 0 when there is none.
func retryAfter(resp *http.Response, now time.Time) time.Duration {
	if resp == nil {
		return 0
	}
	v := resp.Header.Get("Retry-After")
	if s, err := strconv.ParseUint(v, 10, 31); err == nil {
		return time.Duration(s) * time.Second
	}
	if t, err := http.ParseTime(v); err == nil {
		return max(t.Sub(now), 0)
	}
	return 0
}

// sleep waits for d or until ctx ends.
func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
