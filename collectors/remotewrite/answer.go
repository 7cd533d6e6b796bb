package remotewrite

import (
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/diagnops/diagnops/engine/model"
)

// answer is what became of a request.
type answer struct {
	status     int
	message    string // what was wrong with the request as a whole; "" = nothing
	retryAfter time.Duration
	version    int // of the protocol, 0 before it is known

	bytes, decodedBytes int
	seen                counts
	refuse              refusals
	taken               model.Taken
	written             counts
	late                int // points of ours that the sink was too busy for
	limited, failed     int
}

// refused ends a request that nothing was taken of.
func (a *answer) refused(status int, format string, args ...any) {
	a.status, a.message = status, fmt.Sprintf(format, args...)
}

// later ends a request that may be sent again.
func (a *answer) later(status int, after time.Duration, format string, args ...any) {
	a.refused(status, format, args...)
	a.retryAfter = after
}

// settle turns what the sink said into the status.
func (a *answer) settle() {
	t := &a.taken
	switch {
	case t.Dropped+a.late > 0:
		a.later(http.StatusServiceUnavailable, time.Second, "too busy to take %d points: send all again", t.Dropped+a.late)
	case a.refuse.total()+t.OutOfOrder+t.Conflict+t.OverBudget > 0:
		a.status = http.StatusBadRequest
	default:
		a.status = http.StatusNoContent
	}
}

const writtenHeader = "X-Prometheus-Remote-Write-"

// write sends the answer.
func (a *answer) write(w http.ResponseWriter) {
	h := w.Header()
	if a.version == 2 {
		h.Set(writtenHeader+"Samples-Written", strconv.Itoa(a.written.Samples))
		h.Set(writtenHeader+"Histograms-Written", strconv.Itoa(a.written.Histograms))
		h.Set(writtenHeader+"Exemplars-Written", strconv.Itoa(a.written.Exemplars))
	}
	if a.retryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(int(math.Ceil(a.retryAfter.Seconds()))))
	}
	if a.status == http.StatusMethodNotAllowed {
		h.Set("Allow", http.MethodPost)
	}
	if a.status == http.StatusNoContent {
		w.WriteHeader(a.status)
		return
	}
	h.Set("X-Content-Type-Options", "nosniff")
	http.Error(w, a.text(), a.status)
}

// text says what went wrong, a line each.
func (a *answer) text() string {
	var b strings.Builder
	if a.message != "" {
		b.WriteString(a.message)
		b.WriteByte('\n')
	}
	a.refuse.write(&b)
	t := &a.taken
	if t.OutOfOrder > 0 {
		fmt.Fprintf(&b, "%d refused: out of order, the series has newer points\n", t.OutOfOrder)
	}
	if t.Conflict > 0 {
		fmt.Fprintf(&b, "%d refused: the series has another value at the same time\n", t.Conflict)
	}
	if t.OverBudget > 0 {
		fmt.Fprintf(&b, "%d refused: over the budget of series\n", t.OverBudget)
		for _, ls := range t.RefusedSeries {
			fmt.Fprintf(&b, "  %s\n", clip(ls.String(), maxExample))
		}
	}
	return strings.TrimSuffix(b.String(), "\n")
}
