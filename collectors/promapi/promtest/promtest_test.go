package promtest

import (
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"github.com/diagnops/diagnops/collectors/promapi/servertest"
)

// witness is a test that is watched: it ends as a real one does, and keeps why.
type witness struct {
	testing.TB
	failed, skipped string
}

func (w *witness) Fatalf(format string, args ...any) {
	w.failed = fmt.Sprintf(format, args...)
	runtime.Goexit()
}

func (w *witness) Skipf(format string, args ...any) {
	w.skipped = fmt.Sprintf(format, args...)
	runtime.Goexit()
}

// watch calls Start in a goroutine that it may end.
func watch(t *testing.T, dir string) *witness {
	t.Helper()
	w := &witness{TB: t}
	done := make(chan struct{})
	go func() {
		defer close(done)
		Start(w, dir)
	}()
	<-done
	return w
}

func TestWithoutBinary(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	t.Setenv(servertest.NoServers, "")
	if w := watch(t, t.TempDir()); !strings.Contains(w.failed, "install the Debian package prometheus") {
		t.Errorf("failed with %q, skipped with %q", w.failed, w.skipped)
	}
	t.Setenv(servertest.NoServers, "1")
	if w := watch(t, t.TempDir()); w.failed != "" || w.skipped == "" {
		t.Errorf("failed with %q, skipped with %q", w.failed, w.skipped)
	}
}

func TestWithoutBlocks(t *testing.T) {
	if w := watch(t, "does-not-exist"); !strings.Contains(w.failed, "copying blocks") && w.skipped == "" {
		t.Errorf("failed with %q", w.failed)
	}
}

func TestEndsWithTheTest(t *testing.T) {
	var url string
	t.Run("running", func(t *testing.T) {
		url = Start(t, "../../../testdata/lab-01/blocks")
		resp, err := http.Get(url + "/-/ready")
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
	})
	if url == "" {
		return
	}
	if resp, err := http.Get(url + "/-/ready"); err == nil {
		_ = resp.Body.Close()
		t.Error("the server outlived its test")
	}
}
