package promapi

import (
	"errors"
	"fmt"
	"time"
)

// What the poll options are when they are not given.
const (
	// DefaultOverlap is how long a sample may take to be seen: a scrape of Prometheus' usual timeout (10 s), the evaluation
	// of a recording rule, and clocks that differ.
	DefaultOverlap = 30 * time.Second
	// DefaultBackfill is as long as a window of one's recent past usually is.
	DefaultBackfill = time.Hour
	// DefaultMaxAnswerBytes is some 600,000 samples in long series, or 100,000 series of a few samples each.
	DefaultMaxAnswerBytes = 32 << 20
	// DefaultPollHistograms is as many series of native histograms as remote-write remembers.
	DefaultPollHistograms = 5000
)

// PollOptions say what a Poller fetches. The zero value of every field but Matchers is a sound default.
type PollOptions struct {
	// Matchers select the wanted series, as match[] does: http_requests_total, {__name__=~"a|b",job="web"}. Several are
	// their union. Names are asked for together where the other labels wanted are the same.
	Matchers []string
	// Overlap is how much that was asked for before is asked for again, because a sample is seen later than its time
	// says: at least the scrape timeout. Samples that differ in lateness by more than that are lost.
	Overlap time.Duration
	// Backfill bounds how much of the past a poll asks for after the source could not be reached, or was silent.
	Backfill time.Duration
	// MaxAnswerBytes bounds an answer after decompression; what is larger is asked for in parts. While it is read it takes
	// about four times as much memory, for each of the client's Options.Concurrency.
	MaxAnswerBytes int
	// Histograms bounds how many series of native histograms are remembered.
	Histograms int
	// OnError is told why a round of Run failed; nil means nobody is.
	OnError func(error)
}

func (o PollOptions) withDefaults() PollOptions {
	if o.Overlap == 0 {
		o.Overlap = DefaultOverlap
	}
	if o.Backfill == 0 {
		o.Backfill = max(DefaultBackfill, o.Overlap)
	}
	if o.MaxAnswerBytes == 0 {
		o.MaxAnswerBytes = DefaultMaxAnswerBytes
	}
	if o.Histograms == 0 {
		o.Histograms = DefaultPollHistograms
	}
	return o
}

// Validate lists every problem, joined, each as "field (value) must be rule".
func (o PollOptions) Validate() error {
	o = o.withDefaults()
	var errs []error
	must := func(ok bool, field string, value any, rule string) {
		if !ok {
			errs = append(errs, fmt.Errorf("%s (%v) must be %s", field, value, rule))
		}
	}
	must(len(o.Matchers) > 0, "matchers", o.Matchers, "at least one selector")
	for _, m := range o.Matchers {
		_, err := parseSelector(m)
		must(err == nil, "matchers", m, "a selector of series, such as http_requests_total{job=\"web\"}")
	}
	must(o.Overlap >= time.Millisecond, "overlap", o.Overlap, "at least 1ms")
	must(o.Backfill >= o.Overlap, "backfill", o.Backfill, "at least the overlap")
	must(o.MaxAnswerBytes > 0 && int64(o.MaxAnswerBytes) <= maxResponseBytes, "max_answer_bytes", o.MaxAnswerBytes,
		fmt.Sprintf("1 to %d", maxResponseBytes))
	must(o.Histograms > 0, "histograms", o.Histograms, "more than 0")
	return errors.Join(errs...)
}
