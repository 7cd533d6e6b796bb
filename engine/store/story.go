package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"github.com/diagnops/diagnops/engine/model"
)

// AddDiagnosis keeps a diagnosis of an incident, whole, writes a line into the log where its answer is another than before,
// and returns it in brief.
func (s *Store) AddDiagnosis(ctx context.Context, id string, d *model.Diagnosis, at time.Time) (brief model.AnswerRecord, err error) {
	body, err := json.Marshal(d)
	if err != nil {
		return brief, fmt.Errorf("keeping a diagnosis: %w", err)
	}
	brief = model.AnswerRecord{At: at.UTC().Truncate(time.Millisecond), Status: d.Outcome.Status, Summary: d.Outcome.Summary.String()}
	if len(d.Causes) > 0 {
		brief.Component, brief.Fault, brief.Probability = d.Causes[0].Component, d.Causes[0].Fault, d.Causes[0].Probability
	}
	err = s.write(ctx, "keeping a diagnosis", func(tx *sql.Tx) error {
		if err := touch(ctx, tx, id, at); err != nil {
			return err
		}
		before, err := one(ctx, tx, "id = $1", id)
		if err != nil {
			return err
		}
		brief.Seq = 1
		if before.Answer != nil {
			brief.Seq = before.Answer.Seq + 1
		}
		short, err := json.Marshal(brief)
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, "INSERT INTO diagnoses (incident, seq, at_ms, body) VALUES ($1, $2, $3, $4)", id, brief.Seq, millis(at), string(body)); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, "UPDATE incidents SET answer = $1 WHERE id = $2", string(short), id); err != nil {
			return err
		}
		if was := before.Answer; was != nil && was.Status == brief.Status && was.Component == brief.Component && was.Fault == brief.Fault {
			return nil
		}
		return note(ctx, tx, id, model.LogEntry{At: at, Author: Self, Kind: model.LogDiagnosis, Text: brief.Summary})
	})
	return brief, err
}

// Diagnosis returns the JSON of a diagnosis of an incident by its number, 0 = the newest; ErrNotFound when there is none.
func (s *Store) Diagnosis(ctx context.Context, id string, seq int) (json.RawMessage, error) {
	list, err := collect(ctx, s.db, scanString,
		"SELECT body FROM diagnoses WHERE incident = $1 AND (seq = $2 OR $2 = 0) ORDER BY seq DESC LIMIT 1", id, seq)
	if err == nil && len(list) == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("diagnosis %d of incident %q: %w", seq, id, err)
	}
	return json.RawMessage(list[0]), nil
}

// Note writes a line into the log of an incident.
func (s *Store) Note(ctx context.Context, id string, e model.LogEntry) error {
	return s.write(ctx, "writing the log", func(tx *sql.Tx) error {
		if err := touch(ctx, tx, id, e.At); err != nil {
			return err
		}
		return note(ctx, tx, id, e)
	})
}

// note numbers a line and writes it; raising the number takes the incident's lock.
func note(ctx context.Context, tx *sql.Tx, id string, e model.LogEntry) error {
	if err := changed(tx.ExecContext(ctx, "UPDATE incidents SET last_log = last_log + 1 WHERE id = $1", id)); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO log (incident, seq, at_ms, author, kind, text)
		SELECT id, last_log, CAST($2 AS BIGINT), CAST($3 AS TEXT), CAST($4 AS TEXT), CAST($5 AS TEXT) FROM incidents WHERE id = $1`, id, millis(e.At), e.Author, string(e.Kind), e.Text)
	return err
}

// Log returns the log of an incident, in the order in which it was written.
func (s *Store) Log(ctx context.Context, id string) ([]model.LogEntry, error) {
	list, err := collect(ctx, s.db, func(row *sql.Rows) (e model.LogEntry, err error) {
		var at int64
		var kind string
		err = row.Scan(&e.Seq, &at, &e.Author, &kind, &e.Text)
		e.At, e.Kind = moment(at), model.LogKind(kind)
		return e, err
	}, "SELECT seq, at_ms, author, kind, text FROM log WHERE incident = $1 ORDER BY seq", id)
	if err != nil {
		return nil, fmt.Errorf("reading the log of incident %q: %w", id, err)
	}
	return list, nil
}

// Say keeps what somebody says of a suspect; who says something else later has changed their mind.
func (s *Store) Say(ctx context.Context, f model.Feedback) error {
	return s.write(ctx, "keeping feedback", func(tx *sql.Tx) error {
		if err := touch(ctx, tx, f.IncidentID, f.At); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO feedback (incident, component, fault, author, at_ms, correct, note) VALUES ($1, $2, $3, $4, $5, $6, $7)
			ON CONFLICT (incident, component, fault, author) DO UPDATE SET at_ms = excluded.at_ms, correct = excluded.correct, note = excluded.note`,
			f.IncidentID, f.Component, f.Fault, f.Author, millis(f.At), number(f.Right), f.Note)
		if err != nil {
			return err
		}
		text := "it was " + f.Component
		if !f.Right {
			text = "it was not " + f.Component
		}
		if f.Fault != "" {
			text += " (" + f.Fault + ")"
		}
		if f.Note != "" {
			text += ": " + f.Note
		}
		return note(ctx, tx, f.IncidentID, model.LogEntry{At: f.At, Author: f.Author, Kind: model.LogFeedback, Text: text})
	})
}

// Feedback returns what was said of an incident, or of all when id is "", in the order of incidents and times.
func (s *Store) Feedback(ctx context.Context, id string) ([]model.Feedback, error) {
	list, err := collect(ctx, s.db, func(row *sql.Rows) (f model.Feedback, err error) {
		var at int64
		var right int
		err = row.Scan(&f.IncidentID, &f.Component, &f.Fault, &f.Author, &at, &right, &f.Note)
		f.At, f.Right = moment(at), right != 0
		return f, err
	}, `SELECT incident, component, fault, author, at_ms, correct, note FROM feedback WHERE incident = $1 OR $1 = ''
		ORDER BY incident, at_ms, component, fault, author`, id)
	if err != nil {
		return nil, fmt.Errorf("reading feedback: %w", err)
	}
	return list, nil
}

func number(b bool) int {
	if b {
		return 1
	}
	return 0
}
