package changefeed

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/diagnops/diagnops/collectors"
)

// Options configure a Handler. Zero fields take the defaults.
type Options struct {
	// BodyBytes is how long a request may be: 4 MiB by default. A deployment of GitHub's has some 20 KB, an Application of
	// Argo CD with hundreds of resources some 500 KB.
	BodyBytes int
	// GitHubSecret, when given, is what GitHub signs its webhooks with; a deployment without its signature is refused.
	GitHubSecret []byte
	// Now is the clock, for the time of receipt; nil means time.Now.
	Now func() time.Time
}

const defaultBodyBytes = 4 << 20

// Handler receives change events by HTTP; see the package comment. It is safe for concurrent use.
type Handler struct {
	opts  Options
	store *Store
	stats tallies
}

// New returns a handler that puts what it receives into the store.
func New(store *Store, opts Options) (*Handler, error) {
	if opts.BodyBytes < 0 {
		return nil, fmt.Errorf("change feed options: body bytes (%d) must be at least 0", opts.BodyBytes)
	}
	if opts.BodyBytes == 0 {
		opts.BodyBytes = defaultBodyBytes
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	return &Handler{opts: opts, store: store}, nil
}

// ServeHTTP answers one request.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	got, refused := h.take(r)
	h.stats.add(got, refused)
	if refused != nil {
		refused.write(w)
		return
	}
	got.write(w)
}

// take does what a request asks for.
func (h *Handler) take(r *http.Request) (*receipt, *refusal) {
	in := collectors.ChangeInput{File: "body", Received: h.opts.Now()}
	if refused := negotiate(r, &in); refused != nil {
		return nil, refused
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, int64(h.opts.BodyBytes)+1))
	switch {
	case err != nil:
		return nil, refuse(http.StatusBadRequest, "the body was cut off")
	case len(body) > h.opts.BodyBytes:
		return nil, refuse(http.StatusRequestEntityTooLarge, "the body must have at most %d bytes", h.opts.BodyBytes)
	}
	event := r.Header.Get(githubEvent)
	signed := len(h.opts.GitHubSecret) == 0 || signedBy(h.opts.GitHubSecret, body, r.Header.Get(githubSignature))
	if event != "" && !signed {
		return nil, refuse(http.StatusUnauthorized, "%s must be that of the body with the secret configured", githubSignature)
	}
	if event != "" && event != "deployment" && event != "deployment_status" {
		return &receipt{NoChanges: []noChange{{What: githubEvent + " " + event, Why: "it is neither deployment nor deployment_status"}}}, nil
	}
	told, none, err := collectors.ReadChanges(in, body)
	if err != nil {
		return nil, refuse(http.StatusBadRequest, "%s", publicText(err))
	}
	fromGitHub := func(c collectors.ToldChange) bool { return c.Format == collectors.FormatGitHub }
	if !signed && slices.ContainsFunc(told, fromGitHub) {
		return nil, refuse(http.StatusUnauthorized, "%s must be given: a secret is configured", githubSignature)
	}
	got := &receipt{Added: h.store.Add(in.Received, told)}
	for _, e := range none {
		got.NoChanges = append(got.NoChanges, noChange{e.Line, e.What, e.Why})
	}
	return got, nil
}

// publicText is what is wrong with a body, a line each.
func publicText(err error) string {
	var problems collectors.Problems
	if !errors.As(err, &problems) {
		return err.Error()
	}
	return problems.Error()
}

const (
	githubEvent     = "X-GitHub-Event"
	githubSignature = "X-Hub-Signature-256"
	cloudEventID    = "Ce-Id"
)

// negotiate tells from the request line and the headers what the body must be.
func negotiate(r *http.Request, in *collectors.ChangeInput) *refusal {
	if r.Method != http.MethodPost {
		return refuse(http.StatusMethodNotAllowed, "method (%q) must be POST", clip(r.Method))
	}
	if _, name, named := strings.Cut(r.URL.Path, "/changes/"); named && name != "" {
		in.Format = collectors.ChangeFormat(name)
		if !slices.Contains(collectors.ChangeFormats(), in.Format) {
			return refuse(http.StatusNotFound, "format (%q) must be one of %v", clip(name), collectors.ChangeFormats())
		}
	}
	if enc := r.Header.Get("Content-Encoding"); enc != "" && enc != "identity" {
		return refuse(http.StatusUnsupportedMediaType, "Content-Encoding (%q) must be identity", clip(enc))
	}
	if of := r.Header.Get("Content-Type"); of != "" && !isJSON(of) {
		return refuse(http.StatusUnsupportedMediaType,
			"Content-Type (%q) must be application/json, application/x-ndjson, or end in +json", clip(of))
	}
	if r.Header.Get(githubEvent) != "" && in.Format == "" {
		in.Format = collectors.FormatGitHub
	}
	if r.Header.Get("Ce-Specversion") == "" {
		return nil
	}
	return binaryCloudEvent(r.Header, in)
}

// isJSON tells the media types of JSON and of JSON lines.
func isJSON(contentType string) bool {
	typ, _, err := mime.ParseMediaType(contentType)
	switch {
	case err != nil:
		return false
	case typ == "application/json", typ == "application/x-ndjson", typ == "application/jsonl", typ == "application/json-lines":
		return true
	}
	return strings.HasSuffix(typ, "+json")
}

// binaryCloudEvent reads the attributes of a CloudEvent in binary mode from the headers, as its HTTP binding 1.0 has it.
func binaryCloudEvent(header http.Header, in *collectors.ChangeInput) *refusal {
	attrs := &collectors.CloudEvent{}
	for _, a := range []struct {
		header string
		dst    *string
	}{{cloudEventID, &attrs.ID}, {"Ce-Source", &attrs.Source}, {"Ce-Type", &attrs.Type}} {
		text, err := url.PathUnescape(header.Get(a.header))
		if err != nil || text == "" {
			return refuse(http.StatusBadRequest, "%s must be given: the event is a CloudEvent in binary mode", strings.ToLower(a.header))
		}
		*a.dst = text
	}
	if v := header.Get("Ce-Specversion"); v != "1.0" {
		return refuse(http.StatusBadRequest, "ce-specversion (%q) must be 1.0", clip(v))
	}
	if v := header.Get("Ce-Time"); v != "" {
		t, err := time.Parse(time.RFC3339Nano, v)
		if err != nil {
			return refuse(http.StatusBadRequest, "ce-time (%q) must be a time in RFC 3339", clip(v))
		}
		attrs.Time = t.UTC()
	}
	in.CloudEvent = attrs
	return nil
}

// signedBy tells whether a signature in the form of X-Hub-Signature-256 is that of the body: "sha256=", and the HMAC of
// SHA-256 in hexadecimal digits.
func signedBy(secret, body []byte, signature string) bool {
	text, ok := strings.CutPrefix(signature, "sha256=")
	sum, err := hex.DecodeString(text)
	if !ok || err != nil {
		return false
	}
	mac := hmac.New(sha256.New, secret)
	mac.Write(body)
	return hmac.Equal(sum, mac.Sum(nil))
}
