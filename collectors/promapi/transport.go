package promapi

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/prometheus/client_golang/api"
)

// maxResponseBytes bounds one answer after decompression: 10,000 points of 1,000 series are about 250 MB of JSON, and
// beyond that the question is wrong, not the bound.
const maxResponseBytes = 256 << 20

const tenantHeader = "X-Scope-OrgID"

// transport is an api.Client (the interface under the v1 API) with bounds, retries and counters.
type transport struct {
	urls api.Client // builds addresses only
	http *http.Client

	inFlight chan struct{}
	pace     *pacer
	backoff  *backoff
	retries  int
	timeout  time.Duration
	maxBytes int64 // of one answer
	metrics  *metrics

	// Time, for tests to replace.
	now   func() time.Time
	sleep func(context.Context, time.Duration) error
}

// trace collects what the v1 API does not hand through. One belongs to one call and is not shared.
type trace struct {
	maxBytes int64 // of the answer, when it is to be less than the transport's; 0 = not told

	attempts int
	status   int
	bytes    int // of the last answer
	infos    []string
}

type traceKey struct{}

func withTrace(ctx context.Context) (context.Context, *trace) {
	tr := &trace{}
	return context.WithValue(ctx, traceKey{}, tr), tr
}

// URL implements api.Client.
func (t *transport) URL(ep string, args map[string]string) *url.URL { return t.urls.URL(ep, args) }

// Do implements api.Client: it asks until there is an answer that is not of passing failure, or no attempt is left.
func (t *transport) Do(ctx context.Context, req *http.Request) (*http.Response, []byte, error) {
	tr, ok := ctx.Value(traceKey{}).(*trace)
	if !ok {
		tr = &trace{}
	}
	for attempt := 0; ; attempt++ {
		if attempt > 0 {
			t.metrics.retries.Add(1)
		}
		resp, body, err := t.once(ctx, req, t.bound(tr))
		// Not attempt+1: the v1 API asks again by GET where a POST is refused.
		tr.attempts++
		tr.status, tr.bytes = 0, len(body)
		if resp != nil {
			tr.status = resp.StatusCode
		}
		if ctx.Err() != nil || attempt >= t.retries || !passing(resp, err) {
			t.keepInfos(tr, body)
			return resp, body, err
		}
		asked := retryAfter(resp, t.now())
		if asked > maxRetryAfter {
			return nil, nil, &finalError{msg: fmt.Sprintf("the source asks to come back in %s", asked)}
		}
		if asked > 0 {
			t.pace.hold(t.now().Add(asked))
		}
		if err := t.sleep(ctx, max(asked, t.backoff.pause(attempt))); err != nil {
			return nil, nil, err
		}
	}
}

// bound is how many bytes the answer may have.
func (t *transport) bound(tr *trace) int64 {
	if tr.maxBytes > 0 {
		return min(tr.maxBytes, t.maxBytes)
	}
	return t.maxBytes
}

// once makes one attempt, when it is its turn.
func (t *transport) once(ctx context.Context, req *http.Request, maxBytes int64) (resp *http.Response, body []byte, err error) {
	select {
	case <-ctx.Done():
		return nil, nil, ctx.Err()
	case t.inFlight <- struct{}{}:
	}
	defer func() { <-t.inFlight }()
	now := t.now()
	if err := t.sleep(ctx, t.pace.slot(now).Sub(now)); err != nil {
		return nil, nil, err
	}
	attemptCtx, cancel := context.WithTimeout(ctx, t.timeout)
	defer cancel()

	t.metrics.requests.Add(1)
	defer func() {
		if err != nil || resp.StatusCode/100 != 2 {
			t.metrics.failures.Add(1)
		}
	}()
	resp, body, err = t.exchange(attemptCtx, req, maxBytes)
	if err != nil && ctx.Err() == nil && attemptCtx.Err() != nil {
		return nil, nil, fmt.Errorf("no answer within %s: %w", t.timeout, attemptCtx.Err())
	}
	return resp, body, err
}

func (t *transport) exchange(ctx context.Context, req *http.Request, maxBytes int64) (*http.Response, []byte, error) {
	r := req.Clone(ctx)
	if req.GetBody != nil {
		body, err := req.GetBody()
		if err != nil {
			return nil, nil, &finalError{msg: err.Error()}
		}
		r.Body = body
	}
	r.Header.Set("Accept-Encoding", "gzip")
	resp, err := t.http.Do(r)
	if err != nil {
		return nil, nil, err
	}
	body, err := readBody(resp, maxBytes)
	// All that matters is read, or given up.
	_ = resp.Body.Close()
	t.metrics.bytes.Add(uint64(len(body)))
	if err != nil {
		return nil, nil, err
	}
	return resp, body, nil
}

// readBody undoes the compression itself: prometheus/common's transport has it switched off, and the bound must hold
// for what comes out.
func readBody(resp *http.Response, maxBytes int64) ([]byte, error) {
	var in io.Reader = resp.Body
	if strings.EqualFold(resp.Header.Get("Content-Encoding"), "gzip") {
		z, err := gzip.NewReader(resp.Body)
		if err != nil {
			return nil, fmt.Errorf("reading the answer: %w", err)
		}
		in = z
	}
	body, err := io.ReadAll(io.LimitReader(in, maxBytes+1))
	if err != nil {
		return nil, fmt.Errorf("reading the answer: %w", err)
	}
	if int64(len(body)) > maxBytes {
		return nil, &finalError{msg: fmt.Sprintf("the answer is larger than %d bytes: ask for fewer series", maxBytes), tooLarge: true}
	}
	return body, nil
}

// keepInfos picks up the annotations that the v1 API leaves out. Looking for the word first saves decoding every answer
// twice.
func (t *transport) keepInfos(tr *trace, body []byte) {
	if !bytes.Contains(body, []byte(`"infos"`)) {
		return
	}
	var answer struct {
		Infos []string `json:"infos"`
	}
	if json.Unmarshal(body, &answer) == nil {
		tr.infos = append(tr.infos, answer.Infos...)
	}
}

// headerRoundTripper adds fixed headers to requests to one host.
type headerRoundTripper struct {
	next    http.RoundTripper
	headers http.Header
	host    string
}

// RoundTrip implements http.RoundTripper.
func (h *headerRoundTripper) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.URL.Host != h.host {
		return h.next.RoundTrip(req)
	}
	r := req.Clone(req.Context())
	for n, v := range h.headers {
		r.Header[n] = v
	}
	return h.next.RoundTrip(r)
}

// CloseIdleConnections passes the wish on, which http.Client.CloseIdleConnections needs.
func (h *headerRoundTripper) CloseIdleConnections() {
	if c, ok := h.next.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

// checkRedirect refuses what would lose the question (Go turns a redirected POST into a GET without its body) or carry
// credentials to another host.
func checkRedirect(req *http.Request, via []*http.Request) error {
	first := via[0]
	switch {
	case req.Method != first.Method, req.URL.Host != first.URL.Host, req.URL.Scheme != first.URL.Scheme:
		return &finalError{msg: fmt.Sprintf("it redirects to %s: give that address", req.URL.Redacted())}
	case len(via) >= maxRedirects:
		return &finalError{msg: fmt.Sprintf("it redirects more than %d times", maxRedirects)}
	}
	return nil
}

// maxRedirects is net/http's own.
const maxRedirects = 10
