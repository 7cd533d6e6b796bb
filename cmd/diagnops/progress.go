package main

import (
	"io"
	"time"

	"github.com/schollz/progressbar/v3"
)

// progress shows how far a long step is, on a terminal only. A nil *progress shows nothing.
type progress struct{ bar *progressbar.ProgressBar }

// redrawEvery keeps drawing from costing more than the work.
const redrawEvery = 65 * time.Millisecond

// newProgress returns nil when w is no terminal.
func newProgress(w io.Writer, what string) *progress {
	if _, ok := terminal(w); !ok {
		return nil
	}
	return &progress{progressbar.NewOptions(-1,
		progressbar.OptionSetWriter(w),
		progressbar.OptionSetDescription(what),
		progressbar.OptionShowCount(),
		progressbar.OptionThrottle(redrawEvery),
		progressbar.OptionClearOnFinish(),
		progressbar.OptionFullWidth(),
	)}
}

// set shows done of total. A bar that can not be drawn is no reason to stop working.
func (p *progress) set(done, total int) {
	if p == nil {
		return
	}
	if p.bar.GetMax() != total {
		p.bar.ChangeMax(total)
	}
	_ = p.bar.Set(done)
}

// finish takes the bar away.
func (p *progress) finish() {
	if p != nil {
		_ = p.bar.Finish()
	}
}

// clear makes room for a line of text; the next change draws the bar again.
func (p *progress) clear() {
	if p != nil {
		_ = p.bar.Clear()
	}
}
