package rules

import (
	"cmp"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/diagnops/diagnops/collectors/promapi/promtest"
	"github.com/diagnops/diagnops/collectors/promapi/servertest"
)

// scrape is a job of the Prometheus that watches the servers. The job's name is what components are selected by.
type scrape struct {
	job, path, target string
	params            string // of the request, in YAML
}

// startExporters starts every server whose exporter is at hand, puts load on it, and returns the URL of a Prometheus that
// watches all of them, itself included.
func startExporters(t *testing.T) (url string) {
	t.Helper()
	web := servertest.Nginx(t)
	var jobs []scrape
	for _, start := range []func(*testing.T) []scrape{startPostgres, startMySQL, startRedis} {
		jobs = append(jobs, start(t)...)
	}
	jobs = append(jobs, scrape{job: "node", target: servertest.NodeExporter(t).Addr})
	jobs = append(jobs, startBalancers(t, web)...)
	jobs = append(jobs, startProbe(t)...)
	return startPrometheus(t, jobs)
}

// startBalancers puts an HAProxy in front of a web server and watches both.
func startBalancers(t *testing.T, web *servertest.Server) []scrape {
	t.Helper()
	front, err := servertest.FreeAddress()
	if err != nil {
		t.Fatal(err)
	}
	lb := servertest.HAProxy(t, front, fmt.Sprintf("  default_backend web\nbackend web\n  server web1 %s check inter 1s\n", web.Addr))
	driveHTTP(t, "http://"+front+"/", "http://"+front+servertest.NginxBroken)
	return []scrape{{job: "haproxy", target: lb.Addr}, {job: "nginx", target: servertest.NginxExporter(t, web).Addr}}
}

func startPostgres(t *testing.T) []scrape {
	t.Helper()
	db := servertest.Postgres(t)
	standby := servertest.PostgresStandby(t, db)
	driveSQL(
		t, "pgx", db.PostgresURL("postgres"),
		[]string{
			"alter system set track_io_timing = on", "select pg_reload_conf()",
			"select pg_create_physical_replication_slot('standby', true)",
			"create table items (id int primary key, stock int)", "insert into items select n, 0 from generate_series(1, 100) n",
			// Larger than the memory that the server may use, so that blocks are read.
			"create table orders as select n as id, repeat('x', 200) as text from generate_series(1, 150000) n", "create index on orders (id)",
		},
		[]string{"select max(text) from orders where id in (select (random() * 150000)::int from generate_series(1, 20))"},
		[]string{"begin", "update items set stock = stock + 1 where id = 1", "select pg_sleep(0.05)", "commit"},
		[]string{"update items set stock = stock + 1 where id = 1", "select count(*) from items"},
		[]string{"begin", "delete from items where id = 2", "rollback"},
	)
	queries := "--extend.query-path=" + servertest.PostgresQueries(t)
	return []scrape{
		{job: "postgres", target: servertest.PostgresExporter(t, db, queries).Addr},
		{job: "postgres-standby", target: servertest.PostgresExporter(t, standby, queries).Addr},
	}
}

// mysqlCollectors are the exporter's that the packs read beside the ones that are on by default.
var mysqlCollectors = []string{"--collect.perf_schema.eventsstatements", "--collect.info_schema.innodb_metrics"}

func startMySQL(t *testing.T) []scrape {
	t.Helper()
	db, replica := servertest.MariaDB(t, 1), servertest.MariaDB(t, 2)
	driveSQL(
		t, "mysql", db.MySQLDSN(),
		[]string{
			"create database shop", "create table shop.items (id int primary key, stock int)", "insert into shop.items values (1, 0), (2, 0)",
		},
		[]string{"use shop", "begin", "update items set stock = stock + 1 where id = 1", "do sleep(0.05)", "commit"},
		[]string{"use shop", "update items set stock = stock + 1 where id = 1"},
	)
	driveSQL(
		t, "mysql", replica.MySQLDSN(),
		[]string{
			fmt.Sprintf("change master to master_host = '%s', master_port = %s, master_user = 'root', master_use_gtid = slave_pos", db.Host(), db.Port()),
			"start slave",
		},
		[]string{"select count(*) from mysql.plugin"},
	)
	return []scrape{
		{job: "mysql", target: servertest.MySQLExporter(t, db, mysqlCollectors...).Addr},
		{job: "mysql-replica", target: servertest.MySQLExporter(t, replica, mysqlCollectors...).Addr},
	}
}

// startRedis watches a primary and its replica through one exporter.
func startRedis(t *testing.T) []scrape {
	t.Helper()
	primary := servertest.Redis(t, nil)
	replica := servertest.Redis(t, primary)
	driveRedis(t, primary, "SET a 1", "GET a", "GET b", "LPUSH a 1")
	driveRedis(t, replica, "GET a")
	exporter := servertest.RedisExporter(t, primary)
	return []scrape{
		{job: "redis", target: exporter.Addr},
		{job: "redis-replica", target: exporter.Addr, path: "/scrape", params: "{target: ['redis://" + replica.Addr + "']}"},
	}
}

// startProbe probes a web server by TLS.
func startProbe(t *testing.T) []scrape {
	t.Helper()
	shop := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(shop.Close)
	const modules = "  web: {prober: http, http: {valid_status_codes: [404], tls_config: {insecure_skip_verify: true}}}\n"
	exporter := servertest.BlackboxExporter(t, modules)
	return []scrape{{job: "blackbox-itself", target: exporter.Addr}, {
		job: "blackbox", target: exporter.Addr, path: "/probe",
		params: "{module: [web], target: ['" + strings.Replace(shop.URL, "127.0.0.1", "localhost", 1) + "']}", // a name, to be looked up
	}}
}

// startPrometheus scrapes every job and itself each second, and evaluates a rule.
func startPrometheus(t *testing.T, jobs []scrape) (url string) {
	t.Helper()
	server := promtest.StartWith(t, "")
	const rules = "rules.yml"
	if err := server.Write(rules, "groups: [{name: shop, interval: 1s, rules: [{record: targets, expr: count(up)}]}]\n"); err != nil {
		t.Fatal(err)
	}
	config := "global: {scrape_interval: 1s, scrape_timeout: 1s}\nrule_files: [" + rules + "]\nscrape_configs:\n"
	for _, j := range append(jobs, scrape{job: "prometheus", target: server.Addr}) {
		j.path, j.params = cmp.Or(j.path, "/metrics"), cmp.Or(j.params, "{}")
		config += fmt.Sprintf("- {job_name: %s, metrics_path: %s, params: %s, static_configs: [{targets: ['%s']}]}\n", j.job, j.path, j.params, j.target)
	}
	server.Reload(t, config)
	return server.URL()
}
