package journal

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"

	"github.com/prometheus/prometheus/tsdb/fileutil"
)

// syncer syncs segments on a goroutine of its own: a sync may take seconds while the disk is busy, and what is written
// meanwhile is safe from a kill. What is written during a sync waits for the next, which follows at once.
type syncer struct {
	journal *Journal
	token   chan struct{} // one: there is something to sync; closed = and nothing will follow
	done    chan struct{} // closed when all is synced
	failed  atomic.Bool   // a sync failed, so what the segment holds is not to be relied on

	mu      sync.Mutex // guards what follows
	files   []*os.File // the segments not yet synced to their ends, and last the one being written; the syncer closes them
	begins  bool       // the last one has been made since the directory was synced
	written uint64     // samples since the last sync began
}

func newSyncer(j *Journal) *syncer {
	s := &syncer{journal: j, token: make(chan struct{}, 1), done: make(chan struct{})}
	go s.run()
	return s
}

// begun hands over a segment that is written to from now on.
func (s *syncer) begun(file *os.File) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.files = append(s.files, file)
	s.begins = true
}

// wrote tells that samples were written to the newest segment.
func (s *syncer) wrote(samples int) {
	s.mu.Lock()
	s.written += uint64(samples)
	s.mu.Unlock()
	select {
	case s.token <- struct{}{}:
	default: // A token is there already.
	}
}

// stop syncs what is left, and returns when that is done.
func (s *syncer) stop() {
	close(s.token)
	<-s.done
}

func (s *syncer) run() {
	defer close(s.done)
	for range s.token {
		s.sync()
	}
	s.sync()
	for _, f := range s.files { // Nobody else is left to touch them.
		s.told(f.Close())
	}
}

// sync syncs all files, and closes those that are written no more.
func (s *syncer) sync() {
	s.mu.Lock()
	files, begins, written := s.files, s.begins, s.written
	if len(files) == 0 {
		s.mu.Unlock()
		return
	}
	s.files, s.begins, s.written = files[len(files)-1:len(files):len(files)], false, 0
	s.mu.Unlock()

	var errs []error
	if begins {
		errs = append(errs, syncDir(s.journal.opts.Dir))
	}
	for i, f := range files {
		errs = append(errs, fileutil.Fdatasync(f))
		if i < len(files)-1 {
			errs = append(errs, f.Close())
		}
	}
	err := errors.Join(errs...)
	s.told(err)
	if err != nil {
		s.failed.Store(true)
		return
	}
	s.journal.mu.Lock()
	defer s.journal.mu.Unlock()
	s.journal.stats.Synced += written
}

// told counts an error.
func (s *syncer) told(err error) {
	if err == nil {
		return
	}
	s.journal.mu.Lock()
	defer s.journal.mu.Unlock()
	s.journal.failed(fmt.Errorf("syncing: %w", err))
}

// syncDir makes the names of new files last.
func syncDir(name string) error {
	dir, err := fileutil.OpenDir(name)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
