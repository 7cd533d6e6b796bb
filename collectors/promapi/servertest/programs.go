package servertest

import (
	"fmt"
	"os"
	"syscall"
	"testing"
)

// HAProxy is a balancer in front of the sections given (frontends and backends, as in haproxy.cfg), in which FRONT stands for
// the address to listen on for requests; its metrics are at Addr, under /metrics.
func HAProxy(tb testing.TB, front, sections string) *Server {
	tb.Helper()
	const file = "haproxy.cfg"
	return Start(tb, Program{
		Command: "haproxy", Package: "haproxy", Ready: "/metrics",
		Args: func(s *Server) []string {
			config := fmt.Sprintf(`defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
frontend stats
  bind %s
  http-request use-service prometheus-exporter if { path /metrics }
frontend front
  bind %s
%s`, s.Addr, front, sections)
			if err := s.Write(file, config); err != nil {
				tb.Errorf("configuring haproxy: %v", err)
			}
			return []string{"-db", "-f", s.File(file)}
		},
		Quit: os.Interrupt,
	})
}

// Postgres is an empty PostgreSQL whose superuser postgres needs no password.
func Postgres(tb testing.TB) *Server {
	tb.Helper()
	return postgres(tb, func(s *Server) error {
		initdb := find(tb, Program{Command: "initdb", Package: "postgresql-15"})
		return s.run(initdb, "--pgdata="+s.File("data"), "--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync")
	})
}

// PostgresStandby copies a PostgreSQL that is still empty of sessions, and follows it. The primary is restarted for that.
func PostgresStandby(tb testing.TB, primary *Server) *Server {
	tb.Helper()
	return postgres(tb, func(s *Server) error {
		primary.Stop()
		if err := s.run("cp", "-a", primary.File("data"), s.File("data")); err != nil {
			return err
		}
		primary.Restart(tb)
		return s.run("touch", s.File("data/standby.signal"))
	}, "-c", fmt.Sprintf("primary_conninfo=host=%s port=%s user=postgres", primary.Host(), primary.Port()))
}

func postgres(tb testing.TB, prepare func(*Server) error, settings ...string) *Server {
	tb.Helper()
	return Start(tb, Program{
		Command: "postgres", Package: "postgresql-15", NotRoot: true,
		Prepare: prepare,
		Args: func(s *Server) []string {
			return append([]string{
				"-D", s.File("data"), "-h", s.Host(), "-p", s.Port(), "-k", s.Dir, "-F",
				"-c", "shared_buffers=16MB", "-c", "max_connections=60",
			}, settings...)
		},
		Quit: syscall.SIGINT, // the fast shutdown: open sessions are ended
	})
}

// PostgresURL is how a client finds a database of the server.
func (s *Server) PostgresURL(database string) string {
	return fmt.Sprintf("postgres://postgres@%s/%s?sslmode=disable", s.Addr, database)
}

// PostgresExporter tells of the database server behind the address; flags are added to its own.
func PostgresExporter(tb testing.TB, database *Server, flags ...string) *Server {
	tb.Helper()
	return Start(tb, Program{
		Command: "prometheus-postgres-exporter", Package: "prometheus-postgres-exporter", Ready: "/metrics",
		Env:  []string{"DATA_SOURCE_NAME=" + database.PostgresURL("postgres")},
		Args: func(s *Server) []string { return append([]string{"--web.listen-address=" + s.Addr}, flags...) },
	})
}

// NodeExporter tells of this machine.
func NodeExporter(tb testing.TB) *Server {
	tb.Helper()
	return Start(tb, Program{
		Command: "prometheus-node-exporter", Package: "prometheus-node-exporter", Ready: "/metrics",
		Args: func(s *Server) []string { return []string{"--web.listen-address=" + s.Addr} },
	})
}
