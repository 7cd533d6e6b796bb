package main

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/rs/zerolog"

	"github.com/diagnops/diagnops/collectors"
	"github.com/diagnops/diagnops/engine"
	"github.com/diagnops/diagnops/engine/model"
)

// testCmd tests what users write themselves.
type testCmd struct {
	Rules     testRulesCmd     `cmd:"" help:"Tests of rule packs: made-up metrics in promtool's notation, and what must be answered from them."`
	Incidents testIncidentsCmd `cmd:"" help:"Recorded incidents as tests: bundles with an expect.yaml, what must be answered about them."`
}

type testRulesCmd struct {
	File    []string `arg:"" help:"Files of rule tests, or folders of them."`
	Only    string   `name:"run" placeholder:"REGEXP" help:"Run only the tests whose name matches."`
	Verbose bool     `short:"v" help:"Name every test, and print the ledgers that a failed one is about."`
}

// Run runs every test of every file; what failed, and a line for each file, go to stdout.
func (c *testRulesCmd) Run(ctx context.Context, s *streams) error {
	only, err := regexp.Compile(c.Only)
	if err != nil {
		return usagef("--run (%q) must be a regular expression: %w", c.Only, err)
	}
	files, err := testFiles(c.File)
	if err != nil {
		return err
	}
	t := &ruleTester{log: s.log, only: only, analysts: map[string]*analyst{}}
	ran, err := s.testEach(ctx, files, c.Verbose, t.file)
	if err == nil && ran == 0 {
		err = fmt.Errorf("no test matches --run %q", c.Only)
	}
	return err
}

// testEach runs the tests of every file and prints what came of them, and returns how many there were; what is wrong with a
// file goes to stderr, and the other files are run all the same.
func (s *streams) testEach(
	ctx context.Context, files []string, verbose bool, test func(ctx context.Context, file string) ([]ruleResult, error),
) (ran int, err error) {
	failed := false
	for _, file := range files {
		results, err := test(ctx, file)
		if ctx.Err() != nil {
			return ran, err
		}
		if err != nil {
			failed = true
			fmt.Fprintln(s.err, err)
			continue
		}
		ran += len(results)
		ok, err := s.printResults(file, results, verbose)
		if err != nil {
			return ran, err
		}
		failed = failed || !ok
	}
	if failed {
		return ran, errReported
	}
	return ran, nil
}

// testFiles are the files given, and of folders those below that may hold tests, by name.
func testFiles(paths []string) ([]string, error) {
	var out []string
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			return nil, err
		}
		if !info.IsDir() {
			out = append(out, path)
			continue
		}
		before := len(out)
		err = filepath.WalkDir(path, func(name string, entry fs.DirEntry, err error) error {
			if ext := filepath.Ext(name); err == nil && !entry.IsDir() && (ext == ".yaml" || ext == ".yml") {
				out = append(out, name)
			}
			return err
		})
		if err != nil {
			return nil, err
		}
		if len(out) == before {
			return nil, fmt.Errorf("%s: no *.yaml in this folder", path)
		}
	}
	return out, nil
}

// ruleTester runs tests of rules. It keeps what it loaded: files share packs.
type ruleTester struct {
	log      zerolog.Logger
	only     *regexp.Regexp      // of names
	analysts map[string]*analyst // by the paths of the packs beside the built-in ones
}

// ruleResult is what came of a test.
type ruleResult struct {
	name     string
	answer   *model.Diagnosis
	failures []ruleFailure // none = passed
}

// ruleFailure is an expectation that does not hold.
type ruleFailure struct {
	expect   *collectors.RuleExpectation
	answered string
}

// file runs the tests of a file.
func (t *ruleTester) file(ctx context.Context, file string) ([]ruleResult, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	tests, err := collectors.ParseRuleTests(file, data)
	if err != nil {
		return nil, err
	}
	a, err := t.analyst(tests)
	if err != nil {
		return nil, err
	}
	var out []ruleResult
	for i := range tests.Tests {
		test := &tests.Tests[i]
		if !t.only.MatchString(test.Name) {
			continue
		}
		d, err := a.data(ctx, engine.Input{Incident: test.Incident, Topology: test.Topology, Changes: test.Changes}, test.Data, nil)
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %s: %w", file, test.Line, test.Name, err)
		}
		out = append(out, judgeRules(test.Name, d, test.Expect))
	}
	return out, nil
}

// analyst answers with the built-in packs and those that a file of tests names.
func (t *ruleTester) analyst(tests *collectors.RuleTests) (*analyst, error) {
	paths := slices.Clone(tests.Rules)
	for i, path := range paths {
		if !filepath.IsAbs(path) {
			paths[i] = filepath.Join(filepath.Dir(tests.File), path)
		}
	}
	key := strings.Join(paths, "\n")
	if a, ok := t.analysts[key]; ok {
		return a, nil
	}
	a, err := newAnalyst(inputFlags{Rules: paths}, 1, t.log)
	if err == nil {
		t.analysts[key] = a
	}
	return a, err
}
