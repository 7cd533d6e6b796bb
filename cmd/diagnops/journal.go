package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"

	"github.com/diagnops/diagnops/engine/model"
	"github.com/diagnops/diagnops/engine/report"
)

// journalKey identifies an answered incident: its id, for people, and a digest of all that was asked.
type journalKey struct {
	ID    string `json:"id"`
	Asked string `json:"asked"`
}

// keyOf digests an incident with everything but the metrics that its answer depends on. Whoever alters the window, the
// topology or the rules gets a new answer, not the journal's.
func keyOf(inc model.Incident, changes []model.Change, t *model.Topology, rulesHash string) journalKey {
	asked, err := json.Marshal(struct {
		Incident model.Incident
		Changes  []model.Change
		Topology *model.Topology
		Rules    string
		Zone     string `json:",omitempty"`
	}{inc, changes, t, rulesHash, zoneName(inc)})
	if err != nil {
		panic("BUG: digesting an incident: " + err.Error()) // plain structs always encode
	}
	sum := sha256.Sum256(asked)
	return journalKey{ID: inc.ID, Asked: hex.EncodeToString(sum[:8])}
}

// zoneName is "" where no zone is given, so that journals from before there were any are still read.
func zoneName(inc model.Incident) string {
	if inc.Zone == nil {
		return ""
	}
	return inc.Zone.String()
}

// entry is one line of a journal.
type entry struct {
	journalKey
	Diagnosis json.RawMessage `json:"diagnosis"`
}

// journal notes what is answered, a line an incident, so that an interrupted run can go on. It is safe for concurrent
// use. Each line is on disk before its answer is printed.
type journal struct {
	known map[journalKey][]byte // from earlier runs; read only

	mu   sync.Mutex
	file *os.File // guarded by mu
}

// openJournal opens the file for adding. With resume, what it holds is known; without, it must not hold anything, so
// that hours of work are never thrown away by a forgotten flag.
func openJournal(file string, resume bool) (*journal, error) {
	j := &journal{known: map[journalKey][]byte{}}
	data, err := os.ReadFile(file)
	switch {
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("reading the journal: %w", err)
	case len(data) > 0 && !resume:
		return nil, usagef("the journal %s exists: give --resume to go on where it ends, or remove it to begin anew", file)
	}
	whole, err := j.read(file, data)
	if err != nil {
		return nil, err
	}
	if j.file, err = os.OpenFile(file, os.O_CREATE|os.O_RDWR, 0o644); err != nil { //nolint:gosec // Answers are no secret.
		return nil, fmt.Errorf("opening the journal: %w", err)
	}
	// What a crash left of its last line is cut off, so that the next line starts on its own.
	if err := j.file.Truncate(int64(whole)); err == nil {
		_, err = j.file.Seek(0, 2)
		if err == nil {
			return j, nil
		}
	}
	return nil, errors.Join(fmt.Errorf("opening the journal %s for adding: %w", file, err), j.file.Close())
}

// read takes in the complete lines and returns how many bytes they are.
func (j *journal) read(file string, data []byte) (whole int, err error) {
	for n := 1; ; n++ {
		line, _, complete := bytes.Cut(data[whole:], []byte("\n"))
		if !complete {
			return whole, nil
		}
		var e entry
		if err := json.Unmarshal(line, &e); err != nil || e.ID == "" || len(e.Diagnosis) == 0 {
			return 0, fmt.Errorf("%s:%d: must be a line of a journal: id, asked, diagnosis", file, n)
		}
		j.known[e.journalKey] = e.Diagnosis
		whole += len(line) + 1
	}
}

// answer returns the diagnosis that an earlier run gave, as JSON.
func (j *journal) answer(key journalKey) ([]byte, bool) {
	line, ok := j.known[key]
	return line, ok
}

// add notes an answer and returns it as JSON on one line.
func (j *journal) add(key journalKey, d *model.Diagnosis) ([]byte, error) {
	diagnosis, err := report.JSONLine(d)
	if err != nil {
		return nil, err
	}
	id, err := json.Marshal(key.ID)
	if err != nil {
		return nil, err
	}
	// Put together by hand: json.Marshal would compact and escape the diagnosis, and a reprint must be the same bytes.
	line := fmt.Appendf(nil, `{"id": %s, "asked": %q, "diagnosis": %s}`+"\n", id, key.Asked, diagnosis)
	j.mu.Lock()
	defer j.mu.Unlock()
	if _, err := j.file.Write(line); err != nil {
		return nil, fmt.Errorf("writing the journal: %w", err)
	}
	if err := j.file.Sync(); err != nil {
		return nil, fmt.Errorf("writing the journal: %w", err)
	}
	return diagnosis, nil
}

func (j *journal) close() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.file.Close()
}

// decodeDiagnosis reads a diagnosis back from its JSON.
func decodeDiagnosis(line []byte) (*model.Diagnosis, error) {
	d := &model.Diagnosis{}
	if err := json.Unmarshal(line, d); err != nil {
		return nil, fmt.Errorf("reading an answer from the journal: %w", err)
	}
	return d, nil
}
