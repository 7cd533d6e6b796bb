// Package promtest starts real Prometheus servers for tests. Only tests import it.
package promtest

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/diagnops/diagnops/collectors/promapi/servertest"
)

// Start serves a copy of the TSDB blocks in blocksDir by a Prometheus on loopback until the test ends, and returns its
// URL once it is ready. It skips and fails like servertest.Start.
func Start(tb testing.TB, blocksDir string) (url string) {
	tb.Helper()
	return start(tb, "", func(s *servertest.Server) error {
		if err := copyTree(s.File(data), blocksDir); err != nil {
			return fmt.Errorf("copying blocks: %w", err)
		}
		return nil
	}).URL()
}

// Server is a running Prometheus.
type Server struct{ *servertest.Server }

// StartWith runs a Prometheus that holds nothing yet, with the configuration given, until the test ends. It skips and
// fails like servertest.Start.
func StartWith(tb testing.TB, config string) *Server {
	tb.Helper()
	return start(tb, config, func(*servertest.Server) error { return nil })
}

// The parts of a server's folder.
const (
	conf = "prometheus.yml"
	data = "data"
)

func start(tb testing.TB, config string, fill func(*servertest.Server) error) *Server {
	tb.Helper()
	return &Server{servertest.Start(tb, servertest.Program{
		Command: "prometheus", Package: "prometheus", Ready: "/-/ready",
		Prepare: func(s *servertest.Server) error {
			if err := s.Write(conf, config); err != nil {
				return err
			}
			return fill(s)
		},
		Args: func(s *servertest.Server) []string {
			return []string{
				"--config.file=" + s.File(conf), "--storage.tsdb.path=" + s.File(data), "--web.listen-address=" + s.Addr,
				"--storage.tsdb.retention.time=100y", "--web.enable-lifecycle", "--log.level=warn",
			}
		},
	})}
}

// reloadWithin bounds a reload: the new configuration is read and its targets are started.
const reloadWithin = 30 * time.Second

// Reload makes the server go on with another configuration.
func (s *Server) Reload(tb testing.TB, config string) {
	tb.Helper()
	if err := s.Write(conf, config); err != nil {
		tb.Fatalf("writing the configuration: %v", err)
	}
	client := &http.Client{Timeout: reloadWithin}
	defer client.CloseIdleConnections()
	resp, err := client.Post(s.URL()+"/-/reload", "", nil)
	if err != nil {
		tb.Fatalf("reloading: %v", err)
	}
	defer func() { _ = resp.Body.Close() }()
	if text, err := io.ReadAll(resp.Body); err != nil || resp.StatusCode != http.StatusOK {
		tb.Fatalf("reloading: %s: %s %v", resp.Status, text, err)
	}
}

// copyTree copies regular files and folders; the copies are writable, the server changes its folder.
func copyTree(to, from string) error {
	return filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		target := filepath.Join(to, rel)
		if d.IsDir() {
			return os.MkdirAll(target, 0o755)
		}
		return copyFile(target, path)
	})
}

// soak is the environment variable for how long a test against a real server goes on, such as 10m.
const soak = "DIAGNOPS_SOAK"

// Soak is how long a test against a real server is to go on: as DIAGNOPS_SOAK tells, else usually.
func Soak(tb testing.TB, usually time.Duration) time.Duration {
	tb.Helper()
	told := os.Getenv(soak)
	if told == "" {
		return usually
	}
	d, err := time.ParseDuration(told)
	if err != nil {
		tb.Fatalf("%s: %v", soak, err)
	}
	return d
}

func copyFile(to, from string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	out, err := os.Create(to)
	if err != nil {
		return errors.Join(err, in.Close())
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, in.Close(), out.Close())
}
