// Package promtest starts real Prometheus servers for tests. Only tests import it.
package promtest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// NoServers is the environment variable that, set to anything, skips tests which need a real server.
const NoServers = "DIAGNOPS_NO_SERVERS"

const (
	readyWithin = 30 * time.Second
	stopWithin  = 10 * time.Second
	// portTries is how often a port that somebody else took between choosing and using it is replaced.
	portTries = 3
)

// Start serves a copy of the TSDB blocks in blocksDir by a Prometheus on loopback until the test ends, and returns its
// URL once it is ready. Without the prometheus binary the test fails, unless NoServers says that there are none.
func Start(tb testing.TB, blocksDir string) (url string) {
	tb.Helper()
	bin := binary(tb)
	data := filepath.Join(tb.TempDir(), "data")
	if err := copyTree(data, blocksDir); err != nil {
		tb.Fatalf("copying blocks: %v", err)
	}
	return start(tb, bin, data, "").URL
}

// Server is a running Prometheus.
type Server struct {
	URL             string
	bin, conf, data string
	stop            func()
}

// StartWith runs a Prometheus that holds nothing yet, with the configuration given, until the test ends. It skips and
// fails like Start.
func StartWith(tb testing.TB, config string) *Server {
	tb.Helper()
	return start(tb, binary(tb), filepath.Join(tb.TempDir(), "data"), config)
}

// Reload makes the server go on with another configuration.
func (s *Server) Reload(tb testing.TB, config string) {
	tb.Helper()
	if err := os.WriteFile(s.conf, []byte(config), 0o600); err != nil {
		tb.Fatalf("writing the configuration: %v", err)
	}
	client := &http.Client{Timeout: readyWithin}
	defer client.CloseIdleConnections()
	resp, err := client.Post(s.URL+"/-/reload", "", nil)
	if err != nil {
		tb.Fatalf("reloading: %v", err)
	}
	defer func() { _ = resp.Body.Close() }()
	if text, err := io.ReadAll(resp.Body); err != nil || resp.StatusCode != http.StatusOK {
		tb.Fatalf("reloading: %s: %s %v", resp.Status, text, err)
	}
}

// binary finds the server's program, or ends the test.
func binary(tb testing.TB) string {
	tb.Helper()
	if os.Getenv(NoServers) != "" {
		tb.Skipf("%s is set", NoServers)
	}
	bin, err := exec.LookPath("prometheus")
	if err != nil {
		tb.Fatalf("this test needs a real Prometheus: install the Debian package prometheus, or set %s=1 to leave such "+
			"tests out (%v)", NoServers, err)
	}
	return bin
}

// start runs the program over a folder, on a port that is free.
func start(tb testing.TB, bin, data, config string) *Server {
	tb.Helper()
	s := &Server{bin: bin, data: data, conf: filepath.Join(tb.TempDir(), "prometheus.yml")}
	err := os.WriteFile(s.conf, []byte(config), 0o600)
	if err != nil {
		tb.Fatalf("writing the configuration: %v", err)
	}
	for range portTries {
		var addr string
		if addr, err = freeAddress(); err != nil {
			continue
		}
		if err = s.serve(addr); err == nil {
			tb.Cleanup(s.Stop)
			return s
		}
	}
	tb.Fatalf("starting prometheus: %v", err)
	return nil
}

// Stop ends the server, as a signal does; what it holds stays.
func (s *Server) Stop() { s.stop() }

// Restart starts a stopped server again, at its old address and with what it held.
func (s *Server) Restart(tb testing.TB) {
	tb.Helper()
	if err := s.serve(strings.TrimPrefix(s.URL, scheme)); err != nil {
		tb.Fatalf("starting prometheus again: %v", err)
	}
}

const scheme = "http://"

// serve starts the program and waits until it is ready or gone.
func (s *Server) serve(addr string) error {
	var log logBuffer
	cmd := exec.Command(s.bin, "--config.file="+s.conf, "--storage.tsdb.path="+s.data, "--web.listen-address="+addr,
		"--storage.tsdb.retention.time=100y", "--web.enable-lifecycle", "--log.level=warn")
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		return err
	}
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		// How it ended is of no interest: the log says why.
		_ = cmd.Wait()
	}()
	s.stop = func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		select {
		case <-gone:
		case <-time.After(stopWithin):
			_ = cmd.Process.Kill()
			<-gone
		}
	}
	s.URL = scheme + addr
	if err := waitReady(s.URL, gone); err != nil {
		s.stop()
		return fmt.Errorf("%w; it said:\n%s", err, log.String())
	}
	return nil
}

func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	addr := l.Addr().String()
	return addr, l.Close()
}

func waitReady(url string, gone <-chan struct{}) error {
	client := &http.Client{Timeout: time.Second}
	defer client.CloseIdleConnections()
	deadline := time.Now().Add(readyWithin)
	for time.Now().Before(deadline) {
		resp, err := client.Get(url + "/-/ready")
		if err == nil {
			_ = resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-gone:
			return errors.New("it ended before it was ready")
		case <-time.After(50 * time.Millisecond):
		}
	}
	return fmt.Errorf("it was not ready within %s", readyWithin)
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

// logBuffer is written by the process' copier while a failing test reads it.
type logBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
