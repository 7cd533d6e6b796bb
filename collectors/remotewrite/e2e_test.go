package remotewrite

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/exp/api/remote"
	"github.com/prometheus/common/expfmt"
	commonmodel "github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/diagnops/diagnops/collectors/promapi/promtest"
	"github.com/diagnops/diagnops/engine/model"
	"github.com/diagnops/diagnops/engine/window"
)

const (
	sendFor      = 15 * time.Second
	drainWithin  = time.Minute
	seriesServed = 500
)

// counting serves metrics the value of each of which is how often they were read, so that a lost sample shows as a gap.
func counting(t *testing.T) (address string) {
	t.Helper()
	var reads atomic.Int64
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		n := reads.Add(1)
		for i := range seriesServed {
			fmt.Fprintf(w, "counting{of=\"series %d, of which there are many\"} %d\n", i, n)
		}
	}))
	t.Cleanup(s.Close)
	return s.Listener.Addr().String()
}

// TestEndToEndPrometheusSends: a real Prometheus scrapes and sends into a live window; nothing is lost, by its count, by
// ours, and by what is to be read in the window.
func TestEndToEndPrometheusSends(t *testing.T) {
	duration := promtest.Soak(t, sendFor)
	kept := live(t, window.Options{SamplesPerSeries: int((duration + drainWithin).Seconds())})
	h := newHandler(t, kept, Options{Now: time.Now})
	receiver := httptest.NewServer(h)
	t.Cleanup(receiver.Close)
	send := fmt.Sprintf("global: {scrape_interval: 1s, scrape_timeout: 1s}\nremote_write: [{url: %q, queue_config: {batch_send_deadline: 1s}}]\n",
		receiver.URL+"/api/v1/write")
	p := promtest.StartWith(t, send+fmt.Sprintf("scrape_configs: [{job_name: web, static_configs: [{targets: [%q, %q]}]}]\n", counting(t), counting(t)))
	time.Sleep(duration)
	p.Reload(t, send) // no more scrapes; what is under way goes on
	m := drained(t, p)

	s := h.Stats()
	t.Logf("sent %v, received %d in %d requests of %d bytes", m["samples_total"], s.Samples, s.Senders[0].Requests, s.Bytes)
	if lost := m["samples_dropped_total"] + m["samples_failed_total"]; lost != 0 {
		t.Errorf("the sender lost %v samples", lost)
	}
	if uint64(m["samples_total"]) != s.Samples || s.Samples != s.Taken.Appended+s.Taken.Duplicate || s.Taken.Duplicate > uint64(m["samples_retried_total"]) {
		t.Errorf("sent %v, retried %v, received %d, taken %+v", m["samples_total"], m["samples_retried_total"], s.Samples, s.Taken)
	}
	if held := kept.Stats().Taken; uint64(held.Appended) != s.Taken.Appended {
		t.Errorf("the window took %+v", held)
	}
	if len(s.Answers) != 1 || s.Answers[0].Label != "204" {
		t.Errorf("answers %v", s.Answers)
	}
	if least := uint64(duration.Seconds()) * 2 * seriesServed / 2; s.Samples < least {
		t.Errorf("%d samples came in %s, want at least %d", s.Samples, duration, least)
	}
	checkGapless(t, kept)
}

// checkGapless looks at every counting series: each value is the one before and one.
func checkGapless(t *testing.T, kept *window.Live) {
	t.Helper()
	counted := 0
	last := map[string]float64{} // by target, of the first series looked at
	for _, s := range kept.Select(labels.MustNewMatcher(labels.MatchEqual, model.MetricName, "counting")) {
		counted++
		first, end := s.Bounds()
		ts, vs := make([]int64, end-first), make([]float64, end-first)
		n, _ := s.Since(first, ts, vs)
		vs = vs[:n]
		if n > 0 && model.IsStale(vs[n-1]) {
			vs = vs[:n-1]
		}
		if len(vs) == 0 {
			t.Fatalf("%s has no points", s.Labels())
		}
		for i := 1; i < len(vs); i++ {
			if vs[i] != vs[i-1]+1 {
				t.Fatalf("%s goes from %v to %v at %d", s.Labels(), vs[i-1], vs[i], ts[i])
			}
		}
		target := s.Labels().Get("instance")
		if end, ok := last[target]; ok && end != vs[len(vs)-1] {
			t.Errorf("%s ends at %v, another of its target at %v", s.Labels(), vs[len(vs)-1], end)
		}
		last[target] = vs[len(vs)-1]
	}
	if counted != 2*seriesServed {
		t.Errorf("%d series of %d", counted, 2*seriesServed)
	}
}

// drained waits until the server has sent all that it read, and returns its counters of remote storage by the end of
// their names.
func drained(t *testing.T, p *promtest.Server) map[string]float64 {
	t.Helper()
	client := &http.Client{Timeout: 10 * time.Second}
	defer client.CloseIdleConnections()
	var before float64
	for deadline := time.Now().Add(drainWithin); time.Now().Before(deadline); time.Sleep(2 * time.Second) {
		m, err := remoteCounters(client, p.URL())
		if err != nil {
			t.Fatal(err)
		}
		if total := m["samples_total"]; m["samples_pending"] == 0 && m["samples_in_total"] == total+m["samples_dropped_total"] && total == before {
			return m
		}
		before = m["samples_total"]
	}
	t.Fatalf("the sender did not come to an end within %s", drainWithin)
	return nil
}

func remoteCounters(client *http.Client, url string) (map[string]float64, error) {
	resp, err := client.Get(url + "/metrics")
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	parser := expfmt.NewTextParser(commonmodel.UTF8Validation)
	families, err := parser.TextToMetricFamilies(resp.Body)
	if err != nil {
		return nil, err
	}
	out := map[string]float64{}
	for name, family := range families {
		if rest, ok := strings.CutPrefix(name, "prometheus_remote_storage_"); ok {
			for _, one := range family.Metric {
				out[rest] += one.GetCounter().GetValue() + one.GetGauge().GetValue()
			}
		}
	}
	return out, nil
}

// TestSenderOf2_0: the client library for senders that speak 2.0 understands the answers.
func TestSenderOf2_0(t *testing.T) {
	t.Parallel()
	kept := newStore()
	receiver := httptest.NewServer(newHandler(t, kept, Options{}))
	defer receiver.Close()
	httpClient := &http.Client{Timeout: 10 * time.Second}
	defer httpClient.CloseIdleConnections()
	api, err := remote.NewAPI(receiver.URL, remote.WithAPIHTTPClient(httpClient))
	if err != nil {
		t.Fatal(err)
	}
	send := func(series ...sent) (remote.WriteResponseStats, error) {
		return api.Write(t.Context(), remote.WriteV2MessageType, messageOf(series...))
	}
	got, err := send(one(lb("__name__", "x"), 0, 1), native(lb("__name__", "h"), 0, exponential(1)))
	if err != nil || got.Samples != 1 || got.Histograms != 1 || got.NoDataWritten() {
		t.Errorf("%+v %v", got, err)
	}
	got, err = send(one(lb("__name__", "x"), 1, 1), one(lb("job", "nameless"), 1, 1))
	if err == nil || got.Samples != 1 || !strings.Contains(err.Error(), "must have a metric's name") {
		t.Errorf("in part: %+v %v", got, err)
	}
	var busy atomic.Bool
	kept.meddle = func(taken *model.Taken) (bool, error) {
		if busy.Swap(true) {
			return false, nil
		}
		taken.Dropped = 1
		return true, nil
	}
	if got, err = send(one(lb("__name__", "x"), 2, 1)); err != nil || got.Samples != 1 || !busy.Load() {
		t.Errorf("too busy at first: %+v %v", got, err)
	}
}
