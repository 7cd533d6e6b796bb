package promapi

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	prommodel "github.com/prometheus/common/model"

	"github.com/diagnops/diagnops/collectors/promapi/promtest"
	"github.com/diagnops/diagnops/engine/model"
)

const (
	pollFor      = 20 * time.Second
	away         = 3 * time.Second // how long the server is stopped in the midst of it
	seriesServed = 500
)

// counting serves metrics the value of each of which is how often they were read.
func counting(t *testing.T) (address string) {
	t.Helper()
	var reads atomic.Int64
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		n := reads.Add(1)
		for i := range seriesServed {
			fmt.Fprintf(w, "counting_%d{of=\"series %d, of which there are many\"} %d\n", i%20, i, n)
		}
	}))
	t.Cleanup(s.Close)
	return s.Listener.Addr().String()
}

// TestEndToEndPolling: a real Prometheus scrapes, is away for a while and comes back; what it has then was passed on, all of
// it, once, by its own count.
func TestEndToEndPolling(t *testing.T) {
	duration := promtest.Soak(t, pollFor)
	scrape := fmt.Sprintf("global: {scrape_interval: 1s, scrape_timeout: 1s}\nscrape_configs: [{job_name: web, static_configs: [{targets: [%q, %q]}]}]\n",
		counting(t), counting(t))
	server := promtest.StartWith(t, scrape)
	time.Sleep(3 * time.Second) // a past to be filled from

	c, err := New(Options{URL: server.URL(), Retries: -1, BackoffMax: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	k := newTaker()
	p, err := c.NewPoller(k, PollOptions{
		Matchers: []string{`{__name__=~"counting_.*"}`, "up", "scrape_duration_seconds"}, Overlap: 5 * time.Second, MaxAnswerBytes: 1 << 20,
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Fill(t.Context(), model.Interval{From: time.Now().Add(-time.Hour), To: time.Now()}); err != nil {
		t.Fatal(err)
	}
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	done := make(chan struct{})
	ticks := make(chan time.Time, 1)
	go func() {
		defer close(done)
		p.Run(t.Context(), ticks)
	}()
	tick := func(d time.Duration) {
		for end := time.Now().Add(d); time.Now().Before(end); {
			ticks <- <-ticker.C
		}
	}
	tick(duration / 2)
	server.Stop()
	tick(away)
	server.Restart(t)
	tick(duration / 2)
	server.Reload(t, "") // no more scrapes
	tick(8 * time.Second)
	close(ticks)
	<-done

	st := p.Stats()
	onlyAppended(t, st)
	value, err := c.instant(t.Context(), `sum(count_over_time({__name__=~"counting_.*"}[2h])) + sum(count_over_time(up[2h])) + sum(count_over_time(scrape_duration_seconds[2h]))`, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	counted := int(value.(prommodel.Vector)[0].Value)
	t.Logf("it has %d samples; %+v", counted, st)
	if st.Taken.Appended != counted || st.Failed == 0 || st.Unread != 0 || len(k.points) != 2*(seriesServed+2) {
		t.Errorf("it has %d samples of %d series; %+v", counted, len(k.points), st)
	}
	if least := int(duration.Seconds()) * 2 * seriesServed / 2; counted < least {
		t.Errorf("%d samples came in %s, want at least %d", counted, duration, least)
	}
}
