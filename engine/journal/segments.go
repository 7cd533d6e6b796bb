package journal

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"slices"
	"strconv"
	"time"

	"github.com/prometheus/prometheus/tsdb/wlog"

	"github.com/diagnops/diagnops/engine/model"
)

// segment is a file of the journal.
type segment struct {
	number int
	bytes  int64
	// newest is the time of the newest sample in it, Unix milliseconds, as far as it was read or written by this process:
	// unread, or math.MinInt64 when there is none.
	newest int64
}

// unread is the newest time of a segment that nobody looked into.
const unread = math.MaxInt64

// segments are files by their numbers, the oldest first.
type segments []segment

// findSegments lists the segments of a directory. Where one is missing, those after it move up: wlog insists on numbers
// without a gap, and whoever removed a damaged file must not lose the others.
func findSegments(dir string) (segments, error) {
	files, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var found segments
	for _, f := range files {
		number, err := strconv.Atoi(f.Name())
		if err != nil || number < 0 || wlog.SegmentName("", number) != f.Name() {
			continue
		}
		info, err := f.Info()
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		found = append(found, segment{number: number, bytes: info.Size(), newest: unread})
	}
	slices.SortFunc(found, func(a, b segment) int { return a.number - b.number })
	for i := 1; i < len(found); i++ {
		next := found[i-1].number + 1
		if found[i].number == next {
			continue
		}
		if err := os.Rename(wlog.SegmentName(dir, found[i].number), wlog.SegmentName(dir, next)); err != nil {
			return nil, fmt.Errorf("closing a gap of segments: %w", err)
		}
		found[i].number = next
	}
	return found, nil
}

func (s segments) bytes() int64 {
	var sum int64
	for i := range s {
		sum += s[i].bytes
	}
	return sum
}

// saw notes the times of samples in the last segment, as seen now.
func (s segments) saw(newest int64, now time.Time, window time.Duration) {
	// A sample from a far future must not keep its segment, and those after it, for ever.
	newest = min(newest, model.Millis(now.Add(window)))
	last := &s[len(s)-1]
	last.newest = max(last.newest, newest)
}

// outlived tells how many segments from the front are of no use any more: expired ones, whose samples are all older than
// the window, and then those that are one too many for maxBytes. The last one stays, it is being written.
func (s segments) outlived(now time.Time, window time.Duration, maxBytes int64) (expired, overBudget int) {
	before, sum := model.Millis(now.Add(-window)), s.bytes()
	for i := 0; i < len(s)-1; i++ {
		switch {
		case overBudget == 0 && s[i].newest < before:
			expired++
		case sum > maxBytes:
			overBudget++
		default:
			return expired, overBudget
		}
		sum -= s[i].bytes
	}
	return expired, overBudget
}
