package promapi

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/common/config"
)

// All problems at once, each "field (value) must be rule".
func TestValidateListsEveryProblem(t *testing.T) {
	err := Options{
		URL: "ftp://someone:secret@there", ExtraSelector: "up", Lookback: -time.Second, Concurrency: 1000, MaxRate: -1,
		MaxPoints: 11000, Timeout: -1, Retries: 100, BackoffBase: time.Second, BackoffMax: time.Millisecond, Tenant: "a\nb",
		Headers: map[string]string{
			"bad name": "x", "Authorization": "x", "X-Scope-OrgID": "y", "X-Ok": "fine", "X-Secret": "a\r\nb",
		},
		HTTPClientConfig: &config.HTTPClientConfig{
			BearerToken: "a", BasicAuth: &config.BasicAuth{PasswordFile: "/does/not/exist"},
		},
	}.Validate()
	if err == nil {
		t.Fatal("no error")
	}
	want := []string{
		`url (ftp://someone:xxxxx@there) must be an http or https address with a host`,
		`extra_selector (up) must be a selector without a metric name, such as {cluster="eu"}`,
		`lookback (-1s) must be 0 or more`,
		`concurrency (1000) must be 1 to 256`,
		`max_rate (-1) must be 0 or more requests a second`,
		`max_points (11000) must be 1 to 10999`,
		`timeout (-1ns) must be more than 0`,
		`retries (100) must be at most 64`,
		`backoff_max (1ms) must be at least backoff_base`,
		"tenant (a\nb) must be printable text",
		`headers ("Authorization") must be none that the client sets itself`,
		`headers ("X-Scope-OrgID") must be absent when tenant is given`,
		`headers (value of "X-Secret") must be printable text`,
		`headers ("bad name") must be an HTTP header's name`,
		`http_client_config must be consistent: at most one of basic_auth, oauth2, bearer_token & bearer_token_file must be configured`,
		`basic_auth.password_file (/does/not/exist) must be a readable file: open /does/not/exist: no such file or directory`,
	}
	if d := cmp.Diff(strings.Join(want, "\n"), err.Error()); d != "" {
		t.Error(d)
	}
}

func TestNewRefuses(t *testing.T) {
	for _, o := range []Options{
		{},
		{URL: "localhost:9090"},
		{URL: "http://"},
		{URL: "http://x", ExtraSelector: `{a="`},
		{URL: "http://x", HTTPClientConfig: &config.HTTPClientConfig{TLSConfig: config.TLSConfig{CAFile: "/does/not/exist"}}},
	} {
		if c, err := New(o); err == nil {
			t.Errorf("%+v gave %+v", o, c)
		}
	}
}

func TestDefaultsAreSound(t *testing.T) {
	o := Options{URL: "http://x"}
	if err := o.Validate(); err != nil {
		t.Error(err)
	}
	o = o.withDefaults()
	if o.Concurrency != DefaultConcurrency || o.Retries != DefaultRetries || !o.HTTPClientConfig.ProxyFromEnvironment {
		t.Errorf("%+v", o)
	}
	if (Options{Retries: -1}).withDefaults().Retries != 0 {
		t.Error("negative retries are not none")
	}
	if config.DefaultHTTPClientConfig.ProxyFromEnvironment {
		t.Error("the library's defaults were changed")
	}
}

func TestLoadHTTPConfigErrors(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct{ name, content, want string }{
		{
			"unknown.yml", "basic_auth:\n  username: a\n  pass: b\nfoo: 1\n",
			`FILE:3: field ("pass") must be one of prometheus' client configuration` + "\n" +
				`FILE:4: field ("foo") must be one of prometheus' client configuration`,
		},
		{"type.yml", "follow_redirects: maybe\n", "FILE:1: value (`maybe`) must be a bool"},
		{"twice.yml", "proxy_url: http://a\nproxy_url: http://b\n", `FILE:2: field ("proxy_url") must be given once`},
		{"syntax.yml", "basic_auth:\n  - [\n", "FILE:2: did not find expected node content"},
		{
			"both.yml", "bearer_token: a\nbearer_token_file: b\n",
			"FILE: at most one of bearer_token & bearer_token_file must be configured",
		},
		{
			"nofile.yml", "basic_auth: {username: a, password_file: gone}\n",
			"FILE: basic_auth.password_file (DIR/gone) must be a readable file: open DIR/gone: no such file or directory",
		},
	} {
		file := write(t, dir, c.name, c.content)
		_, err := LoadHTTPConfig(file)
		if err == nil {
			t.Errorf("%s: no error", c.name)
			continue
		}
		got := strings.ReplaceAll(strings.ReplaceAll(err.Error(), file, "FILE"), dir, "DIR")
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%s:\n%s", c.name, d)
		}
	}
	if _, err := LoadHTTPConfig(filepath.Join(dir, "absent.yml")); err == nil {
		t.Error("an absent file is no error")
	}
	c, err := LoadHTTPConfig(write(t, dir, "empty.yml", "\n"))
	if err != nil || !c.FollowRedirects {
		t.Errorf("an empty file: %+v, %v", c, err)
	}
}
