package eliminate_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/diagnops/diagnops/engine/model"
)

// testNames reads the constants of engine/model that name a test, so that none is forgotten here.
func testNames() []string {
	f, err := parser.ParseFile(token.NewFileSet(), filepath.Join("..", "model", "fault.go"), nil, parser.SkipObjectResolution)
	if err != nil {
		panic("BUG: " + err.Error())
	}
	var out []string
	ast.Inspect(f, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if ok && strings.HasPrefix(spec.Names[0].Name, "Test") && len(spec.Values) == 1 && isText(spec.Values[0]) {
			out = append(out, strings.Trim(spec.Values[0].(*ast.BasicLit).Value, `"`))
		}
		return true
	})
	return out
}

// TestEveryVerdictIsShown insists that the file of each test shows it supporting, refuting and not knowing, where it can.
func TestEveryVerdictIsShown(t *testing.T) {
	if !slices.Contains(allTests, model.TestRole) || len(allTests) < 14 {
		t.Fatalf("only the tests %q found: the search is broken", allTests)
	}
	for _, test := range allTests {
		seen := map[model.Verdict]bool{}
		for _, c := range readCases(t, filepath.Join("testdata", test+".txt")) {
			d, err := decide(c.input)
			if err != nil {
				t.Fatalf("%s: case %q: %v", test, c.title, err)
			}
			for _, h := range d.hypotheses {
				for _, e := range h.Ledger {
					if e.Test == test {
						seen[e.Verdict] = true
					}
				}
			}
		}
		for _, v := range []model.Verdict{model.Supports, model.Refutes, model.VerdictUnknown} {
			if can := !slices.Contains(never[test], v); can != seen[v] {
				t.Errorf("testdata/%s.txt shows %q: %t, want %t", test, v, seen[v], can)
			}
		}
	}
}

// TestEverySentenceIsShown insists that each sentence that a test or a judgement can say stands in a golden file: whoever
// adds one adds the scene in which it is right.
func TestEverySentenceIsShown(t *testing.T) {
	shown := map[string]bool{}
	for _, file := range goldenFiles(t) {
		for _, c := range readCases(t, file) {
			d, err := decide(c.input)
			if err != nil {
				t.Fatalf("%s: case %q: %v", file, c.title, err)
			}
			for _, h := range d.hypotheses {
				for _, e := range h.Ledger {
					show(shown, e.Text)
				}
			}
			for _, c := range d.changes {
				show(shown, c.Reason)
				show(shown, c.Seen)
			}
		}
	}
	sentences := sentencesOf(t)
	if len(sentences) < 50 {
		t.Fatalf("only %d sentences found: the search is broken", len(sentences))
	}
	for _, s := range sentences {
		if !shown[s] {
			t.Errorf("no golden file shows %q", s)
		}
	}
}

// show notes a text and those within it.
func show(shown map[string]bool, m model.Message) {
	shown[m.Format] = true
	for _, arg := range m.Args {
		if inner, ok := arg.(model.Message); ok {
			show(shown, inner)
		}
	}
}

// sentencesOf collects the formats in the package's code: the first literal of each call that makes text for people.
func sentencesOf(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok && speaks(call) {
				if i := slices.IndexFunc(call.Args, isText); i >= 0 {
					s, err := strconv.Unquote(call.Args[i].(*ast.BasicLit).Value)
					if err != nil {
						t.Fatal(err)
					}
					out = append(out, s)
				}
			}
			return true
		})
	}
	return out
}

func speaks(call *ast.CallExpr) bool {
	switch f := call.Fun.(type) {
	case *ast.Ident:
		return f.Name == "about" || f.Name == "unknown"
	case *ast.SelectorExpr:
		return f.Sel.Name == "Say"
	}
	return false
}

func isText(e ast.Expr) bool {
	lit, ok := e.(*ast.BasicLit)
	return ok && lit.Kind == token.STRING
}
