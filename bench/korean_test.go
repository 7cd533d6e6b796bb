package bench

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/diagnops/diagnops/engine/ask"
	"github.com/diagnops/diagnops/engine/report"
)

// sayers are the functions that make text for people, by package and name, and which argument is the English format.
// model.Say is known everywhere; a helper in its own package alone.
var sayers = map[string]map[string]int{
	"engine/eliminate": {"about": 3, "unknown": 0},
	"engine/hypo":      {"say": 2},
	"engine/model":     {"Say": 0},
}

// isCatalogue tells whether a file holds the Korean of what other packages of the engine say. ko_labels.go and
// ko_words.go, the report's own, are looked after in package report.
func isCatalogue(file string) bool {
	return slices.Contains([]string{"engine/report/ko_engine.go", "engine/report/ko_tests.go", "engine/report/ko_plan.go"}, file)
}

// said is a text with the place of the code that says it.
type said struct{ text, at string }

// saidBy lists the formats that a file's code says. Wherever the format is no literal, it lists the place in other: only
// a helper may hand its own format on.
func saidBy(t *testing.T, file string, data []byte) (formats []said, other []string) {
	t.Helper()
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, file, data, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(f, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		i, ok := formatArgument(path.Dir(file), call)
		if !ok || i >= len(call.Args) {
			return true
		}
		at := fset.Position(call.Pos()).String()
		if text, ok := literal(call.Args[i]); ok {
			formats = append(formats, said{text, at})
		} else if name, ok := call.Args[i].(*ast.Ident); !ok || name.Name != "format" {
			other = append(other, at)
		}
		return true
	})
	return formats, other
}

// formatArgument tells which argument of a call is a text for people.
func formatArgument(pkg string, call *ast.CallExpr) (int, bool) {
	switch f := call.Fun.(type) {
	case *ast.Ident:
		i, ok := sayers[pkg][f.Name]
		return i, ok
	case *ast.SelectorExpr:
		x, ok := f.X.(*ast.Ident)
		return 0, ok && x.Name == "model" && f.Sel.Name == "Say"
	}
	return 0, false
}

func literal(e ast.Expr) (string, bool) {
	lit, ok := e.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return "", false
	}
	s, err := strconv.Unquote(lit.Value)
	return s, err == nil
}

// engineSays collects what the code of the engine says, but for the report's own texts. Package ask names its formats,
// for tests of its own, and lists them.
func engineSays(t *testing.T) []said {
	t.Helper()
	var all []said
	for _, f := range ask.Formats() {
		all = append(all, said{f, "ask.Formats"})
	}
	for file, data := range sources(t) {
		if !strings.HasPrefix(file, "engine/") || strings.HasPrefix(file, "engine/report/") || strings.HasPrefix(file, "engine/ask/") ||
			!strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
			continue
		}
		formats, other := saidBy(t, file, data)
		all = append(all, formats...)
		for _, at := range other {
			t.Errorf("%s: the format must be a literal, or nobody can tell whether it is translated", at)
		}
	}
	if len(all) < 100 {
		t.Fatalf("only %d texts found: the search is broken", len(all))
	}
	return all
}

// TestEverythingTheEngineSaysIsInKorean holds what the stages say against the Korean catalogue.
func TestEverythingTheEngineSaysIsInKorean(t *testing.T) {
	t.Parallel()
	for _, s := range engineSays(t) {
		if len(report.Untranslated([]string{s.text})) > 0 {
			t.Errorf("%s: not in ko_engine.go, ko_tests.go or ko_plan.go: %q", s.at, s.text)
		}
	}
}

// TestTheKoreanCatalogueHoldsNothingElse finds what was translated and is no longer said.
func TestTheKoreanCatalogueHoldsNothingElse(t *testing.T) {
	t.Parallel()
	known := map[string]bool{}
	for _, s := range engineSays(t) {
		known[s.text] = true
	}
	entries := 0
	for file, data := range sources(t) {
		if !isCatalogue(file) {
			continue
		}
		for _, e := range entriesOf(t, file, data) {
			entries++
			if !known[e.text] {
				t.Errorf("%s: no code says %q any more", e.at, e.text)
			}
		}
	}
	if entries < 100 {
		t.Fatalf("only %d entries found: the search is broken", entries)
	}
}

// entriesOf lists the keys of the map literals of a file.
func entriesOf(t *testing.T, file string, data []byte) []said {
	t.Helper()
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, file, data, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	var out []said
	ast.Inspect(f, func(n ast.Node) bool {
		if kv, ok := n.(*ast.KeyValueExpr); ok {
			if text, ok := literal(kv.Key); ok {
				out = append(out, said{text, fset.Position(kv.Pos()).String()})
			}
		}
		return true
	})
	return out
}

// TestSaidBy shows that the search finds what is said, and what it can not read.
func TestSaidBy(t *testing.T) {
	t.Parallel()
	src := `package eliminate
func f(x string) {
	model.Say("one %s", x)
	about(nil, model.Refutes, 0, "two")
	unknown("three", model.Say("four"))
	model.Say(x)
	model.Say(format, x)
	say("", false, "five")
	other.Say("six")
}`
	texts := func(ss []said) (out []string) {
		for _, s := range ss {
			out = append(out, s.text)
		}
		return out
	}
	formats, other := saidBy(t, "engine/eliminate/f.go", []byte(src))
	if got, want := texts(formats), []string{"one %s", "two", "three", "four"}; !slices.Equal(got, want) {
		t.Errorf("found %q, want %q", got, want)
	}
	if want := []string{"engine/eliminate/f.go:6:2"}; !slices.Equal(other, want) {
		t.Errorf("formats that are no literals found at %q, want %q", other, want)
	}
	if formats, _ = saidBy(t, "engine/hypo/f.go", []byte(src)); !slices.Contains(texts(formats), "five") {
		t.Errorf("found %q, want five among them", texts(formats))
	}
}
