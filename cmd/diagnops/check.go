package main

import (
	"context"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/diagnops/diagnops/collectors"
	"github.com/diagnops/diagnops/collectors/bundle"
	"github.com/diagnops/diagnops/engine"
	"github.com/diagnops/diagnops/rules"
)

// checkCmd looks at files without using them.
type checkCmd struct {
	Bundle   checkBundleCmd   `cmd:"" help:"Recorded incidents: the folder, every file in it, and how they fit together."`
	Topology checkTopologyCmd `cmd:"" help:"Topology files."`
	Changes  checkChangesCmd  `cmd:"" help:"Change events, in any format that --changes takes."`
	Rules    checkRulesCmd    `cmd:"" help:"Rule packs: files or folders, together with the built-in ones."`
}

// checkAll checks one path after the other: "ok" lines to stdout, problems to stderr.
func checkAll(s *streams, paths []string, check func(path string) (summary string, err error)) error {
	failed := false
	for _, path := range paths {
		summary, err := check(path)
		if err != nil {
			failed = true
			fmt.Fprintln(s.err, err)
			continue
		}
		if _, err := fmt.Fprintf(s.out, "%s: ok: %s\n", path, summary); err != nil {
			return err
		}
	}
	if failed {
		return errReported
	}
	return nil
}

type checkBundleCmd struct {
	Dir []string `arg:"" help:"Folders of recorded incidents."`
}

// Run checks every folder, its truth aside.
func (c *checkBundleCmd) Run(ctx context.Context, s *streams) error {
	return checkAll(s, c.Dir, func(path string) (string, error) {
		sum, problems, err := bundle.Check(ctx, path)
		if err != nil {
			return "", err
		}
		for _, w := range sum.Warnings {
			fmt.Fprintln(s.err, "warning:", w)
		}
		return fmt.Sprintf("%s: %d components, %d dependencies, %d changes, %d series with %d samples every %s",
			sum.ID, sum.Components, sum.Dependencies, sum.Changes, sum.Series, sum.Samples, sum.ScrapeInterval), problems.Err()
	})
}

type checkTopologyCmd struct {
	File []string `arg:"" help:"topology.yaml files."`
}

// Run checks every file.
func (c *checkTopologyCmd) Run(s *streams) error {
	return checkAll(s, c.File, func(path string) (string, error) {
		t, err := readTopology(path)
		if err != nil {
			return "", err
		}
		return fmt.Sprintf("%d components, %d dependencies, %d signals",
			len(t.Components), len(t.Dependencies), len(t.Signals)), nil
	})
}

type checkChangesCmd struct {
	File []string `arg:"" help:"changes.jsonl files."`
}

// Run checks every file.
func (c *checkChangesCmd) Run(s *streams) error {
	return checkAll(s, c.File, func(path string) (string, error) {
		data, err := os.ReadFile(path)
		if err != nil {
			return "", err
		}
		changes, none, err := collectors.ReadChanges(collectors.ChangeInput{File: path}, data)
		if err != nil {
			return "", err
		}
		for _, e := range none {
			fmt.Fprintf(s.err, "%s:%d: %s is no change: %s\n", path, e.Line, e.What, e.Why)
		}
		return fmt.Sprintf("%d changes", len(changes)), nil
	})
}

type checkRulesCmd struct {
	File    []string `arg:"" help:"Rule packs: files, or folders of them."`
	Verbose bool     `short:"v" help:"Say of every expression which way it is evaluated as samples come in: incrementally, or by Prometheus' engine."`
}

// Run checks every file or folder as it would be used: on top of the built-in packs.
func (c *checkRulesCmd) Run(s *streams) error {
	return checkAll(s, c.File, func(path string) (string, error) {
		fsys, err := rulesAt(path)
		if err != nil {
			return "", err
		}
		set, err := rules.Load(rules.DefaultFS(), fsys)
		if err != nil {
			return "", err
		}
		for _, st := range set.Strangers() {
			fmt.Fprintf(s.err, "warning: %s: %s: no pack has a signal %q%s (a topology may give it)\n", path, st.Where, st.Signal, meant(st.Signal, set))
		}
		summary := fmt.Sprintf("%d packs and %d faults with the built-in ones, rules hash %s",
			len(set.Packs()), len(set.Faults()), set.Hash())
		if !c.Verbose {
			return summary, nil
		}
		ways, err := waysOf(set)
		return summary + ways, err
	})
}

// meant asks whether another signal of the packs was meant; "" when none is like enough.
func meant(signal string, set *rules.Set) string {
	names := slices.Sorted(maps.Keys(catalogueKinds(set)))
	if near, ok := collectors.Nearest(signal, names); ok {
		return fmt.Sprintf("; did you mean %q?", near)
	}
	return ""
}

// waysOf writes a line for each expression of the packs: which way it is evaluated as samples come in.
func waysOf(set *rules.Set) (string, error) {
	var b strings.Builder
	packs := set.Packs()
	for i := range packs {
		for k := range packs[i].Signals {
			sig := &packs[i].Signals[k]
			for _, expr := range sig.Exprs {
				way, err := engine.ExplainSignal(rules.WithSampleRange(expr))
				if err != nil {
					return "", err
				}
				fmt.Fprintf(&b, "\n  %s %s: %s: %s", packs[i].Name, sig.Name, way, expr)
			}
		}
	}
	return b.String(), nil
}

// rulesAt returns a folder of packs, or a single pack.
func rulesAt(path string) (fs.FS, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		return rules.Dir(path), nil
	}
	return onlyFile{dir: filepath.Dir(path), name: filepath.Base(path)}, nil
}

// onlyFile is a folder in which a single file is seen.
type onlyFile struct{ dir, name string }

// String is what the file names of problems begin with.
func (f onlyFile) String() string { return f.dir }

// Open opens the file, or the folder with nothing else in it.
func (f onlyFile) Open(name string) (fs.File, error) {
	if name != "." && name != f.name {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return os.DirFS(f.dir).Open(name)
}

// ReadDir lists the single file.
func (f onlyFile) ReadDir(name string) ([]fs.DirEntry, error) {
	if name != "." {
		return nil, &fs.PathError{Op: "readdir", Path: name, Err: fs.ErrNotExist}
	}
	info, err := os.Stat(filepath.Join(f.dir, f.name))
	if err != nil {
		return nil, err
	}
	return []fs.DirEntry{fs.FileInfoToDirEntry(info)}, nil
}
