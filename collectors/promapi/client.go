package promapi

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/api"
	v1 "github.com/prometheus/client_golang/api/prometheus/v1"
	"github.com/prometheus/common/config"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/diagnops/diagnops/engine/model"
)

// Client asks one source. It is safe for concurrent use.
type Client struct {
	opts      Options
	extra     []*labels.Matcher
	where     string // the source in messages
	api       v1.API
	transport *transport
	metrics   metrics

	mode    atomic.Int32  // lookbackMode, once known
	probing chan struct{} // held by who finds it out
}

// New checks the options and builds a client; it asks nothing yet.
func New(opts Options) (*Client, error) {
	if err := opts.Validate(); err != nil {
		return nil, fmt.Errorf("prometheus source: %w", err)
	}
	opts = opts.withDefaults()
	extra, err := parseExtra(opts.ExtraSelector)
	if err != nil {
		return nil, fmt.Errorf("prometheus source: %w", err)
	}
	c := &Client{opts: opts, extra: extra, where: redacted(opts.URL), probing: make(chan struct{}, 1)}
	if c.transport, err = newTransport(opts, &c.metrics); err != nil {
		return nil, fmt.Errorf("prometheus source: %w", err)
	}
	if err := c.metrics.register(opts.Registerer); err != nil {
		return nil, fmt.Errorf("registering counters: %w", err)
	}
	c.api = v1.NewAPI(c.transport)
	return c, nil
}

func newTransport(opts Options, m *metrics) (*transport, error) {
	urls, err := api.NewClient(api.Config{Address: opts.URL})
	if err != nil {
		return nil, err
	}
	u, err := url.Parse(opts.URL)
	if err != nil {
		return nil, err
	}
	hc, err := config.NewClientFromConfig(*opts.HTTPClientConfig, "diagnops", config.WithUserAgent("diagnops"))
	if err != nil {
		return nil, fmt.Errorf("building the HTTP client: %w", err)
	}
	if opts.HTTPClientConfig.FollowRedirects {
		hc.CheckRedirect = checkRedirect
	}
	headers := make(http.Header, len(opts.Headers)+1)
	for n, v := range opts.Headers {
		headers.Set(n, v)
	}
	if opts.Tenant != "" {
		headers.Set(tenantHeader, opts.Tenant)
	}
	if len(headers) > 0 {
		hc.Transport = &headerRoundTripper{next: hc.Transport, headers: headers, host: u.Host}
	}
	p := &pacer{}
	if opts.MaxRate > 0 {
		p.interval = time.Duration(float64(time.Second) / opts.MaxRate)
	}
	return &transport{
		urls: urls, http: hc,
		inFlight: make(chan struct{}, opts.Concurrency), pace: p,
		backoff: newBackoff(opts.BackoffBase, opts.BackoffMax, opts.Seed),
		retries: opts.Retries, timeout: opts.Timeout, maxBytes: maxResponseBytes, metrics: m,
		now: time.Now, sleep: sleep,
	}, nil
}

// Close drops idle connections. The client stays usable.
func (c *Client) Close() { c.transport.http.CloseIdleConnections() }

// Stats are the client's counters so far.
func (c *Client) Stats() Stats { return c.metrics.stats() }

// URL is the source's address, without a password.
func (c *Client) URL() string { return c.where }

// MetricNames lists, sorted, the names of the metrics that have a series with all of the selector's labels in the
// interval. An empty selector means every series; an open end of the interval is left to the source.
func (c *Client) MetricNames(ctx context.Context, selector map[string]string, iv model.Interval) ([]string, error) {
	match, err := matchParam(selector, c.extra)
	if err != nil {
		return nil, err
	}
	tctx, tr := withTrace(ctx)
	values, _, err := c.api.LabelValues(tctx, model.MetricName, match, iv.From, iv.To)
	if err != nil {
		return nil, c.fail(ctx, tr, "", fmt.Errorf("listing metric names: %w", err))
	}
	names := make([]string, 0, len(values))
	for _, v := range values {
		names = append(names, string(v))
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}
