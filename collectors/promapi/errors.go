package promapi

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	v1 "github.com/prometheus/client_golang/api/prometheus/v1"
)

// The two ways to fail, for errors.Is.
var (
	// ErrUnreachable: the source did not answer, refused us, or is no Prometheus API.
	ErrUnreachable = errors.New("source could not be reached")
	// ErrBadQuery: the source answered that the question is wrong or asks too much.
	ErrBadQuery = errors.New("bad query")
)

// Error is a question that got no answer. It is (errors.Is) ErrUnreachable or ErrBadQuery, and what caused it.
type Error struct {
	Kind     error  // ErrUnreachable or ErrBadQuery
	URL      string // the source, without a password
	Query    string // the expression, when it was one
	Status   int    // the HTTP status of the last attempt; 0 = no answer
	Attempts int    // how often it was asked; 0 = not at all
	Msg      string
	cause    error
}

func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "asking %s", e.URL)
	if e.Query != "" {
		fmt.Fprintf(&b, " for %s", clip(e.Query))
	}
	fmt.Fprintf(&b, ": %s", e.Msg)
	if e.Status != 0 {
		fmt.Fprintf(&b, " (HTTP %d)", e.Status)
	}
	if e.Attempts > 1 {
		fmt.Fprintf(&b, " (after %d attempts)", e.Attempts)
	}
	return b.String()
}

// Unwrap gives the kind and the cause.
func (e *Error) Unwrap() []error { return []error{e.Kind, e.cause} }

// maxQuoted bounds, in bytes, how much of a query or of a foreign answer stands in a message.
const maxQuoted = 300

// clip puts s on one line of at most maxQuoted bytes.
func clip(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if len(s) <= maxQuoted {
		return s
	}
	n := maxQuoted
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + "..."
}

// fail says what err, which a request of tr ended with, means.
func (c *Client) fail(ctx context.Context, tr *trace, query string, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("asking %s: %w", c.where, ctx.Err())
	}
	e := &Error{Kind: ErrUnreachable, URL: c.where, Query: query, Status: tr.status, Attempts: tr.attempts, cause: err}
	var api *v1.Error
	switch {
	case errors.As(err, &api):
		e.Msg = apiText(api)
		if api.Type == v1.ErrBadData || api.Type == v1.ErrExec {
			e.Kind = ErrBadQuery
		}
	default:
		e.Msg = transportText(err)
	}
	if tr.status == http.StatusUnauthorized || tr.status == http.StatusForbidden {
		e.Msg += "; " + credentialsHint
	}
	return e
}

// credentialsHint follows a refusal: the source is there, and does not know us.
const credentialsHint = "are credentials missing or wrong? They go into the HTTP client settings (basic auth, authorization, OAuth 2) or a header"

// apiText prefers what the source said over what the client library made of it.
func apiText(e *v1.Error) string {
	switch e.Type {
	case v1.ErrBadData, v1.ErrExec, v1.ErrTimeout, v1.ErrCanceled:
		return e.Msg
	case v1.ErrBadResponse:
		return "the answer is not that of a Prometheus API: " + clip(e.Msg)
	}
	var body struct {
		Error string `json:"error"`
	}
	if json.Unmarshal([]byte(e.Detail), &body) == nil && body.Error != "" {
		return clip(body.Error)
	}
	if detail := clip(e.Detail); detail != "" && !strings.Contains(detail, "<") {
		return detail
	}
	return e.Msg
}

// transportText leaves out the address, which Error names anyway.
func transportText(err error) string {
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err
	}
	return err.Error()
}

// passing tells whether a request that ended so may do better when made again.
func passing(resp *http.Response, err error) bool {
	if err == nil {
		switch resp.StatusCode {
		case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
			return true
		}
		return false
	}
	var cert *tls.CertificateVerificationError
	var dns *net.DNSError
	var final *finalError
	switch {
	case errors.As(err, &cert), errors.As(err, &final):
		return false
	case errors.As(err, &dns):
		return !dns.IsNotFound
	}
	return true
}

// finalError is a failure of ours that asking again does not mend.
type finalError struct {
	msg      string
	tooLarge bool // the answer was; less may pass
}

func (e *finalError) Error() string { return e.msg }

// tooLarge tells whether an answer was given up because of its size.
func tooLarge(err error) bool {
	var f *finalError
	return errors.As(err, &f) && f.tooLarge
}

// tooMuch tells whether the source complained about how much was asked at once, so that less may pass.
func tooMuch(err error) bool {
	var e *Error
	if !errors.As(err, &e) || !errors.Is(e, ErrBadQuery) {
		return false
	}
	for _, sign := range []string{
		"maximum resolution", "too many samples", "too many points", "time range exceeds", "query length", "too large",
		"maxSamplesPerQuery",          // VictoriaMetrics
		"exceeded the maximum number", // Mimir: of chunks, of series
	} {
		if strings.Contains(e.Msg, sign) {
			return true
		}
	}
	return false
}
