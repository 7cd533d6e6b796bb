// Package bench holds what judges the product as a whole: macro benchmarks, the accuracy figures under eval/, and the
// tests of the architecture. It has test files and data only.
package bench

import (
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/diagnops/diagnops/"

// allowed is the table of CONTRIBUTING.md: which packages of ours a package may import, as path.Match patterns. A package
// that matches no row may not exist.
var allowed = []struct {
	pattern string
	imports []string
}{
	{"cmd/diagnops", []string{
		"engine", "engine/ask", "engine/batch", "engine/experiment", "engine/model", "engine/plan", "engine/rank", "engine/report",
		"engine/topo", "engine/window", "rules", "collectors", "collectors/*", "testdata",
	}},
	{"engine", []string{"engine/*", "rules"}},
	{"engine/model", nil},
	{"engine/parallel", nil},
	{"engine/ring", nil},
	{"engine/window", []string{"engine/model", "engine/parallel", "engine/ring"}},
	{"engine/stream", []string{"engine/model"}},
	{"engine/journal", []string{"engine/model"}},
	{"engine/topo", []string{"engine/model"}},
	{"engine/ask", []string{"engine/model"}},
	{"engine/detect", []string{"engine/model", "engine/parallel", "engine/window"}},
	{"engine/correlate", []string{"engine/model", "engine/window", "engine/topo"}},
	{"engine/change", []string{"engine/model", "engine/parallel", "engine/window", "engine/topo"}},
	{"engine/claim", []string{"engine/model", "engine/topo"}},
	{"engine/hypo", []string{"engine/model", "engine/topo"}},
	{"engine/eliminate", []string{"engine/model", "engine/window", "engine/topo"}},
	{"engine/cohort", []string{"engine/model"}},
	{"engine/experiment", []string{"engine/model"}},
	{"engine/rank", []string{"engine/model"}},
	{"engine/triage", []string{"engine/model", "engine/topo"}},
	{"engine/plan", []string{"engine/model", "engine/topo"}},
	{"engine/report", []string{"engine/model"}},
	{"engine/store", []string{"engine/model"}},
	{"engine/batch", []string{"engine/model"}},
	{"rules", []string{"engine/model", "engine/window", "engine/topo"}},
	{"collectors", []string{"engine/model"}},
	{"collectors/*", []string{"engine/model", "collectors"}},
	{"collectors/synth/scenarios", []string{"engine/model", "collectors/synth"}},
	{"collectors/*/*test", []string{"collectors/*/*test"}}, // support for tests, see TestNobodyShipsTestSupport
	{"testdata", nil},
	{"bench", nil},
}

// pkg is what `go list -json` says of a package.
type pkg struct {
	ImportPath, Dir, Doc string
	GoFiles, TestGoFiles []string
	Imports              []string
}

// rel is the package's path inside the module; "" for packages of others.
func rel(importPath string) string {
	inside, ours := strings.CutPrefix(importPath, module)
	if !ours {
		return ""
	}
	return inside
}

// packages lists every package of the module.
func packages(t *testing.T) []pkg {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-e", "-json=ImportPath,Dir,Doc,GoFiles,TestGoFiles,Imports", "./...")
	cmd.Dir = ".."
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []pkg
	dec := json.NewDecoder(strings.NewReader(string(out)))
	for {
		var p pkg
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	if len(all) == 0 {
		t.Fatal("go list found no package")
	}
	return all
}

func matchAny(patterns []string, name string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool {
		ok, err := path.Match(p, name)
		return ok && err == nil
	})
}

func TestImportsFollowTheTable(t *testing.T) {
	t.Parallel()
	for _, p := range packages(t) {
		name := rel(p.ImportPath)
		row := slices.IndexFunc(allowed, func(a struct {
			pattern string
			imports []string
		},
		) bool {
			return matchAny([]string{a.pattern}, name)
		})
		if row < 0 {
			t.Errorf("%s has no row in the table of packages", name)
			continue
		}
		for _, imported := range p.Imports {
			if of := rel(imported); of != "" && !matchAny(allowed[row].imports, of) {
				t.Errorf("%s imports %s, which its row does not allow (%s)", name, of, strings.Join(allowed[row].imports, ", "))
			}
		}
	}
}

// TestNobodyShipsTestSupport keeps helpers for tests (packages whose name ends in "test") out of the binary.
func TestNobodyShipsTestSupport(t *testing.T) {
	t.Parallel()
	for _, p := range packages(t) {
		if strings.HasSuffix(p.ImportPath, "test") {
			continue
		}
		for _, imported := range p.Imports {
			if of := rel(imported); strings.HasSuffix(of, "test") {
				t.Errorf("%s imports %s outside of its tests", rel(p.ImportPath), of)
			}
		}
	}
}

func TestTheTableIsDocumented(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../CONTRIBUTING.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range allowed {
		if strings.HasSuffix(a.pattern, "test") {
			continue
		}
		if !strings.Contains(string(text), "| `"+a.pattern+"` |") {
			t.Errorf("CONTRIBUTING.md has no row for `%s`", a.pattern)
		}
	}
}

func TestEveryPackageHasADocComment(t *testing.T) {
	t.Parallel()
	for _, p := range packages(t) {
		doc := p.Doc
		if len(p.GoFiles) == 0 {
			doc = testDoc(t, p) // go list reads the comment of shipped files only
		}
		// A package comment of one clause tells no more than the name.
		if len(strings.Fields(doc)) < 5 {
			t.Errorf("%s has no doc comment that says what it is: %q", rel(p.ImportPath), doc)
		}
	}
}

func testDoc(t *testing.T, p pkg) string {
	t.Helper()
	for _, name := range p.TestGoFiles {
		f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, name), nil, parser.ParseComments|parser.PackageClauseOnly)
		if err != nil {
			t.Fatal(err)
		}
		if f.Doc != nil {
			return f.Doc.Text()
		}
	}
	return ""
}

// readsTheClock says who may: the edges and the composition root. Everybody else takes time as a parameter, so that
// yesterday's incident and tonight's run through the same code.
func readsTheClock(name string) bool {
	return name == "engine" || strings.HasPrefix(name, "cmd/") || strings.HasPrefix(name, "collectors")
}

func TestNoClockBelowTheEngine(t *testing.T) {
	t.Parallel()
	for _, p := range packages(t) {
		if readsTheClock(rel(p.ImportPath)) {
			continue
		}
		for _, name := range p.GoFiles {
			file := filepath.Join(p.Dir, name)
			src, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			readings, err := clockReadings(file, src)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range readings {
				t.Errorf("%s: time is a parameter below the engine", r)
			}
		}
	}
}

// clockReadings lists where a file calls time.Now, time.Since or time.Until, whatever name it gives the package.
func clockReadings(file string, src []byte) ([]string, error) {
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, file, src, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	timePkg := ""
	for _, imp := range f.Imports {
		if imp.Path.Value == `"time"` {
			timePkg = "time"
			if imp.Name != nil {
				timePkg = imp.Name.Name
			}
		}
	}
	var found []string
	ast.Inspect(f, func(n ast.Node) bool {
		sel, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if x, ok := sel.X.(*ast.Ident); ok && timePkg != "" && x.Name == timePkg &&
			slices.Contains([]string{"Now", "Since", "Until"}, sel.Sel.Name) {
			found = append(found, fmt.Sprintf("%s calls %s.%s", fset.Position(sel.Pos()), timePkg, sel.Sel.Name))
		}
		return true
	})
	return found, nil
}

// TestClockReadings shows that the check above can fail.
func TestClockReadings(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		src  string
		want int
	}{
		{"package a\nimport \"time\"\nvar t = time.Now()\nvar d = time.Since(t)", 2},
		{"package a\nimport clock \"time\"\nvar f = clock.Now", 1},
		{"package a\nimport \"time\"\nvar d = time.Second", 0},
		{"package a\nvar time struct{ Now func() }\nvar f = time.Now", 0},
	} {
		got, err := clockReadings("a.go", []byte(tc.src))
		if err != nil {
			t.Fatal(err)
		}
		if len(got) != tc.want {
			t.Errorf("%q reads the clock at %v, want %d places", tc.src, got, tc.want)
		}
	}
}
