package promapi

import (
	"bytes"
	"compress/gzip"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
)

func TestGzip(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Accept-Encoding") != "gzip" {
			t.Errorf("accepts %q", r.Header.Get("Accept-Encoding"))
		}
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		_, _ = z.Write([]byte(matrix(`{"metric":{},"values":[[` + first + `,"3"]]}`)))
		_ = z.Close()
	}))
	defer srv.Close()
	cl, _ := client(t, Options{URL: srv.URL})
	ans, err := cl.Query(t.Context(), "x", one)
	if err != nil || len(ans.Series) != 1 || ans.Series[0].Values[0] != 3 {
		t.Errorf("%+v, %v", ans, err)
	}
}

// The bound is on what comes out of the compression: a small bomb must not pass.
func TestAnswerTooLarge(t *testing.T) {
	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	_, _ = z.Write(bytes.Repeat([]byte(" "), 1<<20))
	_ = z.Close()
	src := newSource(t, always(reply{header: map[string]string{"Content-Encoding": "gzip"}, body: bomb.String()}))
	cl, _ := client(t, Options{URL: src.URL})
	cl.transport.maxBytes = 1 << 16
	_, err := cl.Query(t.Context(), "x", one)
	if !errors.Is(err, ErrUnreachable) || !strings.Contains(err.Error(), "larger than 65536 bytes") || len(src.asked()) != 1 {
		t.Errorf("error %v after %d requests", err, len(src.asked()))
	}
}

func TestPostNotAllowed(t *testing.T) {
	src := newSource(t, func(_ int, r request) reply {
		if r.method == http.MethodPost {
			return reply{status: 405, body: "no"}
		}
		return reply{}
	})
	cl, _ := client(t, Options{URL: src.URL})
	if _, err := cl.Query(t.Context(), "x", one); err != nil {
		t.Error(err)
	}
}

// A redirect that turns POST into GET loses the question; one to another host would show it our credentials.
func TestRedirects(t *testing.T) {
	var elsewhere atomic.Int64
	other := newSource(t, func(int, request) reply { elsewhere.Add(1); return reply{} })
	for status, to := range map[int]string{301: "/moved", 307: other.URL} {
		src := newSource(t, func(int, request) reply {
			return reply{status: status, header: map[string]string{"Location": to}, body: "moved"}
		})
		cl, _ := client(t, Options{URL: src.URL, Tenant: "shop"})
		_, err := cl.Query(t.Context(), "x", one)
		if !errors.Is(err, ErrUnreachable) || !strings.Contains(err.Error(), "give that address") || len(src.asked()) != 1 {
			t.Errorf("%d: %v after %d requests", status, err, len(src.asked()))
		}
	}
	if elsewhere.Load() != 0 {
		t.Error("another host was asked")
	}
	src := newSource(t, func(_ int, r request) reply {
		if !strings.HasPrefix(r.path, "/moved") {
			return reply{status: 307, header: map[string]string{"Location": "/moved"}, body: "moved"}
		}
		return reply{}
	})
	cl, _ := client(t, Options{URL: src.URL})
	if ans, err := cl.Query(t.Context(), "x", one); err != nil || len(ans.Series) != 1 {
		t.Errorf("a redirect that keeps the question: %+v, %v", ans, err)
	}
}

func TestRegisterer(t *testing.T) {
	reg := prometheus.NewRegistry()
	src := newSource(t, always(reply{}))
	cl, _ := client(t, Options{URL: src.URL, Registerer: reg})
	if _, err := cl.Query(t.Context(), "x", one); err != nil {
		t.Fatal(err)
	}
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]float64{}
	for _, f := range families {
		got[f.GetName()] = f.GetMetric()[0].GetCounter().GetValue()
	}
	want := map[string]float64{
		"diagnops_promapi_requests_total": 1, "diagnops_promapi_retries_total": 0, "diagnops_promapi_failures_total": 0,
		"diagnops_promapi_points_total": 1, "diagnops_promapi_response_bytes_total": float64(cl.Stats().Bytes),
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if _, err := New(Options{URL: src.URL, Registerer: reg}); err == nil {
		t.Error("registered twice")
	}
}
