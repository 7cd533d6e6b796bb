package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/diagnops/diagnops/collectors/promapi"
	"github.com/diagnops/diagnops/collectors/topology"
	"github.com/diagnops/diagnops/rules"
)

// initCmd writes a topology file.
type initCmd struct {
	Prometheus sourceFlags   `embed:"" prefix:"prometheus." group:"Source"`
	Lookback   time.Duration `default:"1h" group:"Source" help:"Calls within this time count."`

	Output string   `short:"o" default:"topology.yaml" group:"Files" help:"The file to write, or to add to when there is one: what stands in it is kept. \"-\" prints a new one."`
	Rules  []string `placeholder:"DIR" sep:"none" group:"Files" help:"Rule packs (a folder or a file) on top of the built-in ones; repeatable."`
}

// Run asks the source, and writes what is found.
func (c *initCmd) Run(ctx context.Context, s *streams) error {
	switch {
	case c.Prometheus.URL == "":
		return usagef("--prometheus.url must be given")
	case c.Lookback <= 0 || c.Lookback%time.Millisecond != 0:
		return usagef("--lookback (%s) must be more than 0, in whole milliseconds", c.Lookback)
	}
	set, err := inputFlags{Rules: c.Rules}.loadRules()
	if err != nil {
		return err
	}
	opts, err := c.Prometheus.options()
	if err != nil {
		return err
	}
	client, err := promapi.New(opts)
	if err != nil {
		return err
	}
	defer client.Close()
	now := time.Now()
	seen, err := topology.Ask(ctx, client, topology.Options{At: now, Window: c.Lookback, Products: productsOf(set)})
	if err != nil {
		return err
	}
	for _, why := range seen.Unanswered {
		s.log.Warn().Str("source", client.URL()).Msg("not answered, what it would tell is missing: " + why)
	}
	found := topology.Discover(seen)
	if len(found.Components) == 0 {
		return fmt.Errorf("%s: has no targets (series of the metric up) of the last %s that a topology could be made of", client.URL(), c.Lookback)
	}
	if c.Output == "-" {
		out, _, err := topology.Merge("topology.yaml", nil, found, client.URL(), now)
		if err == nil {
			_, err = s.out.Write(out)
		}
		return err
	}
	return c.write(s, found, client.URL(), now)
}

// write puts what was found into the file and says what that changed.
func (c *initCmd) write(s *streams, found *topology.Discovered, source string, now time.Time) error {
	before, err := os.ReadFile(c.Output)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("reading a topology: %w", err)
	}
	after, changed, err := topology.Merge(c.Output, before, found, source, now)
	if err != nil {
		return err
	}
	if !bytes.Equal(before, after) {
		if err := replaceFile(c.Output, after); err != nil {
			return fmt.Errorf("writing a topology: %w", err)
		}
	}
	for _, d := range changed.Differs {
		s.log.Info().Str("file", c.Output).Msg("kept: " + d)
	}
	fmt.Fprintf(s.err, "%s: %s\n", c.Output, told(changed, bytes.Equal(before, after)))
	if len(found.Open) > 0 {
		fmt.Fprintf(s.err, "%d questions are open: see the lines that begin with \"# open\"\n", len(found.Open))
	}
	if len(before) == 0 {
		fmt.Fprintf(s.err, "read it, then ask: %s why --prometheus.url %s --topology %s\n", filepath.Base(s.self), source, c.Output)
	}
	return nil
}

// told says what a run did to the file.
func told(c *topology.Changed, same bool) string {
	if same {
		return "nothing new"
	}
	text := fmt.Sprintf("%d new components, %d new dependencies", c.NewComponents, c.NewEdges)
	if c.GoneComponents+c.GoneEdges > 0 {
		text += fmt.Sprintf("; %d components and %d dependencies are not seen any more", c.GoneComponents, c.GoneEdges)
	}
	if c.Back > 0 {
		text += fmt.Sprintf("; %d are back", c.Back)
	}
	return text
}

// productsOf are the products that the rule packs know.
func productsOf(set *rules.Set) []topology.Product {
	packs := set.Packs()
	var out []topology.Product
	for i := range packs {
		if p := &packs[i]; p.Identifies != "" {
			out = append(out, topology.Product{Name: p.Name, Kind: p.Identifies, Words: p.Kinds, Metrics: p.Requires})
		}
	}
	return out
}

// replaceFile writes a file in one step: a reader sees the old content or the new one.
func replaceFile(name string, data []byte) error {
	mode := fs.FileMode(0o644)
	if info, err := os.Stat(name); err == nil {
		mode = info.Mode().Perm()
	}
	tmp, err := os.CreateTemp(filepath.Dir(name), filepath.Base(name)+".*")
	if err != nil {
		return err
	}
	_, err = tmp.Write(data)
	err = errors.Join(err, tmp.Chmod(mode), tmp.Close())
	if err == nil {
		err = os.Rename(tmp.Name(), name)
	}
	if err != nil {
		return errors.Join(err, os.Remove(tmp.Name()))
	}
	return nil
}
