package main

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/diagnops/diagnops/collectors"
	"github.com/diagnops/diagnops/collectors/promapi/promtest"
	"github.com/diagnops/diagnops/collectors/promapi/servertest"
	"github.com/diagnops/diagnops/engine/model"
)

// liveShop is two instances of a shop behind a balancer, over a database, watched by the usual exporters and a Prometheus.
type liveShop struct {
	prometheus, front string
	database          *servertest.Server
}

func startShop(t *testing.T) *liveShop {
	t.Helper()
	db := servertest.Postgres(t)
	shopd := func() *servertest.Server {
		return servertest.Start(t, servertest.Program{
			Command: "shopd", Ready: "/metrics",
			Args: func(s *servertest.Server) []string { return []string{"-listen", s.Addr, "-db", db.PostgresURL("shop")} },
		})
	}
	createDatabase(t, db, "shop")
	first, second := shopd(), shopd()
	front, err := servertest.FreeAddress()
	if err != nil {
		t.Fatal(err)
	}
	lb := servertest.HAProxy(t, front, fmt.Sprintf(`  default_backend shop
backend shop
  http-reuse never
  option httpchk GET /metrics
  server shop1 %s check
  server shop2 %s check
`, first.Addr, second.Addr))
	exporter, node := servertest.PostgresExporter(t, db), servertest.NodeExporter(t)
	config := "global: {scrape_interval: 2s, scrape_timeout: 2s}\nscrape_configs:\n"
	for _, job := range []struct {
		name    string
		targets []string
	}{
		{"haproxy", []string{lb.Addr}},
		{"shop", []string{first.Addr, second.Addr}},
		{"postgres", []string{exporter.Addr}},
		{"node", []string{node.Addr}},
	} {
		config += fmt.Sprintf("- {job_name: %s, static_configs: [{targets: ['%s']}]}\n", job.name, strings.Join(job.targets, "', '"))
	}
	return &liveShop{prometheus: promtest.StartWith(t, config).URL(), front: "http://" + front, database: db}
}

// createDatabase makes a database on a server that has just been started.
func createDatabase(t *testing.T, server *servertest.Server, name string) {
	t.Helper()
	db, err := sql.Open("pgx", server.PostgresURL("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	deadline := time.Now().Add(30 * time.Second)
	for {
		_, err = db.ExecContext(t.Context(), "create database "+name)
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("creating a database: %v", err)
		}
		time.Sleep(100 * time.Millisecond)
	}
}

const (
	users = 16
	// thinkTime lies between a user's requests.
	thinkTime = 400 * time.Millisecond
)

// drive lets users buy what is on offer until the test ends, each on a connection of their own.
func (s *liveShop) drive(t *testing.T) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	var done sync.WaitGroup
	for range users {
		done.Go(func() {
			client := &http.Client{Transport: &http.Transport{}}
			defer client.CloseIdleConnections()
			for ctx.Err() == nil {
				s.buy(ctx, client)
				select {
				case <-ctx.Done():
				case <-time.After(thinkTime):
				}
			}
		})
	}
	t.Cleanup(func() { stop(); done.Wait() })
}

// buy does not look at the answer: what becomes of it is measured by the shop.
func (s *liveShop) buy(ctx context.Context, client *http.Client) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.front+"/buy?item=1", nil)
	if err != nil {
		return
	}
	if resp, err := client.Do(req); err == nil {
		_, _ = io.Copy(io.Discard, resp.Body)
		_ = resp.Body.Close()
	}
}

// runBatch does what a careless batch job does: it changes what everybody wants to change and takes its time to commit, again
// and again until the returned function is called.
func (s *liveShop) runBatch(t *testing.T) (stop func()) {
	t.Helper()
	db, err := sql.Open("pgx", s.database.PostgresURL("shop"))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for ctx.Err() == nil {
			_, err := db.ExecContext(ctx, "begin; update items set stock = stock where id = 1; select pg_sleep(1.5); commit")
			if err != nil && ctx.Err() == nil {
				t.Errorf("running the batch job: %v", err)
				return
			}
			time.Sleep(100 * time.Millisecond)
		}
	}()
	return func() {
		cancel()
		<-done
		_ = db.Close()
	}
}

const (
	// quietTime is how long all is well: enough scrapes to know what is usual.
	quietTime = 90 * time.Second
	// faultTime is how long the users suffer before somebody asks.
	faultTime = 45 * time.Second
	// firstAnswer is the time from nothing to an answer that a newcomer is promised.
	firstAnswer = 5 * time.Minute
)

// TestEndToEndInit is a newcomer's first minutes, with real servers: what there is and what depends on what is found
// out, nothing is added by hand, and when a batch job holds a lock in the database, asking why the balancer is slow names the
// database and the lock. With -update the run is written down in testdata/first-answer.txt.
func TestEndToEndInit(t *testing.T) {
	t.Parallel()
	shop := startShop(t)
	shop.drive(t)
	begin := time.Now()
	time.Sleep(quietTime)

	file := filepath.Join(t.TempDir(), "topology.yaml")
	initArgs := []string{"init", "--prometheus.url", shop.prometheus, "-o", file}
	_, said := diagnops(t, exitOK, initArgs...)
	found := string(readFile(t, file))
	checkFound(t, found)
	if _, again := diagnops(t, exitOK, initArgs...); !strings.Contains(again, "nothing new") || string(readFile(t, file)) != found {
		t.Errorf("a second look changed the file: %s", again)
	}

	stop := shop.runBatch(t)
	time.Sleep(faultTime)
	whyArgs := []string{"why", "--prometheus.url", shop.prometheus, "--topology", file, "why is haproxy slow?"}
	answer, _ := diagnops(t, exitOK, whyArgs...)
	took := time.Since(begin)
	inJSON, _ := diagnops(t, exitOK, append(whyArgs, "-o", "json")...)
	stop()
	got, want := parseAnswer(t, inJSON), answerOf{
		Status: model.Diagnosed, Component: "postgres", Fault: "lock-contention", Chain: []string{"haproxy", "shop", "postgres"},
	}
	got.Signal = "" // several show a lock
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the answer is wrong (-want +got):\n%s\n%s", diff, answer)
	}
	if took > firstAnswer {
		t.Errorf("the first answer took %s", took)
	}
	if *update {
		writeFile(t, "testdata/first-answer.txt", transcript(shop.prometheus, file, said, found, answer, took))
	}
}

// checkFound holds the topology against what was started.
func checkFound(t *testing.T, file string) {
	t.Helper()
	topo, err := collectors.ParseTopology("topology.yaml", []byte(file))
	if err != nil {
		t.Fatalf("%v in:\n%s", err, file)
	}
	kinds, host := map[string]string{}, ""
	for _, c := range topo.Components {
		if c.Kind == "host" {
			host = c.Name
		} else if c.Kind != "disk" { // a container's machine may show none
			kinds[c.Name] = c.Kind
		}
	}
	if diff := cmp.Diff(map[string]string{"haproxy": "lb", "shop": "app", "postgres": "db"}, kinds); diff != "" || host == "" {
		t.Errorf("components (-want +got), host %q:\n%s", host, diff)
	}
	if c := topo.Component("shop"); c == nil || c.Replicas != 2 {
		t.Errorf("the shop's two instances were not found: %+v", c)
	}
	needs := map[string]bool{}
	for _, d := range topo.Dependencies {
		needs[d.From+" "+string(d.Kind)+" "+d.To] = true
	}
	for _, want := range []string{
		"haproxy calls shop", "shop calls postgres", "haproxy runs_on " + host, "shop runs_on " + host, "postgres runs_on " + host,
	} {
		if !needs[want] {
			t.Errorf("%q was not found in:\n%s", want, file)
		}
	}
}

// transcript writes a run down as it looks on a terminal.
func transcript(url, file, said, found, answer string, took time.Duration) string {
	_, entries, _ := strings.Cut(found, "version: 1\n")
	text := fmt.Sprintf(`$ diagnops init --prometheus.url %[1]s -o %[2]s
%[3]s
$ grep -v '^#' %[2]s
version: 1
%[4]s
$ # Some minutes later, users complain. Nothing was written by hand.
$ diagnops why --prometheus.url %[1]s --topology %[2]s "why is haproxy slow?"
%[5]s
$ # %[6]s after Prometheus was started. In truth: a batch job changed a row that all users buy, and took its time to commit.
`, url, file, said, entries, answer, took.Round(time.Second))
	text = strings.ReplaceAll(text, file, "topology.yaml")
	return strings.ReplaceAll(text, url, "http://localhost:9090")
}
