package report

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/diagnops/diagnops/engine/model"
)

// speaking are the functions whose literal arguments are texts of the report.
var speaking = map[string]bool{"t": true, "add": true, "h": true, "actions": true, "candidates": true, "table": true}

// ownTexts collects the texts of the report from its source and its page.
func ownTexts(t *testing.T) []string {
	t.Helper()
	var texts []string
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || !speaking[calledName(call)] {
				return true
			}
			for _, arg := range call.Args {
				ast.Inspect(arg, func(n ast.Node) bool {
					if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
						s, err := strconv.Unquote(lit.Value)
						if err != nil {
							t.Fatal(err)
						}
						texts = append(texts, s)
					}
					_, call := n.(*ast.CallExpr)
					return !call
				})
			}
			return true
		})
	}
	for _, m := range regexp.MustCompile(`\{\{t "([^"]*)"\}\}`).FindAllStringSubmatch(pageSource, -1) {
		texts = append(texts, m[1])
	}
	texts = slices.AppendSeq(texts, maps.Values(relationText))
	texts = slices.AppendSeq(texts, maps.Values(claimText))
	texts = slices.AppendSeq(texts, maps.Values(statementText))
	texts = slices.AppendSeq(texts, maps.Values(deniedText))
	texts = slices.AppendSeq(texts, maps.Values(severityText))
	texts = slices.AppendSeq(texts, maps.Values(controlText))
	return slices.AppendSeq(texts, maps.Values(faultText))
}

func calledName(call *ast.CallExpr) string {
	switch f := call.Fun.(type) {
	case *ast.Ident:
		return f.Name
	case *ast.SelectorExpr:
		return f.Sel.Name
	}
	return ""
}

func TestEveryTextOfTheReportIsTranslated(t *testing.T) {
	texts := ownTexts(t)
	if len(texts) < 60 {
		t.Fatalf("only %d texts found: the search is broken", len(texts))
	}
	if missing := Untranslated(texts); len(missing) > 0 {
		t.Errorf("not in ko_labels.go or ko_words.go:\n%s", strings.Join(missing, "\n"))
	}
}

func TestEveryTermOfTheModelIsTranslated(t *testing.T) {
	var terms []string
	for _, k := range model.SignalKinds() {
		terms = append(terms, string(k))
	}
	for _, k := range model.ChangeKinds() {
		terms = append(terms, string(k))
	}
	for _, k := range model.DependencyKinds() {
		terms = append(terms, string(k))
	}
	for s := model.StateUnknown; s <= model.StateAbnormal; s++ {
		terms = append(terms, s.String())
	}
	for r := model.ReasonNoSeries; r <= model.ReasonPinned; r++ {
		terms = append(terms, r.String())
	}
	if missing := Untranslated(terms); len(missing) > 0 {
		t.Errorf("not in ko_words.go: %q", missing)
	}
}

var verb = regexp.MustCompile(`%(?:\[(\d+)\])?[-+# 0]*\d*(?:\.\d+)?([a-zA-Z%])`)

// verbs maps each argument's place to its verb; ok is false when a place is taken by two verbs.
func verbs(format string) map[string]string {
	out := map[string]string{}
	next := 1
	for _, m := range verb.FindAllStringSubmatch(format, -1) {
		place := m[1]
		switch {
		case m[2] == "%":
			continue
		case place == "":
			place = strconv.Itoa(next)
			next++
		}
		out[place] = m[2]
	}
	return out
}

func TestCatalogueFitsItsFormats(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range catalogues {
		for en, ko := range c {
			if seen[en] {
				t.Errorf("%q stands in two catalogues", en)
			}
			seen[en] = true
			if ko == "" {
				t.Errorf("%q has no Korean", en)
			}
			if diff := cmp.Diff(verbs(en), verbs(ko)); diff != "" {
				t.Errorf("%q and %q use other arguments:\n%s", en, ko, diff)
			}
			for _, m := range verb.FindAllStringSubmatch(ko, -1) {
				if m[1] == "" && m[2] != "%" {
					t.Errorf("%q: %s must name its argument, as %%[1]s does", ko, m[0])
				}
			}
		}
	}
}

func TestKoreanMessages(t *testing.T) {
	s := speaker{Korean}
	inner := model.Say("not measured")
	for want, m := range map[string]model.Message{
		"측정되지 않음":        inner,
		"db: 측정되지 않음":    model.Say("%s: %s", "db", inner),
		"근거: 측정되지 않음":    model.Say("Because: %s", &inner),
		"근거: 알 수 없음":     model.Say("Because: %s", "unknown"),
		"근거: 오류":         model.Say("Because: %s", model.KindErrors),
		"근거: cache":      model.Say("Because: %s", "cache"),
		"근거: [db 정상]":    model.Say("Because: %s", []model.Message{model.Verbatim("db"), model.Say("normal")}),
		"12 개, web":      {Format: "%s has %d", Korean: "%[2]d 개, %[1]s", Args: []any{"web", 12}},
		"no such text 3": model.Say("no such text %d", 3),
		"":               {},
	} {
		if got := s.msg(m); got != want {
			t.Errorf("msg(%v) = %q, want %q", m, got, want)
		}
	}
	if got := (speaker{English}).msg(model.Message{Format: "en %d", Korean: "ko %[1]d", Args: []any{1}}); got != "en 1" {
		t.Errorf("English: %q", got)
	}
}

func TestUntranslated(t *testing.T) {
	got := Untranslated([]string{"zebra %s", "WHY", "%s", "%[1]s: %-5.1f %%", "apple", "zebra %s", "%s, usually %s"})
	if diff := cmp.Diff([]string{"apple", "zebra %s"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestGlossaryIsComplete(t *testing.T) {
	seen := map[string]bool{}
	for _, g := range Glossary() {
		for _, l := range Langs() {
			term, meaning := g.In(l)
			if term == "" || meaning == "" || seen[term] {
				t.Errorf("%s %v: empty or twice", l, g)
			}
			seen[term] = true
		}
	}
	out := string(render(t, healthy(), FormatMarkdown, Options{Verbose: true}))
	if !strings.Contains(out, "**root cause**") {
		t.Error("the glossary is not in the verbose report")
	}
}
