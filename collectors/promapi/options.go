package promapi

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/config"
)

// What the options are when they are not given.
const (
	DefaultConcurrency = 4
	// DefaultMaxPoints stays below the 11,000 points a series that Prometheus allows in one range query.
	DefaultMaxPoints   = 10_000
	DefaultTimeout     = time.Minute
	DefaultRetries     = 3
	DefaultBackoffBase = 250 * time.Millisecond
	DefaultBackoffMax  = 10 * time.Second

	// hardMaxPoints is Prometheus' own limit (web/api/v1: "exceeded maximum resolution of 11,000 points per timeseries").
	hardMaxPoints = 11_000
	// maxConcurrency keeps a slip of the pen from becoming an attack on the source.
	maxConcurrency = 256
	// maxRetries with the default back-off is more than ten minutes of trying.
	maxRetries = 64
)

// Options say whom to ask and how hard. The zero value of every field but URL is a sound default.
type Options struct {
	// URL is the source's address with any path prefix, such as http://thanos:9090 or http://mimir/prometheus. What is
	// in its query string goes into every request (Thanos: ?dedup=true&partial_response=true).
	URL string
	// HTTPClientConfig is all of Prometheus' client configuration: basic auth, bearer token, OAuth2, TLS, proxy. Nil means
	// no authentication, and the proxy of the environment.
	HTTPClientConfig *config.HTTPClientConfig
	// Headers go into every request.
	Headers map[string]string
	// Tenant is sent as X-Scope-OrgID (Mimir, Cortex, Loki); "" sends none.
	Tenant string
	// ExtraSelector is put into every vector selector of every query, and into every match[]: {cluster="eu"}.
	ExtraSelector string
	// Lookback is how old a sample may be and still count as a current value; 0 leaves it to the source (5 minutes in
	// Prometheus). A source that does not take the parameter is asked by last_over_time instead, and the answers say so.
	Lookback time.Duration
	// Concurrency bounds the requests in flight, over all callers of the client.
	Concurrency int
	// MaxRate bounds the requests started in a second, over all callers; 0 means no bound.
	MaxRate float64
	// MaxPoints bounds the points a series of one request.
	MaxPoints int
	// Timeout bounds one attempt of one request; the source is told, so that it gives up as well.
	Timeout time.Duration
	// Retries is how often a request that failed for a passing reason is made again; negative means never.
	Retries int
	// BackoffBase and BackoffMax bound the pause before a retry: base, 2*base, 4*base, ... up to max, each with jitter.
	BackoffBase, BackoffMax time.Duration
	// Seed seeds the jitter; 0 draws one, so that several clients of one source do not retry in step.
	Seed uint64
	// Registerer takes the client's counters; nil means nobody does.
	Registerer prometheus.Registerer
}

func (o Options) withDefaults() Options {
	def := func(v *time.Duration, d time.Duration) {
		if *v == 0 {
			*v = d
		}
	}
	def(&o.Timeout, DefaultTimeout)
	def(&o.BackoffBase, DefaultBackoffBase)
	def(&o.BackoffMax, max(DefaultBackoffMax, o.BackoffBase))
	if o.Concurrency == 0 {
		o.Concurrency = DefaultConcurrency
	}
	if o.MaxPoints == 0 {
		o.MaxPoints = DefaultMaxPoints
	}
	if o.Retries == 0 {
		o.Retries = DefaultRetries
	}
	o.Retries = max(o.Retries, 0)
	if o.HTTPClientConfig == nil {
		c := config.DefaultHTTPClientConfig
		c.ProxyFromEnvironment = true
		o.HTTPClientConfig = &c
	}
	return o
}

// Validate lists every problem, joined, each as "field (value) must be rule".
func (o Options) Validate() error {
	o = o.withDefaults()
	var errs []error
	must := func(ok bool, field string, value any, rule string) {
		if !ok {
			errs = append(errs, fmt.Errorf("%s (%v) must be %s", field, value, rule))
		}
	}
	must(validURL(o.URL), "url", redacted(o.URL), "an http or https address with a host")
	_, selErr := parseExtra(o.ExtraSelector)
	must(selErr == nil, "extra_selector", o.ExtraSelector, `a selector without a metric name, such as {cluster="eu"}`)
	must(o.Lookback >= 0, "lookback", o.Lookback, "0 or more")
	must(o.Concurrency > 0 && o.Concurrency <= maxConcurrency, "concurrency", o.Concurrency,
		fmt.Sprintf("1 to %d", maxConcurrency))
	must(o.MaxRate >= 0, "max_rate", o.MaxRate, "0 or more requests a second")
	must(o.MaxPoints > 0 && o.MaxPoints < hardMaxPoints, "max_points", o.MaxPoints,
		fmt.Sprintf("1 to %d", hardMaxPoints-1))
	must(o.Timeout > 0, "timeout", o.Timeout, "more than 0")
	must(o.Retries <= maxRetries, "retries", o.Retries, fmt.Sprintf("at most %d", maxRetries))
	must(o.BackoffBase > 0, "backoff_base", o.BackoffBase, "more than 0")
	must(o.BackoffMax >= o.BackoffBase, "backoff_max", o.BackoffMax, "at least backoff_base")
	must(validHeaderValue(o.Tenant), "tenant", o.Tenant, "printable text")
	errs = append(errs, o.checkHeaders()...)
	if err := o.HTTPClientConfig.Validate(); err != nil {
		errs = append(errs, fmt.Errorf("http_client_config must be consistent: %w", err))
	}
	errs = append(errs, checkSecretFiles(o.HTTPClientConfig)...)
	return errors.Join(errs...)
}

// reservedHeaders are set by the protocol or by options of their own.
var reservedHeaders = []string{
	"accept-encoding", "authorization", "connection", "content-encoding", "content-length", "content-type", "host",
	"transfer-encoding", "user-agent",
}

func (o Options) checkHeaders() []error {
	names := make([]string, 0, len(o.Headers))
	for n := range o.Headers {
		names = append(names, n)
	}
	slices.Sort(names)
	var errs []error
	for _, n := range names {
		switch {
		case !validHeaderName(n):
			errs = append(errs, fmt.Errorf("headers (%q) must be an HTTP header's name", n))
		case strings.EqualFold(n, tenantHeader) && o.Tenant != "":
			errs = append(errs, fmt.Errorf("headers (%q) must be absent when tenant is given", n))
		case slices.Contains(reservedHeaders, strings.ToLower(n)):
			errs = append(errs, fmt.Errorf("headers (%q) must be none that the client sets itself", n))
		case !validHeaderValue(o.Headers[n]):
			// The value may be a secret, so it is not printed.
			errs = append(errs, fmt.Errorf("headers (value of %q) must be printable text", n))
		}
	}
	return errs
}

// checkSecretFiles finds secrets that cannot be read before the first request fails by it. Certificates are not
// looked at: building the client reads them.
func checkSecretFiles(c *config.HTTPClientConfig) []error {
	files := [][2]string{{"bearer_token_file", c.BearerTokenFile}}
	if a := c.Authorization; a != nil {
		files = append(files, [2]string{"authorization.credentials_file", a.CredentialsFile})
	}
	if b := c.BasicAuth; b != nil {
		files = append(files, [2]string{"basic_auth.username_file", b.UsernameFile},
			[2]string{"basic_auth.password_file", b.PasswordFile})
	}
	if a := c.OAuth2; a != nil {
		files = append(files, [2]string{"oauth2.client_secret_file", a.ClientSecretFile})
	}
	var errs []error
	for _, f := range files {
		if f[1] == "" {
			continue
		}
		if _, err := os.ReadFile(f[1]); err != nil {
			errs = append(errs, fmt.Errorf("%s (%s) must be a readable file: %w", f[0], f[1], err))
		}
	}
	return errs
}

func validURL(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != ""
}

// redacted is the address without the password it may hold.
func redacted(s string) string {
	if u, err := url.Parse(s); err == nil {
		return u.Redacted()
	}
	return "unreadable"
}

func validHeaderName(s string) bool {
	for _, r := range s {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
		if !letter && !strings.ContainsRune("!#$%&'*+-.^_`|~", r) {
			return false
		}
	}
	return s != ""
}

func validHeaderValue(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f })
}
