package detect

import (
	"flag"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/diagnops/diagnops/engine/model"
)

var update = flag.Bool("update", false, "rewrite the decisions in testdata")

// decided is one case of a file: its input as written, and the decision that stands below it.
type decided struct {
	name, input, want string
}

// parseDecided reads a file of cases: "# name", lines of input, "----", lines of decision, an empty line.
func parseDecided(text string) []decided {
	var out []decided
	for block := range strings.SplitSeq(strings.TrimSpace(text), "\n\n") {
		input, want, _ := strings.Cut(block+"\n", "----\n")
		name, _, _ := strings.Cut(strings.TrimPrefix(input, "# "), "\n")
		out = append(out, decided{name, input, strings.TrimSpace(want)})
	}
	return out
}

// TestDecisions holds what is decided against testdata/decisions, where input and decision stand side by side.
func TestDecisions(t *testing.T) {
	const path = "testdata/decisions"
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var rewritten []string
	for _, c := range parseDecided(string(text)) {
		t.Run(c.name, func(t *testing.T) {
			got := decide(t, c.input)
			rewritten = append(rewritten, c.input+"----\n"+got+"\n")
			if diff := cmp.Diff(c.want, got); diff != "" && !*update {
				t.Errorf("%s decided otherwise (-want +got); rewrite with -update:\n%s", c.input, diff)
			}
		})
	}
	if *update {
		if err := os.WriteFile(path, []byte(strings.Join(rewritten, "\n")), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// decide builds the series of a case and prints what is read of each.
func decide(t *testing.T, input string) string {
	t.Helper()
	var l *lane
	var courses []string
	rng := rand.New(rand.NewPCG(1, uint64(len(input))))
	flush := func() {
		if len(courses) > 0 {
			s := l.series[len(l.series)-1]
			s.Values = values(t, strings.Join(courses, " "), rng)
			if len(s.Values) != len(l.phases) {
				t.Fatalf("%s has %d points, the first series %d", s.ID(), len(s.Values), len(l.phases))
			}
			courses = nil
		}
	}
	for line := range strings.Lines(input) {
		verb, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		rest = strings.TrimSpace(rest)
		switch verb {
		case "#":
		case "series": // component signal kind unit bad [smear]
			if l == nil {
				l = straight(0, 0, 0)
			} else {
				flush()
			}
			f := strings.Fields(rest)
			sig := &model.Signal{Name: f[1], Kind: model.SignalKind(f[2]), Unit: f[3], Bad: model.Direction(f[4])}
			s := l.add(f[0], sig, nil)
			if len(f) > 5 {
				d, err := time.ParseDuration(f[5])
				if err != nil {
					t.Fatal(err)
				}
				s.SmearMillis = d.Milliseconds()
			}
		case "jump":
			d, err := time.ParseDuration(rest)
			if err != nil {
				t.Fatal(err)
			}
			if len(l.series) == 1 {
				l.jump(d)
			}
		default:
			if len(l.series) == 1 {
				l.run(phaseNamed(t, verb), len(values(t, rest, rng)))
			}
			courses = append(courses, rest)
		}
	}
	flush()
	lines := make([]string, 0, len(l.series))
	for _, r := range l.read() {
		lines = append(lines, said(r, l))
	}
	return strings.Join(lines, "\n")
}

func phaseNamed(t *testing.T, name string) model.Phase {
	t.Helper()
	for p := model.PhaseOther; p <= model.PhaseSymptom; p++ {
		if p.String() == name {
			return p
		}
	}
	t.Fatalf("no phase is named %q", name)
	return 0
}
