package bench

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/diagnops/diagnops/collectors/synth"
	"github.com/diagnops/diagnops/engine/batch"
	"github.com/diagnops/diagnops/rules"
)

var update = flag.Bool("update", false, "rewrite the golden ledgers")

// ledgerComponents is small enough to hold in the head, and large enough for a component of every role but queues.
const ledgerComponents = 14

// ledgerCase is a made-up incident whose whole reasoning is kept in testdata/ledgers/NAME.txt for people to read.
type ledgerCase struct {
	name   string
	faults []synth.Kind
	seed   uint64
	why    string // this seed
}

// doubled is the rule by which seeds were chosen, without a look at the answer.
const doubled = "the least seed at which the symptom is at least twice as bad as usual"

// ledgerCases has a line for every kind of fault. Answers that are wrong at most seeds are wrong here, too.
var ledgerCases = []ledgerCase{
	ofOne(synth.KindCPU, 2, doubled),
	ofOne(synth.KindDisk, 2, doubled),
	ofOne(synth.KindHang, 1, doubled),
	ofOne(synth.KindSlowExternal, 3, doubled),
	ofOne(synth.KindPool, 4, doubled),
	ofOne(synth.KindLock, 9, doubled),
	ofOne(synth.KindLeak, 1, doubled),
	ofOne(synth.KindLoss, 6, doubled),
	ofOne(synth.KindDelay, 2, doubled),
	ofOne(synth.KindSurge, 1, doubled),
	ofOne(synth.KindDeploy, 1, doubled),
	ofOne(synth.KindConfig, 2, doubled),
	ofOne(synth.KindFlush, 9, "the least seed that has a cache in front of a database which can not do without"),
	ofOne(synth.KindBatch, 2, doubled),
	ofOne(synth.KindSilent, 2, doubled),
	{"two-faults", []synth.Kind{synth.KindDisk, synth.KindDeploy}, 1, "the least seed; a resource and a change, which are told apart by different tests"},
	{"no-fault", nil, 1, "the least seed"},
}

func ofOne(k synth.Kind, seed uint64, why string) ledgerCase {
	return ledgerCase{string(k), []synth.Kind{k}, seed, why}
}

// The size of a page that one reads without scrolling sideways, and at a sitting.
const (
	maxPageColumns = 119
	maxPageLines   = 119
)

// TestLedgers holds the reasoning of every case against its golden file.
func TestLedgers(t *testing.T) {
	set, err := rules.Load(rules.DefaultFS())
	if err != nil {
		t.Fatal(err)
	}
	e, weights := synthEngine(t), set.Weights()
	pages := make([]string, len(ledgerCases))
	err = batch.Run(t.Context(), 0, ledgerCases,
		func(ctx context.Context, c ledgerCase) (string, error) {
			sc, err := synth.Generate(synth.Options{Seed: c.seed, Components: ledgerComponents, Faults: c.faults})
			if err != nil {
				return "", fmt.Errorf("%s: %w: the case needs another seed", c.name, err)
			}
			d, err := diagnose(ctx, e, sc)
			if err != nil {
				return "", err
			}
			p := ledgerPage{ledgerCase: c, scenario: sc, diagnosis: d, weights: &weights}
			return p.String(), nil
		},
		func(i int, r batch.Result[string]) error {
			pages[i] = r.Value
			return r.Err
		})
	if err != nil {
		t.Fatal(err)
	}
	for i, c := range ledgerCases {
		t.Run(c.name, func(t *testing.T) {
			compareLedger(t, ledgerFile(c.name), pages[i])
		})
	}
}

const ledgerDir = "testdata/ledgers"

func ledgerFile(name string) string { return filepath.Join(ledgerDir, name+".txt") }

func compareLedger(t *testing.T, file, got string) {
	t.Helper()
	lines := strings.Split(strings.TrimSuffix(got, "\n"), "\n")
	if len(lines) > maxPageLines {
		t.Errorf("%s has %d lines, at most %d are read", file, len(lines), maxPageLines)
	}
	for i, line := range lines {
		if n := utf8.RuneCountInString(line); n > maxPageColumns {
			t.Errorf("%s:%d has %d columns, at most %d are read", file, i+1, n, maxPageColumns)
		}
	}
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil { //nolint:gosec // Goldens are no secret.
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v; `make ledgers` writes it", err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("%s (-want +got); `make ledgers` rewrites it:\n%s", file, diff)
	}
}

// TestLedgersAreComplete: every kind of fault has its file, and no file is left over.
func TestLedgersAreComplete(t *testing.T) {
	t.Parallel()
	var want []string
	for _, c := range ledgerCases {
		want = append(want, ledgerFile(c.name))
	}
	for _, k := range synth.Kinds() {
		if !slices.Contains(want, ledgerFile(string(k))) {
			t.Errorf("no case for the kind %s", k)
		}
	}
	got, err := filepath.Glob(filepath.Join(ledgerDir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("files of the cases (-want +there):\n%s", diff)
	}
}
