package remotewrite

import (
	"hash/maphash"
	"math"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/diagnops/diagnops/collectors"
	"github.com/diagnops/diagnops/engine/model"
)

// senders remembers who sends. Safe for many goroutines.
type senders struct {
	opts *Options
	seed maphash.Seed

	mu    sync.Mutex
	known *collectors.LRU[*sender]
}

// maxSenderName bounds what is remembered of a name, in bytes.
const maxSenderName = 128

func newSenders(opts *Options) *senders {
	return &senders{opts: opts, seed: maphash.MakeSeed(), known: collectors.NewLRU[*sender](opts.Senders)}
}

// of finds the sender of a request.
func (s *senders) of(r *http.Request) *sender {
	name := clip(s.name(r), maxSenderName)
	s.mu.Lock()
	defer s.mu.Unlock()
	if known, ok := s.known.Get([]byte(name)); ok {
		return known
	}
	limits, own := s.opts.LimitsFor[name]
	if !own {
		limits = s.opts.Limits
	}
	one := &sender{
		name: name, limits: limits, seed: s.seed, window: s.opts.ActiveWindow,
		bytes: newLimiter(limits.BytesPerSecond), samples: newLimiter(limits.SamplesPerSecond),
	}
	s.known.Put([]byte(name), one)
	return one
}

func (s *senders) name(r *http.Request) string {
	if s.opts.SenderHeader != "" {
		if name := r.Header.Get(s.opts.SenderHeader); name != "" {
			return name
		}
	}
	if user, _, ok := r.BasicAuth(); ok && user != "" {
		return user
	}
	if host, _, err := net.SplitHostPort(r.RemoteAddr); err == nil {
		return host
	}
	return r.RemoteAddr
}

// stats lists the senders remembered, by name.
func (s *senders) stats() []SenderStats {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]SenderStats, 0, s.known.Len())
	for one := range s.known.All() {
		out = append(out, one.stats())
	}
	slices.SortFunc(out, func(a, b SenderStats) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// sender is one of them, with what is left of its limits.
type sender struct {
	name           string
	limits         Limits
	bytes, samples *rate.Limiter // nil = no limit
	seed           maphash.Seed
	window         time.Duration

	mu       sync.Mutex
	inFlight int
	count    SenderStats
	// Hashes of the series active in this window and in the one before; a series in both is in active alone.
	active, before map[uint64]struct{}
	windowEnd      time.Time
	key            []byte // scratch
}

func newLimiter(perSecond float64) *rate.Limiter {
	if perSecond == 0 {
		return nil
	}
	return rate.NewLimiter(rate.Limit(perSecond), int(math.Ceil(min(perSecond, math.MaxInt32))))
}

// take takes n tokens, or all there can be if that is less; without them it says when they will be there.
func take(l *rate.Limiter, now time.Time, n int) (wait time.Duration) {
	if l == nil {
		return 0
	}
	r := l.ReserveN(now, min(n, l.Burst()))
	if wait = r.DelayFrom(now); wait > 0 {
		r.CancelAt(now)
	}
	return wait
}

// enter counts a request in; leave must follow when it may.
func (s *sender) enter() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.limits.InFlight > 0 && s.inFlight >= s.limits.InFlight {
		return false
	}
	s.inFlight++
	return true
}

func (s *sender) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.inFlight--
}

// admit takes the series over the sender's limit out of the batch.
func (s *sender) admit(now time.Time, b *model.Batch, refuse *refusals) {
	if s.limits.ActiveSeries == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.turn(now)
	b.Series = slices.DeleteFunc(b.Series, func(one model.BatchSeries) bool {
		s.key = collectors.AppendKey(s.key[:0], one.Labels)
		h := maphash.Bytes(s.seed, s.key)
		if _, ok := s.active[h]; ok {
			return false
		}
		if _, ok := s.before[h]; ok {
			delete(s.before, h)
		} else if len(s.active)+len(s.before) >= s.limits.ActiveSeries {
			refuse.add(overSeries, one.N, one.Labels)
			return true
		}
		s.active[h] = struct{}{}
		return false
	})
}

// turn forgets series that had no point for a window.
func (s *sender) turn(now time.Time) {
	switch {
	case s.active == nil || now.Sub(s.windowEnd) >= s.window:
		s.active, s.before = map[uint64]struct{}{}, nil
	case now.Before(s.windowEnd):
		return
	default:
		s.active, s.before = map[uint64]struct{}{}, s.active
	}
	s.windowEnd = now.Add(s.window)
}

func (s *sender) answered(status int, seen counts) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.count.Requests++
	if status >= http.StatusBadRequest {
		s.count.Refused++
	}
	s.count.Samples += uint64(seen.Samples)
	s.count.Histograms += uint64(seen.Histograms)
}

func (s *sender) stats() SenderStats {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := s.count
	out.Name, out.ActiveSeries = s.name, len(s.active)+len(s.before)
	return out
}
