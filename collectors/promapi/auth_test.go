package promapi

import (
	"encoding/pem"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/prometheus/common/config"
)

func TestHeadersAndTenant(t *testing.T) {
	src := newSource(t, always(reply{}))
	cl, _ := client(t, Options{
		URL: src.URL + "/?dedup=true", Tenant: "shop", Headers: map[string]string{"x-team": "edge"},
		HTTPClientConfig: &config.HTTPClientConfig{
			BasicAuth: &config.BasicAuth{Username: "ann", Password: "pw"}, FollowRedirects: true,
		},
	})
	if _, err := cl.Query(t.Context(), "x", one); err != nil {
		t.Fatal(err)
	}
	r := src.asked()[0]
	if r.header.Get("X-Scope-OrgID") != "shop" || r.header.Get("X-Team") != "edge" ||
		r.header.Get("Authorization") != "Basic YW5uOnB3" || r.header.Get("User-Agent") != "diagnops" {
		t.Errorf("headers %v", r.header)
	}
	if r.form.Get("dedup") != "true" || r.form.Get("timeout") != "1m0s" {
		t.Errorf("parameters %v", r.form)
	}
}

func TestHTTPConfigFile(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "token", "tok\n")
	file := write(t, dir, "http.yml", "authorization:\n  credentials_file: token\n")
	hc, err := LoadHTTPConfig(file)
	if err != nil {
		t.Fatal(err)
	}
	src := newSource(t, always(reply{}))
	cl, _ := client(t, Options{URL: src.URL, HTTPClientConfig: hc})
	if _, err := cl.Query(t.Context(), "x", one); err != nil {
		t.Fatal(err)
	}
	if got := src.asked()[0].header.Get("Authorization"); got != "Bearer tok" {
		t.Errorf("authorization %q", got)
	}
}

func TestOAuth2(t *testing.T) {
	src := newSource(t, func(_ int, r request) reply {
		if r.path == "/token" {
			return reply{
				header: map[string]string{"Content-Type": "application/json"},
				body:   `{"access_token":"granted","token_type":"Bearer","expires_in":3600}`,
			}
		}
		return reply{}
	})
	hc := config.DefaultHTTPClientConfig
	hc.OAuth2 = &config.OAuth2{ClientID: "me", ClientSecret: "s", TokenURL: src.URL + "/token"}
	cl, _ := client(t, Options{URL: src.URL, HTTPClientConfig: &hc})
	if _, err := cl.Query(t.Context(), "x", one); err != nil {
		t.Fatal(err)
	}
	rs := src.asked()
	if got := rs[len(rs)-1].header.Get("Authorization"); got != "Bearer granted" {
		t.Errorf("authorization %q", got)
	}
}

func TestTLS(t *testing.T) {
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(matrix()))
	}))
	// It complains about the client that does not trust it.
	srv.Config.ErrorLog = log.New(io.Discard, "", 0)
	srv.StartTLS()
	defer srv.Close()
	dir := t.TempDir()
	write(t, dir, "ca.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: srv.Certificate().Raw})))
	hc, err := LoadHTTPConfig(write(t, dir, "http.yml", "tls_config: {ca_file: ca.pem}\n"))
	if err != nil {
		t.Fatal(err)
	}
	cl, _ := client(t, Options{URL: srv.URL, HTTPClientConfig: hc})
	if _, err := cl.Query(t.Context(), "x", one); err != nil {
		t.Error(err)
	}
	stranger, _ := client(t, Options{URL: srv.URL})
	_, err = stranger.Query(t.Context(), "x", one)
	var e *Error
	if !errors.Is(err, ErrUnreachable) || !errors.As(err, &e) || e.Attempts != 1 || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("error %v", err)
	}
}

func write(t *testing.T, dir, name, content string) string {
	t.Helper()
	file := filepath.Join(dir, name)
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}
