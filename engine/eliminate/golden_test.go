package eliminate_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/diagnops/diagnops/engine/eliminate"
	"github.com/diagnops/diagnops/engine/model"
	"github.com/diagnops/diagnops/engine/topo"
)

var update = flag.Bool("update", false, "rewrite what the golden files expect")

// allTests are the refutation tests that the model names; each has a file of that name in testdata.
var allTests = testNames()

// never are the verdicts that a test can not come to.
var never = map[string][]model.Verdict{
	model.TestLoadSource: {model.VerdictUnknown}, // who has no traffic measured has no more than usual
	model.TestHostQuiet:  {model.Supports},       // a busy host says nothing about one of its residents
}

// A golden file is a list of cases: "=== title", the scene (see scene), "----", and what was decided.
type goldenCase struct{ title, input, want string }

func readCases(t *testing.T, file string) []goldenCase {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var cases []goldenCase
	for _, block := range strings.Split("\n"+string(data), "\n=== ")[1:] {
		title, rest, _ := strings.Cut(block, "\n")
		input, want, ok := strings.Cut(rest, "\n----\n")
		if !ok && !*update {
			t.Fatalf("%s: case %q has no ---- line", file, title)
		}
		cases = append(cases, goldenCase{title, strings.TrimRight(input, "\n"), strings.TrimRight(want, "\n")})
	}
	if len(cases) == 0 {
		t.Fatalf("%s has no case", file)
	}
	return cases
}

func writeCases(t *testing.T, file string, cases []goldenCase) {
	t.Helper()
	blocks := make([]string, len(cases))
	for i, c := range cases {
		blocks[i] = fmt.Sprintf("=== %s\n%s\n----\n%s\n", c.title, c.input, c.want)
	}
	if err := os.WriteFile(file, []byte(strings.Join(blocks, "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
}

func goldenFiles(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// TestGolden decides every case. Files that carry a test's name show that test alone, others the whole ledger.
func TestGolden(t *testing.T) {
	for _, file := range goldenFiles(t) {
		name := strings.TrimSuffix(filepath.Base(file), ".txt")
		t.Run(name, func(t *testing.T) {
			cases := readCases(t, file)
			for i, c := range cases {
				d, err := decide(c.input)
				if err != nil {
					t.Fatalf("%s: case %q: %v", file, c.title, err)
				}
				got := d.print(name)
				if diff := cmp.Diff(c.want, got); diff != "" && !*update {
					t.Errorf("case %q (-want +got); rewrite with -update:\n%s", c.title, diff)
				}
				cases[i].want = got
			}
			if *update {
				writeCases(t, file, cases)
			}
		})
	}
}

// decision is what came of a scene.
type decision struct {
	hypotheses []*model.Hypothesis
	changes    []model.JudgedChange
}

// decide runs a scene: what it supposes is tried, and where it asks to judge, its changes are judged.
func decide(input string) (*decision, error) {
	s, err := parse(input)
	if err != nil {
		return nil, err
	}
	sc, g, err := s.build()
	if err != nil {
		return nil, err
	}
	d := &decision{}
	for ask := s.ask; len(ask) > 0; {
		if ask[0] != "suppose" {
			if d.changes, err = s.judge(sc, g, ask[1:]); err != nil {
				return nil, err
			}
			break
		}
		h, err := s.hypothesis(sc, g, ask[1], ask[2])
		if err != nil {
			return nil, err
		}
		d.hypotheses = append(d.hypotheses, h)
		ask = ask[3:]
	}
	eliminate.Run(d.hypotheses, sc, g)
	return d, nil
}

// judge judges the changes; who is accused is given as pairs of component and fault, best first.
func (s *scene) judge(sc *model.Scene, g *topo.Graph, accused []string) ([]model.JudgedChange, error) {
	var culprits []*model.Hypothesis
	for pair := range slices.Chunk(accused, 2) {
		h, err := s.hypothesis(sc, g, pair[0], pair[len(pair)-1])
		if err != nil {
			return nil, err
		}
		culprits = append(culprits, h)
	}
	return eliminate.JudgeChanges(sc, g, culprits), nil
}

// print writes the decision down; only the named test where there is one of that name.
func (d *decision) print(only string) string {
	var b strings.Builder
	for _, h := range d.hypotheses {
		fmt.Fprintf(&b, "%s %s\n", h.Component, h.Fault.Name)
		sum := 0.0
		for _, e := range h.Ledger {
			sum += e.Weight
			switch {
			case !slices.Contains(allTests, only):
				printEvidence(&b, fmt.Sprintf("%-15s", e.Test), e)
			case e.Test == only:
				printEvidence(&b, "", e)
			}
		}
		switch {
		case h.RuledOut != nil && (h.RuledOut.Test == only || !slices.Contains(allTests, only)):
			fmt.Fprintf(&b, "  ruled out by %s\n", h.RuledOut.Test)
		case !slices.Contains(allTests, only):
			fmt.Fprintf(&b, "  survives with log-odds of %+.2f\n", sum)
		}
	}
	for _, c := range d.changes {
		fmt.Fprintf(&b, "%s of %s at %s\n  %s: %s\n", c.Kind, c.Component, model.FormatClock(c.At), c.Relation, c.Reason)
		if !c.Seen.IsZero() {
			fmt.Fprintf(&b, "  seen: %s\n", c.Seen)
		}
	}
	return strings.TrimRight(b.String(), "\n")
}

func printEvidence(b *strings.Builder, lead string, e model.Evidence) {
	fmt.Fprintf(b, "  %s%-8s %+.2f  %s\n", lead, e.Verdict, e.Weight, e.Text)
	if e.Query != "" {
		fmt.Fprintf(b, "  %*s<- %s: %s, usually %s\n", len(lead)+len("supports +0.00  "), "", e.Query, e.Observed, e.Baseline)
	}
}
