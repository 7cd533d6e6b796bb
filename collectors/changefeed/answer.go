package changefeed

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
)

// receipt is the data of an answer to what was taken.
type receipt struct {
	Added
	NoChanges []noChange `json:"no_changes,omitempty"`
}

// noChange is an event that was read and is no change.
type noChange struct {
	Line int    `json:"line,omitempty"`
	What string `json:"what"`
	Why  string `json:"why"`
}

// write answers that everything was taken.
func (a *receipt) write(w http.ResponseWriter) {
	writeJSON(w, http.StatusAccepted, map[string]any{"status": "success", "data": a})
}

// refusal is why nothing of a request was taken.
type refusal struct {
	status  int
	message string
}

func refuse(status int, format string, args ...any) *refusal {
	return &refusal{status, fmt.Sprintf(format, args...)}
}

// errorTypes are those of Prometheus' API where it has one.
var errorTypes = map[int]string{http.StatusNotFound: "not_found", http.StatusUnauthorized: "unauthorized"}

// write answers that nothing was taken, and why.
func (r *refusal) write(w http.ResponseWriter) {
	typ, ok := errorTypes[r.status]
	if !ok {
		typ = "bad_data"
	}
	if r.status == http.StatusMethodNotAllowed {
		w.Header().Set("Allow", http.MethodPost)
	}
	writeJSON(w, r.status, map[string]any{"status": "error", "errorType": typ, "error": r.message})
}

func writeJSON(w http.ResponseWriter, status int, v map[string]any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(v) // Whoever went away does not hear the answer; what was taken stays so.
}

// maxClip bounds what is said of a foreign header.
const maxClip = 100

// clip copies the beginning of a text, as valid UTF-8.
func clip(s string) string {
	if len(s) > maxClip {
		s = s[:maxClip] + "..."
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}

// Count is a counter with a label.
type Count struct {
	Label string
	N     int
}

// HandlerStats count the requests of a Handler since it was made.
type HandlerStats struct {
	Answers   []Count // by status code
	NoChanges int     // events that are no changes
}

// tallies is what requests add to.
type tallies struct {
	mu        sync.Mutex
	answers   map[int]int
	noChanges int
}

func (t *tallies) add(got *receipt, refused *refusal) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.answers == nil {
		t.answers = map[int]int{}
	}
	if refused != nil {
		t.answers[refused.status]++
		return
	}
	t.answers[http.StatusAccepted]++
	t.noChanges += len(got.NoChanges)
}

// Stats returns the counters.
func (h *Handler) Stats() HandlerStats {
	h.stats.mu.Lock()
	defer h.stats.mu.Unlock()
	out := HandlerStats{NoChanges: h.stats.noChanges}
	for _, status := range slices.Sorted(maps.Keys(h.stats.answers)) {
		out.Answers = append(out.Answers, Count{fmt.Sprint(status), h.stats.answers[status]})
	}
	return out
}
