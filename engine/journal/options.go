package journal

import (
	"errors"
	"fmt"
	"time"
)

const (
	// DefaultMaxBytes holds a window of 20 minutes of a million series at 5 s, at the 10 bytes a sample that floats take.
	DefaultMaxBytes = 4 << 30
	// DefaultMaxSeries is twice the default budget of a window: as many again may come and go in one segment.
	DefaultMaxSeries = 200_000
	// DefaultMaxPending is what 200,000 samples a second put into five seconds, 24 MB. Two of them are held while one is
	// being written.
	DefaultMaxPending = 1 << 20

	minMaxBytes   = 1 << 20
	maxMaxSeries  = 1 << 30
	maxMaxPending = 1 << 26
	minWindow     = time.Second
)

// Options bound a Journal. Dir and Window must be given; other zero fields take the defaults.
type Options struct {
	// Dir is the directory of the segments; it is made when there is none.
	Dir string
	// Window is how far back samples are worth keeping: as far as the window in memory.
	Window time.Duration
	// MaxBytes is how much the segments may take, before the oldest goes. It is exceeded by one write at most, and by the
	// eighth part that the newest segment takes.
	MaxBytes int64
	// MaxSeries is how many series a segment names. Samples of others are counted as lost to the journal.
	MaxSeries int
	// MaxPending is how many samples wait to be written. What comes beyond is counted as lost to the journal.
	MaxPending int
}

func (o Options) withDefaults() Options {
	if o.MaxBytes == 0 {
		o.MaxBytes = DefaultMaxBytes
	}
	if o.MaxSeries == 0 {
		o.MaxSeries = DefaultMaxSeries
	}
	if o.MaxPending == 0 {
		o.MaxPending = DefaultMaxPending
	}
	return o
}

// Validate lists everything that is wrong with the options.
func (o Options) Validate() error {
	o = o.withDefaults()
	var errs []error
	if o.Dir == "" {
		errs = append(errs, errors.New("dir () must be given"))
	}
	if o.Window < minWindow {
		errs = append(errs, fmt.Errorf("window (%s) must be at least %s", o.Window, minWindow))
	}
	if o.MaxBytes < minMaxBytes {
		errs = append(errs, fmt.Errorf("max bytes (%d) must be at least %d", o.MaxBytes, minMaxBytes))
	}
	if o.MaxSeries < 1 || o.MaxSeries > maxMaxSeries {
		errs = append(errs, fmt.Errorf("max series (%d) must be from 1 to %d", o.MaxSeries, maxMaxSeries))
	}
	if o.MaxPending < 1 || o.MaxPending > maxMaxPending {
		errs = append(errs, fmt.Errorf("max pending (%d) must be from 1 to %d", o.MaxPending, maxMaxPending))
	}
	return errors.Join(errs...)
}
