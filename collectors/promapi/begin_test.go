package promapi

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/diagnops/diagnops/engine/model"
)

// TestBegin: a source that was set up some time ago begins there, to within a 3600th of the interval asked about.
func TestBegin(t *testing.T) {
	t.Parallel()
	to := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	iv := model.Interval{From: to.Add(-3 * time.Hour), To: to}
	for _, tc := range []struct {
		name    string
		since   time.Duration // before To
		latest  time.Duration // the begin found may be so much later
		queries int
	}{
		{"minutes ago", 4*time.Minute + 700*time.Millisecond, 3 * time.Second, 2},
		{"on a point of the first look", 6 * time.Minute, 3 * time.Second, 2},
		{"before the interval", 5 * time.Hour, 0, 1},
		{"never", -time.Minute, 0, 1},
	} {
		begin := to.Add(-tc.since)
		src := newSource(t, func(_ int, r request) reply {
			var vs []string
			for _, at := range r.points() {
				if at >= begin.UnixMilli() {
					vs = append(vs, fmt.Sprintf(`[%d.%03d,"3"]`, at/1000, at%1000))
				}
			}
			if len(vs) == 0 {
				return reply{body: matrix()}
			}
			return reply{body: matrix(`{"metric":{},"values":[` + strings.Join(vs, ",") + `]}`)}
		})
		c, _ := client(t, Options{URL: src.URL})
		got, err := c.Begin(t.Context(), iv)
		if err != nil {
			t.Fatalf("%s: %v", tc.name, err)
		}
		want := begin
		if tc.latest == 0 {
			want = iv.From
		}
		if late := got.Sub(want); late < 0 || late > tc.latest {
			t.Errorf("%s: begins %s, want %s or at most %s later", tc.name, got, want, tc.latest)
		}
		if n := len(src.asked()); n != tc.queries {
			t.Errorf("%s: %d queries, want %d", tc.name, n, tc.queries)
		}
	}
	gone := newSource(t, always(reply{status: 500, body: "no"}))
	c, _ := client(t, Options{URL: gone.URL})
	if _, err := c.Begin(t.Context(), iv); !errors.Is(err, ErrUnreachable) {
		t.Errorf("of a source that is broken: %v", err)
	}
}
