// Package servertest runs real servers on loopback for as long as a test does: Prometheus, exporters, balancers, databases.
// A server is one entry (see programs.go): its command, how its folder is filled, its arguments, and how one knows that it is
// ready. Only tests import it.
package servertest

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
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
	// nobody is the user that programs run as which refuse to be root's.
	nobody = 65534
)

// Program is what a server is run by.
type Program struct {
	Command string // looked for on PATH
	Package string // the Debian package that has it; .ci/need-servers fetches what has a line there
	// NotRoot says that the program refuses to run as root: then it runs as nobody, and its folder is nobody's.
	NotRoot bool
	// Prepare fills the server's folder, once; nil when there is nothing to fill.
	Prepare func(*Server) error
	// Args are the arguments, for the address and folder of this server.
	Args func(*Server) []string
	// Env is added to the environment.
	Env []string
	// Ready is the path that answers 200 once the server is ready; "" = it takes connections.
	Ready string
	// Quit is what ends it; nil = SIGTERM.
	Quit os.Signal
}

// Server is a running program.
type Server struct {
	Addr string // host:port on loopback
	Dir  string // its own, empty before Prepare

	program Program
	bin     string
	stop    func()
}

// URL is the server's address as that of an HTTP server.
func (s *Server) URL() string { return "http://" + s.Addr }

// Host is the address without the port.
func (s *Server) Host() string {
	host, _, _ := net.SplitHostPort(s.Addr) // what net.Listen gave has both
	return host
}

// Port is the number behind the host, as text.
func (s *Server) Port() string {
	_, port, _ := net.SplitHostPort(s.Addr)
	return port
}

// Start runs the program, on a port that is free, until the test ends, and returns once it is ready. Without the program
// the test fails, unless NoServers says that there are none: then it is skipped.
func Start(tb testing.TB, p Program) *Server {
	tb.Helper()
	s := &Server{program: p, bin: find(tb, p)}
	var err error
	if s.Dir, err = newDir(tb, p.NotRoot); err != nil {
		tb.Fatalf("making a folder for %s: %v", p.Command, err)
	}
	if p.Prepare != nil {
		if err := p.Prepare(s); err != nil {
			tb.Fatalf("preparing %s: %v", p.Command, err)
		}
	}
	for range portTries {
		if s.Addr, err = FreeAddress(); err != nil {
			continue
		}
		if err = s.serve(); err == nil {
			tb.Cleanup(s.Stop)
			return s
		}
	}
	tb.Fatalf("starting %s: %v", p.Command, err)
	return nil
}

// find looks for the program, or ends the test.
func find(tb testing.TB, p Program) string {
	tb.Helper()
	if os.Getenv(NoServers) != "" {
		tb.Skipf("%s is set", NoServers)
	}
	bin, err := exec.LookPath(p.Command)
	if err != nil {
		tb.Fatalf("this test needs a real %s: install the Debian package %s, or set %s=1 to leave such tests out (%v)",
			p.Command, p.Package, NoServers, err)
	}
	return bin
}

// newDir makes a folder that lasts as long as the test. Those of tb.TempDir are closed to other users.
func newDir(tb testing.TB, notRoot bool) (string, error) {
	tb.Helper()
	if !notRoot || os.Getuid() != 0 {
		return tb.TempDir(), nil
	}
	dir, err := os.MkdirTemp("", "servertest")
	if err != nil {
		return "", err
	}
	tb.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			tb.Errorf("removing a server's folder: %v", err)
		}
	})
	return dir, os.Chown(dir, nobody, nobody)
}

// Stop ends the server, as a signal does; what it holds stays.
func (s *Server) Stop() { s.stop() }

// Restart starts a stopped server again, at its old address and with what it held.
func (s *Server) Restart(tb testing.TB) {
	tb.Helper()
	if err := s.serve(); err != nil {
		tb.Fatalf("starting %s again: %v", s.program.Command, err)
	}
}

// command is one of the program's, to be run as the program is.
func (s *Server) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.Dir = s.Dir
	cmd.Env = append(os.Environ(), s.program.Env...)
	if s.program.NotRoot && os.Getuid() == 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	}
	return cmd
}

// run runs a command as the program is run, to its end.
func (s *Server) run(name string, args ...string) error {
	if out, err := s.command(name, args...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w:\n%s", name, err, out)
	}
	return nil
}

// serve starts the program and waits until it is ready or gone.
func (s *Server) serve() error {
	var log logBuffer
	cmd := s.command(s.bin, s.program.Args(s)...)
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
		quit := s.program.Quit
		if quit == nil {
			quit = syscall.SIGTERM
		}
		_ = cmd.Process.Signal(quit)
		select {
		case <-gone:
		case <-time.After(stopWithin):
			_ = cmd.Process.Kill()
			<-gone
		}
	}
	if err := s.waitReady(gone); err != nil {
		s.stop()
		return fmt.Errorf("%w; it said:\n%s", err, log.String())
	}
	return nil
}

// FreeAddress is one on loopback that nobody listens on.
func FreeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	addr := l.Addr().String()
	return addr, l.Close()
}

func (s *Server) waitReady(gone <-chan struct{}) error {
	client := &http.Client{Timeout: time.Second}
	defer client.CloseIdleConnections()
	deadline := time.Now().Add(readyWithin)
	for time.Now().Before(deadline) {
		if s.answers(client) {
			return nil
		}
		select {
		case <-gone:
			return errors.New("it ended before it was ready")
		case <-time.After(50 * time.Millisecond):
		}
	}
	return fmt.Errorf("it was not ready within %s", readyWithin)
}

func (s *Server) answers(client *http.Client) bool {
	if s.program.Ready == "" {
		conn, err := net.DialTimeout("tcp", s.Addr, time.Second)
		return err == nil && conn.Close() == nil
	}
	resp, err := client.Get(s.URL() + s.program.Ready)
	return err == nil && resp.Body.Close() == nil && resp.StatusCode == http.StatusOK
}

// File is a file in the server's folder.
func (s *Server) File(name string) string { return filepath.Join(s.Dir, name) }

// Write puts a file into the server's folder.
func (s *Server) Write(name, text string) error {
	return os.WriteFile(s.File(name), []byte(text), 0o600)
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
