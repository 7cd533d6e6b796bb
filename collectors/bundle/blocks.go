package bundle

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb"
	"github.com/prometheus/prometheus/tsdb/chunkenc"

	"github.com/diagnops/diagnops/engine/model"
)

// blocks reads every TSDB block below blocks/: the folders that hold a meta.json.
func (l *loader) blocks() error {
	entries, err := fs.ReadDir(l.fsys, blocksDir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("reading %s: %w", l.path(blocksDir), err)
	}
	var names []string
	for _, e := range entries {
		if _, err := fs.Stat(l.fsys, path.Join(blocksDir, e.Name(), "meta.json")); err == nil {
			names = append(names, e.Name())
		} else if e.IsDir() && (e.Name() == "wal" || e.Name() == "chunks_head") {
			l.warn(blocksDir, "samples in %s are not read: take a snapshot, which writes them as a block", e.Name())
		}
	}
	if len(names) == 0 {
		l.problem(blocksDir, 0, "must hold at least one TSDB block (a folder with meta.json)")
		return nil
	}
	root, err := l.blocksOnDisk()
	if err != nil {
		return err
	}
	for _, name := range names {
		if err := l.block(filepath.Join(root, name)); err != nil {
			if l.ctx.Err() != nil {
				return l.ctx.Err()
			}
			l.problem(path.Join(blocksDir, name), 0, strings.ReplaceAll(err.Error(), root, l.path(blocksDir)))
		}
	}
	return nil
}

// blocksOnDisk returns the folder with the blocks, copied there first when the bundle is not on disk: the TSDB maps files
// into memory, which an embedded file system cannot.
func (b *Bundle) blocksOnDisk() (string, error) {
	if b.Dir != "" {
		return filepath.Join(b.Dir, blocksDir), nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.temp != "" {
		return b.temp, nil
	}
	dir, err := os.MkdirTemp("", "diagnops-blocks-")
	if err != nil {
		return "", fmt.Errorf("copying %s: %w", blocksDir, err)
	}
	sub, err := fs.Sub(b.fsys, blocksDir)
	if err == nil {
		err = os.CopyFS(dir, sub)
	}
	if err != nil {
		return "", errors.Join(fmt.Errorf("copying %s: %w", blocksDir, err), os.RemoveAll(dir))
	}
	b.temp = dir
	return dir, nil
}

// block reads one block. Some damaged indexes make the TSDB panic; that is told as damage.
func (l *loader) block(dir string) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("must be an intact TSDB block: %v", p)
		}
	}()
	opened, err := tsdb.OpenBlock(nil, dir, nil, nil)
	if err != nil {
		return fmt.Errorf("must be an intact TSDB block: %w", err)
	}
	defer func() { err = errors.Join(err, opened.Close()) }()
	querier, err := tsdb.NewBlockQuerier(opened, math.MinInt64, math.MaxInt64)
	if err != nil {
		return fmt.Errorf("must be an intact TSDB block: %w", err)
	}
	defer func() { err = errors.Join(err, querier.Close()) }()

	l.columns.reserve(int(min(opened.Meta().Stats.NumSamples, maxReserve)))
	// The empty matcher is the TSDB's own way to ask for every series.
	all := querier.Select(l.ctx, true, nil, labels.MustNewMatcher(labels.MatchEqual, "", ""))
	r := blockReader{loader: l, names: map[string]string{}}
	for all.Next() {
		if err := r.series(all.At()); err != nil {
			return err
		}
	}
	if err := all.Err(); err != nil {
		return fmt.Errorf("must be an intact TSDB block: %w", err)
	}
	return nil
}

// blockReader keeps what is shared by the series of a block.
type blockReader struct {
	*loader
	names map[string]string // label names and values, copied out of the mapped file, each once
	it    chunkenc.Iterator // reused
}

func (r *blockReader) series(s storage.Series) error {
	if err := r.ctx.Err(); err != nil {
		return err
	}
	if err := r.checkSize(); err != nil {
		return err
	}
	own := r.labels(s.Labels())
	c := r.columns
	begun := false
	histograms := false
	r.it = s.Iterator(r.it)
	for kind := r.it.Next(); kind != chunkenc.ValNone; kind = r.it.Next() {
		if kind != chunkenc.ValFloat {
			histograms = true
			continue
		}
		if !begun {
			n, err := c.find(own)
			if err != nil {
				return err
			}
			c.begin(n)
			begun = true
		}
		t, v := r.it.At()
		if t < 0 || t > maxMillis {
			return fmt.Errorf("timestamp (%d) %w", t, errTime)
		}
		c.times = append(c.times, t)
		c.values = append(c.values, v)
	}
	if err := r.it.Err(); err != nil {
		return fmt.Errorf("must be an intact TSDB block: series %s: %w", own, err)
	}
	if histograms {
		return r.histograms(s, own)
	}
	return nil
}

// checkSize keeps the bounds of a bundle.
func (r *blockReader) checkSize() error {
	if len(r.columns.times) > maxSamples {
		return errTooManySamples
	}
	return nil
}

// labels copies labels out of the block, whose file is unmapped before they are used.
func (r *blockReader) labels(ls labels.Labels) model.Labels {
	out := make(model.Labels, 0, ls.Len())
	ls.Range(func(l labels.Label) {
		out = append(out, model.Label{Name: r.own(l.Name), Value: r.own(l.Value)})
	})
	out.Sort()
	return out
}

func (r *blockReader) own(s string) string {
	if kept, ok := r.names[s]; ok {
		return kept
	}
	s = strings.Clone(s)
	r.names[s] = s
	return s
}
