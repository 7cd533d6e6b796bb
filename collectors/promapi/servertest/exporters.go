package servertest

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
)

// Redis is an empty Redis that keeps a log on disk and may hold few megabytes; it copies another server when primary is not nil.
func Redis(tb testing.TB, primary *Server) *Server {
	tb.Helper()
	return Start(tb, Program{
		Command: "redis-server", Package: "redis-server",
		Args: func(s *Server) []string {
			args := []string{
				"--bind", s.Host(), "--port", s.Port(), "--dir", s.Dir, "--save", "",
				"--appendonly", "yes", "--maxmemory", "16mb", "--maxmemory-policy", "allkeys-lru",
			}
			if primary != nil {
				args = append(args, "--replicaof", primary.Host(), primary.Port())
			}
			return args
		},
	})
}

// RedisExporter tells of the Redis behind the address, and under /scrape?target=redis://HOST:PORT of any other.
func RedisExporter(tb testing.TB, redis *Server) *Server {
	tb.Helper()
	return Start(tb, Program{
		Command: "prometheus-redis-exporter", Package: "prometheus-redis-exporter", Ready: "/metrics",
		Args: func(s *Server) []string {
			return []string{"-web.listen-address", s.Addr, "-redis.addr", "redis://" + redis.Addr}
		},
	})
}

// MariaDB is a MariaDB without databases whose user root needs no password; statements are timed (performance_schema), and
// another that has another id can follow it.
func MariaDB(tb testing.TB, id int) *Server {
	tb.Helper()
	const (
		pkg     = "mariadb-server-core"
		install = "mariadb-install-db"
		asRoot  = "--user=root" // lets it run as root; another user runs it as themselves
	)
	return Start(tb, Program{
		Command: "mariadbd", Package: pkg,
		Prepare: func(s *Server) error {
			path := find(tb, Program{Command: install, Package: pkg})
			return s.run(path, "--no-defaults", "--datadir="+s.File("data"), "--basedir="+usrOf(path),
				"--auth-root-authentication-method=normal", "--skip-test-db", asRoot)
		},
		Args: func(s *Server) []string {
			return []string{
				"--no-defaults", asRoot, "--datadir=" + s.File("data"), "--socket=" + s.File("sock"), "--pid-file=" + s.File("pid"),
				"--bind-address=" + s.Host(), "--port=" + s.Port(), "--performance-schema=ON", "--innodb-buffer-pool-size=16M",
				"--log-bin", "--server-id=" + strconv.Itoa(id),
			}
		},
	})
}

// usrOf is where the files of a package lie whose program is on PATH: with the rest of the system, or beside the program where
// .ci/need-servers has unpacked them.
func usrOf(program string) string {
	unpacked := filepath.Join(filepath.Dir(program), ".servers", "usr")
	if _, err := os.Stat(unpacked); err == nil {
		return unpacked
	}
	return "/usr"
}

// PostgresQueries is the example of queries beside its own that PostgresExporter's package has, for its --extend.query-path.
func PostgresQueries(tb testing.TB) string {
	tb.Helper()
	const pkg = "prometheus-postgres-exporter"
	file := filepath.Join(usrOf(find(tb, Program{Command: pkg, Package: pkg})), "share", "doc", pkg, "examples", "queries.yaml")
	if _, err := os.Stat(file); err != nil {
		tb.Fatalf("this test needs all files of the Debian package %s: %v", pkg, err)
	}
	return file
}

// MySQLDSN is how a client finds the server behind the address, as Go's driver for MySQL writes it.
func (s *Server) MySQLDSN() string { return "root@tcp(" + s.Addr + ")/" }

// MySQLExporter tells of the database server behind the address; flags switch collectors on.
func MySQLExporter(tb testing.TB, database *Server, flags ...string) *Server {
	tb.Helper()
	return Start(tb, Program{
		Command: "prometheus-mysqld-exporter", Package: "prometheus-mysqld-exporter", Ready: "/metrics",
		Env:  []string{"DATA_SOURCE_NAME=" + database.MySQLDSN()},
		Args: func(s *Server) []string { return append([]string{"--web.listen-address=" + s.Addr}, flags...) },
	})
}

// The paths of an Nginx that are not answered with "ok".
const (
	nginxStatus = "/stub_status"
	// NginxBroken is answered with status 500.
	NginxBroken = "/broken"
)

// Nginx answers every request itself.
func Nginx(tb testing.TB) *Server {
	tb.Helper()
	const file = "nginx.conf"
	return Start(tb, Program{
		Command: "nginx", Package: "nginx", Ready: nginxStatus,
		Args: func(s *Server) []string {
			config := fmt.Sprintf(`daemon off;
master_process off;
pid %[1]s/pid;
error_log stderr;
events {}
http {
  access_log off;
  client_body_temp_path %[1]s/body;
  proxy_temp_path %[1]s/proxy;
  fastcgi_temp_path %[1]s/fastcgi;
  uwsgi_temp_path %[1]s/uwsgi;
  scgi_temp_path %[1]s/scgi;
  server {
    listen %[2]s;
    location / { return 200 "ok"; }
    location = %[3]s { return 500; }
    location = %[4]s { stub_status; }
  }
}
`, s.Dir, s.Addr, NginxBroken, nginxStatus)
			if err := s.Write(file, config); err != nil {
				tb.Errorf("configuring nginx: %v", err)
			}
			return []string{"-e", "stderr", "-p", s.Dir, "-c", s.File(file)}
		},
		Quit: syscall.SIGQUIT, // requests are answered to their end
	})
}

// NginxExporter tells of the Nginx behind the address.
func NginxExporter(tb testing.TB, nginx *Server) *Server {
	tb.Helper()
	return Start(tb, Program{
		Command: "prometheus-nginx-exporter", Package: "prometheus-nginx-exporter", Ready: "/metrics",
		Args: func(s *Server) []string {
			return []string{"-web.listen-address", s.Addr, "-nginx.scrape-uri", nginx.URL() + nginxStatus}
		},
	})
}

// BlackboxExporter probes what it is asked to with the modules given, as blackbox.yml has them: /probe?module=M&target=URL.
func BlackboxExporter(tb testing.TB, modules string) *Server {
	tb.Helper()
	const file = "blackbox.yml"
	return Start(tb, Program{
		Command: "prometheus-blackbox-exporter", Package: "prometheus-blackbox-exporter", Ready: "/metrics",
		Prepare: func(s *Server) error { return s.Write(file, "modules:\n"+modules) },
		Args: func(s *Server) []string {
			return []string{"--web.listen-address=" + s.Addr, "--config.file=" + s.File(file)}
		},
	})
}
