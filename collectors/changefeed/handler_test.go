package changefeed

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/diagnops/diagnops/engine/model"
)

// examplesDir holds events in the shapes of their senders' documentation.
const examplesDir = "../../testdata/changes"

// envelope is an answer.
type envelope struct {
	Status, ErrorType, Error string
	Data                     struct {
		Added
		NoChanges []noChange `json:"no_changes"`
	}
}

// post sends a request to a new handler, and returns its answer and what is then kept.
func post(t *testing.T, opts Options, path, body string, headers ...string) (int, envelope, []model.Change) {
	t.Helper()
	s := newStore(t, StoreOptions{Age: 5 * 365 * 24 * time.Hour})
	s.SetMapper(newMapper(t))
	opts.Now = func() time.Time { return at(365 * 24 * 60) }
	h, err := New(s, opts)
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, strings.NewReader(body))
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	var e envelope
	if err := json.Unmarshal(w.Body.Bytes(), &e); err != nil {
		t.Fatalf("%q: %v", w.Body, err)
	}
	if st := h.Stats(); len(st.Answers) != 1 || st.Answers[0].N != 1 || st.NoChanges != len(e.Data.NoChanges) {
		t.Errorf("counted %+v", st)
	}
	return w.Code, e, s.Changes(model.Interval{})
}

const path = "/api/v1/changes"

// TestExamplesAreTaken posts every example as it is, and once more to the path of its format.
func TestExamplesAreTaken(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(examplesDir, "*.json*"))
	if err != nil || len(files) < 10 {
		t.Fatalf("%d examples: %v", len(files), err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		format, _, _ := strings.Cut(strings.TrimSuffix(filepath.Base(file), filepath.Ext(file)), "-")
		for _, p := range []string{path, path + "/", path + "/" + format} {
			status, e, kept := post(t, Options{}, p, string(data), "Content-Type", "application/json")
			if status != http.StatusAccepted || e.Status != "success" || e.Data.New == 0 || len(kept) != e.Data.New {
				t.Errorf("%s to %s: %d, %+v", file, p, status, e)
			}
		}
	}
}

// TestRefusals holds every way to be refused against its status and words; nothing is kept then.
func TestRefusals(t *testing.T) {
	const plain = `{"at": "2026-05-15T10:00:00Z", "kind": "deploy", "component": "web", "id": "d-1"}`
	for name, test := range map[string]struct {
		path, body string
		headers    []string
		status     int
		words      string
	}{
		"no such format":      {path + "/jenkins", plain, nil, 404, `format ("jenkins") must be one of [json cdevents`},
		"media type":          {path, plain, []string{"Content-Type", "application/x-www-form-urlencoded"}, 415, "must be application/json"},
		"no media type":       {path, plain, []string{"Content-Type", ";"}, 415, "must be application/json"},
		"encoding":            {path, plain, []string{"Content-Encoding", "gzip"}, 415, "must be identity"},
		"too long":            {path, strings.Repeat(" ", 2000), nil, 413, "at most 1000 bytes"},
		"not JSON":            {path, "component=web", nil, 400, "body:1:1: must be one JSON object a line"},
		"one of two":          {path, plain + "\n" + `{"at": "x", "kind": "deploy", "component": "web", "id": "d-2"}`, nil, 400, `body:2:8: at: ("x") must be a time`},
		"another format":      {path + "/pagerduty", plain, nil, 400, "routing_key: must be given"},
		"no id beside":        {path, `{}`, []string{"Ce-Specversion", "1.0", "Ce-Source", "/s", "Ce-Type", "dev.cdevents.service.deployed.0.2.0"}, 400, "ce-id must be given"},
		"version beside":      {path, `{}`, []string{"Ce-Specversion", "0.3", "Ce-Id", "1", "Ce-Source", "/s", "Ce-Type", "t"}, 400, "ce-specversion"},
		"time beside":         {path, `{}`, []string{"Ce-Specversion", "1.0", "Ce-Id", "1", "Ce-Source", "/s", "Ce-Type", "t", "Ce-Time", "noon"}, 400, "ce-time"},
		"an event of GitHub":  {path, `{"deployment": {}}`, []string{"X-GitHub-Event", "deployment"}, 400, "deployment.id: must be given"},
		"a list of something": {path, `[1]`, nil, 400, "[0]: must be a mapping"},
	} {
		status, e, kept := post(t, Options{BodyBytes: 1000}, test.path, test.body, test.headers...)
		if status != test.status || e.Status != "error" || !strings.Contains(e.Error, test.words) || e.ErrorType == "" || len(kept) > 0 {
			t.Errorf("%s: %d %+v, %d kept", name, status, e, len(kept))
		}
	}
	h, err := New(newStore(t, StoreOptions{}), Options{})
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, http.NoBody))
	if w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != http.MethodPost {
		t.Errorf("GET: %d", w.Code)
	}
	if _, err := New(newStore(t, StoreOptions{}), Options{BodyBytes: -1}); err == nil {
		t.Error("options that make no sense were taken")
	}
}

// TestSignature is GitHub's own example of a signature, from its documentation of webhooks.
func TestSignature(t *testing.T) {
	const signature = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
	secret := []byte("It's a Secret to Everybody")
	if !signedBy(secret, []byte("Hello, World!"), signature) {
		t.Error("the signature of the documentation does not fit")
	}
	for _, wrong := range []string{"", "sha256=", signature[7:], strings.Replace(signature, "7", "8", 1), "sha1=" + signature[7:], "sha256=zz"} {
		if signedBy(secret, []byte("Hello, World!"), wrong) {
			t.Errorf("%q fits", wrong)
		}
	}
}

// TestUnsignedDeployments refuses a deployment without a signature however it comes in, and nothing else.
func TestUnsignedDeployments(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(examplesDir, "github-deployment.json"))
	if err != nil {
		t.Fatal(err)
	}
	opts := Options{GitHubSecret: []byte("s")}
	for name, headers := range map[string][]string{
		"no header":       nil,
		"an event":        {"X-GitHub-Event", "deployment"},
		"a wrong one":     {"X-GitHub-Event", "deployment", "X-Hub-Signature-256", "sha256=00"},
		"of another kind": {"X-GitHub-Event", "ping"},
	} {
		status, e, kept := post(t, opts, path, string(data), headers...)
		if status != http.StatusUnauthorized || e.ErrorType != "unauthorized" || len(kept) > 0 {
			t.Errorf("%s: %d %+v", name, status, e)
		}
	}
	plain := `{"at": "2026-05-15T10:00:00Z", "kind": "deploy", "component": "web", "id": "d-1"}`
	if status, e, kept := post(t, opts, path, plain); status != http.StatusAccepted || len(kept) != 1 {
		t.Errorf("a plain change: %d %+v", status, e)
	}
	if status, e, _ := post(t, Options{}, path, `{"zen": "Keep it simple", "hook_id": 1}`, "X-GitHub-Event", "ping"); status != http.StatusAccepted || len(e.Data.NoChanges) != 1 {
		t.Errorf("a ping: %d %+v", status, e)
	}
}

// TestBinaryMode takes a CloudEvent whose attributes are headers.
func TestBinaryMode(t *testing.T) {
	status, e, kept := post(t, Options{}, path, `{"subject": {"id": "service/storefront", "content": {"artifactId": "pkg:oci/web@2"}}}`,
		"Content-Type", "application/cdevents+json; charset=utf-8", "Ce-Specversion", "1.0", "Ce-Id", "e-1", "Ce-Source", "/a%20b",
		"Ce-Type", "dev.cdevents.service.deployed.0.2.0", "Ce-Time", "2026-05-15T12:00:00+02:00")
	if status != http.StatusAccepted || len(kept) != 1 {
		t.Fatalf("%d %+v", status, e)
	}
	if c := kept[0]; c.Component != "web" || c.To != "2" || !c.At.Equal(start) || c.Labels["source"] != "/a b" {
		t.Errorf("%+v", c)
	}
}

func TestAlertsAreNoChanges(t *testing.T) {
	status, e, kept := post(t, Options{}, path, `{"version": "4", "alerts": [{"status": "firing", "labels": {"alertname": "Down"}, "startsAt": "2026-05-15T10:00:00Z"}]}`)
	if status != http.StatusAccepted || len(kept) != 0 || len(e.Data.NoChanges) != 1 || !strings.Contains(e.Data.NoChanges[0].Why, "change_kind") {
		t.Errorf("%d %+v", status, e)
	}
}

// BenchmarkHandler posts deployments of GitHub's, one a request, each of a deployment of its own, into a full store.
// Asked for are 1,000 events a second on one core.
func BenchmarkHandler(b *testing.B) {
	data, err := os.ReadFile(filepath.Join(examplesDir, "github-deployment.json"))
	if err != nil {
		b.Fatal(err)
	}
	s := newStore(b, StoreOptions{Age: 5 * 365 * 24 * time.Hour})
	s.SetMapper(newMapper(b))
	h, err := New(s, Options{Now: func() time.Time { return at(365 * 24 * 60) }})
	if err != nil {
		b.Fatal(err)
	}
	id := 100_000_000
	send := func() {
		id++
		body := bytes.Replace(data, []byte("145988746,"), []byte(strconv.Itoa(id)+","), 1)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequestWithContext(b.Context(), http.MethodPost, path, bytes.NewReader(body)))
		if w.Code != http.StatusAccepted {
			b.Fatal(w.Body)
		}
	}
	for s.Stats().Kept < 10_000 {
		send()
	}
	b.ResetTimer()
	for range b.N {
		send()
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
	if st := s.Stats(); st.Added.New != st.Kept+st.Evicted {
		b.Errorf("%+v", st)
	}
}
