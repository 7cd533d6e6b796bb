package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

var update = flag.Bool("update", false, "rewrite the golden parts of testdata/script")

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"diagnops": main, "shopd": shopMain})
}

// TestScripts runs the commands as a user does. Besides testscript's own words the scripts know
//
//	exits CODE diagnops ARGS...   runs the program and insists on its exit code
//	readme FILE...                writes the blocks of the README that begin with a comment of that name
//	shop DIR [NAME=VALUE...]      writes a bundle: web asks orders, orders asks db; see shop_test.go
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:           "testdata/script",
		UpdateScripts: *update,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits":  exits,
			"readme": writeFromReadme,
			"shop":   writeShop,
		},
		Setup: func(env *testscript.Env) error {
			root, err := filepath.Abs("../..")
			env.Setenv("REPO", root)
			env.Setenv("COLUMNS", "100")
			return err
		},
	})
}

// exits runs a command and compares its exit code.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND [ARGS...]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			ts.Fatalf("%s: %v", strings.Join(args[1:], " "), err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("%s: exit code %d, want %d", strings.Join(args[1:], " "), got, want)
	}
}

// writeShop writes a bundle for scripts.
func writeShop(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: shop DIR [NAME=VALUE...]")
	}
	s, err := parseShop(args[1:])
	ts.Check(err)
	ts.Check(s.write(ts.MkAbs(args[0])))
}

// writeFromReadme writes blocks of the README to files: those whose first line is a comment with the file's name.
func writeFromReadme(ts *testscript.TestScript, neg bool, args []string) {
	readme, err := os.ReadFile("../../README.md")
	ts.Check(err)
	for _, name := range args {
		_, block, found := strings.Cut(string(readme), "\n```yaml\n# "+name+"\n")
		block, _, closed := strings.Cut(block, "\n```\n")
		if neg || !found || !closed {
			ts.Fatalf("the README has no block that begins with # %s", name)
		}
		ts.Check(os.WriteFile(ts.MkAbs(name), []byte(block+"\n"), 0o600))
	}
}

// diagnops runs the program within the test and returns what it printed.
func diagnops(t *testing.T, wantCode int, args ...string) (stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code := run(context.WithoutCancel(t.Context()), append([]string{"diagnops"}, args...), &out, &errs)
	if code != wantCode {
		t.Fatalf("diagnops %s: exit code %d, want %d\n%s", strings.Join(args, " "), code, wantCode, errs.String())
	}
	return out.String(), errs.String()
}

// copyTree copies a bundle's folder, leaving out the named file.
func copyTree(t *testing.T, dst, src, leaveOut string) {
	t.Helper()
	if err := os.CopyFS(dst, os.DirFS(src)); err != nil {
		t.Fatal(err)
	}
	if leaveOut != "" {
		if err := os.Remove(filepath.Join(dst, leaveOut)); err != nil {
			t.Fatal(err)
		}
	}
}

// truths lists the truth files below a folder.
func truths(t *testing.T, dir string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*", "*", "truth.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Fatalf("no truths below %s", dir)
	}
	return files
}

func removeTruths(t *testing.T, dir string) {
	t.Helper()
	for _, f := range truths(t, dir) {
		if err := os.Remove(f); err != nil {
			t.Fatal(err)
		}
	}
}

// breakTruths puts folders where the truth files were: they can neither be read nor parsed.
func breakTruths(t *testing.T, dir string) {
	t.Helper()
	files := truths(t, dir)
	removeTruths(t, dir)
	for _, f := range files {
		if err := os.Mkdir(f, 0o755); err != nil {
			t.Fatal(err)
		}
	}
}
