package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/diagnops/diagnops/engine/model"
)

// Self is the author of what was done without anybody's asking.
const Self = "diagnops"

// Open makes an incident of r (Key, Title, symptom and Severity) that was detected at a time; or, where one with its key is
// open, returns that, with opened false.
func (s *Store) Open(ctx context.Context, r model.IncidentRecord, at time.Time) (rec model.IncidentRecord, opened bool, err error) {
	if r.Key == "" {
		return rec, false, fmt.Errorf("opening an incident: key () must not be empty")
	}
	err = s.write(ctx, "opening an incident", func(tx *sql.Tx) error {
		n, err := affected(tx.ExecContext(ctx, `INSERT INTO incidents
			(id, open_key, key, title, component, signal, from_ms, to_ms, severity, merged_into, answer, detected_ms, updated_ms, last_log)
			VALUES ($1, $2, $2, $3, $4, $5, $6, $7, $8, '', '', $9, $9, 0) ON CONFLICT (open_key) DO NOTHING`,
			newID(at), r.Key, r.Title, r.Component, string(r.Signal), millis(r.From), millis(r.To), string(r.Severity), millis(at)))
		if err != nil {
			return err
		}
		opened = n == 1
		if rec, err = one(ctx, tx, "open_key = $1", r.Key); err != nil || !opened {
			return err
		}
		if err := reach(ctx, tx, rec.ID, model.StateDetected, at); err != nil {
			return err
		}
		if err := note(ctx, tx, rec.ID, model.LogEntry{At: at, Author: Self, Kind: model.LogState, Text: string(model.StateDetected) + ": " + r.Title}); err != nil {
			return err
		}
		rec, err = one(ctx, tx, "id = $1", rec.ID)
		return err
	})
	return rec, opened, err
}

// newID is an identifier that sorts by time: when it was, to the second, and 40 random bits.
func newID(at time.Time) string {
	return at.UTC().Format("20060102-150405") + "-" + strings.ToLower(rand.Text()[:8])
}

// Incident returns one incident; ErrNotFound when there is none of the identifier.
func (s *Store) Incident(ctx context.Context, id string) (model.IncidentRecord, error) {
	r, err := one(ctx, s.db, "id = $1", id)
	if err != nil {
		return r, fmt.Errorf("incident %q: %w", id, err)
	}
	return r, nil
}

// Filter chooses incidents. Zero fields choose all.
type Filter struct {
	Open      bool   // only those that go on
	Component string // of the symptom
	Before    string // an identifier: only older ones, for the next page
	Limit     int    // 0 = DefaultLimit
	Merged    bool   // with those that another one explains
}

// DefaultLimit is a page that people look through.
const DefaultLimit = 200

// Incidents lists incidents, the newest first.
func (s *Store) Incidents(ctx context.Context, f Filter) ([]model.IncidentRecord, error) {
	where, args := []string{"TRUE"}, []any{}
	add := func(clause string, value any) {
		args = append(args, value)
		where = append(where, fmt.Sprintf(clause, len(args)))
	}
	if f.Open {
		where = append(where, "open_key IS NOT NULL")
	}
	if !f.Merged {
		where = append(where, "merged_into = ''")
	}
	if f.Component != "" {
		add("component = $%d", f.Component)
	}
	if f.Before != "" {
		add("id < $%d", f.Before)
	}
	limit := f.Limit
	if limit <= 0 {
		limit = DefaultLimit
	}
	list, err := some(ctx, s.db, strings.Join(where, " AND "), fmt.Sprintf("ORDER BY id DESC LIMIT %d", limit), args...)
	if err != nil {
		return nil, fmt.Errorf("listing incidents: %w", err)
	}
	return list, nil
}

// Symptom rewrites what is seen of an incident: an alert more may make it worse, or end it.
func (s *Store) Symptom(ctx context.Context, id string, r model.IncidentRecord, at time.Time) error {
	return s.write(ctx, "changing an incident", func(tx *sql.Tx) error {
		return changed(tx.ExecContext(ctx, `UPDATE incidents SET title = $1, component = $2, signal = $3, from_ms = $4, to_ms = $5, severity = $6, updated_ms = $7 WHERE id = $8`,
			r.Title, r.Component, string(r.Signal), millis(r.From), millis(r.To), string(r.Severity), millis(at), id))
	})
}

// Mark says that an incident came into a state, and writes it into the log; a state that it was in already keeps its time,
// and reached is false. A resolved incident is open no more: what comes under its key then is another one.
func (s *Store) Mark(ctx context.Context, id string, state model.IncidentState, at time.Time, author, text string) (reached bool, err error) {
	err = s.write(ctx, "marking an incident", func(tx *sql.Tx) error {
		if err := touch(ctx, tx, id, at); err != nil {
			return err
		}
		known, err := collect(ctx, tx, scanString, "SELECT state FROM milestones WHERE incident = $1 AND state = $2", id, string(state))
		if err != nil || len(known) > 0 {
			return err
		}
		reached = true
		if err := reach(ctx, tx, id, state, at); err != nil {
			return err
		}
		if state == model.StateResolved {
			if err := changed(tx.ExecContext(ctx, "UPDATE incidents SET open_key = NULL, to_ms = CASE to_ms WHEN 0 THEN $1 ELSE to_ms END WHERE id = $2", millis(at), id)); err != nil {
				return err
			}
		}
		line := string(state)
		if text != "" {
			line += ": " + text
		}
		return note(ctx, tx, id, model.LogEntry{At: at, Author: author, Kind: model.LogState, Text: line})
	})
	return reached, err
}

// Merge says that one incident is explained by another: its alerts become the other's, and it is open no more.
func (s *Store) Merge(ctx context.Context, id, into string, at time.Time) error {
	return s.write(ctx, "merging incidents", func(tx *sql.Tx) error {
		if id == into {
			return fmt.Errorf("incident (%s) must not be merged into itself", id)
		}
		target, err := one(ctx, tx, "id = $1", into)
		if err != nil {
			return fmt.Errorf("incident %q: %w", into, err)
		}
		if target.MergedInto != "" {
			return fmt.Errorf("incident %q: %w", into, ErrMerged)
		}
		if err := changed(tx.ExecContext(ctx, "UPDATE incidents SET merged_into = $1, open_key = NULL, updated_ms = $2 WHERE id = $3", into, millis(at), id)); err != nil {
			return fmt.Errorf("incident %q: %w", id, err)
		}
		if _, err := tx.ExecContext(ctx, "UPDATE incidents SET merged_into = $1 WHERE merged_into = $2", into, id); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, "UPDATE alerts SET incident = $1 WHERE incident = $2", into, id); err != nil {
			return err
		}
		if err := note(ctx, tx, id, model.LogEntry{At: at, Author: Self, Kind: model.LogState, Text: "explained by " + into}); err != nil {
			return err
		}
		return note(ctx, tx, into, model.LogEntry{At: at, Author: Self, Kind: model.LogState, Text: "explains " + id})
	})
}

// touch takes the lock of an incident, so that what is numbered within it is numbered once.
func touch(ctx context.Context, tx *sql.Tx, id string, at time.Time) error {
	if err := changed(tx.ExecContext(ctx, "UPDATE incidents SET updated_ms = $1 WHERE id = $2", millis(at), id)); err != nil {
		return fmt.Errorf("incident %q: %w", id, err)
	}
	return nil
}

func reach(ctx context.Context, tx *sql.Tx, id string, state model.IncidentState, at time.Time) error {
	_, err := tx.ExecContext(ctx, "INSERT INTO milestones (incident, state, at_ms) VALUES ($1, $2, $3)", id, string(state), millis(at))
	return err
}

// changed is ErrNotFound when a statement found no row.
func changed(done sql.Result, err error) error {
	if n, err := affected(done, err); err != nil {
		return err
	} else if n == 0 {
		return ErrNotFound
	}
	return nil
}

// affected is how many rows a statement changed.
func affected(done sql.Result, err error) (int, error) {
	if err != nil {
		return 0, err
	}
	n, err := done.RowsAffected()
	return int(n), err
}

func one(ctx context.Context, q queryer, where string, args ...any) (model.IncidentRecord, error) {
	list, err := some(ctx, q, where, "", args...)
	if err != nil {
		return model.IncidentRecord{}, err
	}
	if len(list) == 0 {
		return model.IncidentRecord{}, ErrNotFound
	}
	return list[0], nil
}

// some reads incidents and, with one more query, their milestones.
func some(ctx context.Context, q queryer, where, rest string, args ...any) ([]model.IncidentRecord, error) {
	list, err := collect(ctx, q, scanIncident, `SELECT id, key, title, component, signal, from_ms, to_ms, severity, merged_into, answer, updated_ms
		FROM incidents WHERE `+where+" "+rest, args...)
	if err != nil || len(list) == 0 {
		return list, err
	}
	at := make(map[string]int, len(list))
	marks, ids := make([]string, len(list)), make([]any, len(list))
	for i := range list {
		at[list[i].ID], ids[i], marks[i] = i, list[i].ID, fmt.Sprintf("$%d", i+1)
		list[i].Times = model.Milestones{}
	}
	reached, err := collect(ctx, q, scanMilestone, "SELECT incident, state, at_ms FROM milestones WHERE incident IN ("+strings.Join(marks, ", ")+")", ids...)
	for _, m := range reached {
		list[at[m.incident]].Times[m.state] = m.at
	}
	for i := range list {
		list[i].State = list[i].Times.State()
	}
	return list, err
}

type milestone struct {
	incident string
	state    model.IncidentState
	at       time.Time
}

func scanMilestone(row *sql.Rows) (m milestone, err error) {
	var state string
	var at int64
	err = row.Scan(&m.incident, &state, &at)
	m.state, m.at = model.IncidentState(state), moment(at)
	return m, err
}

func scanIncident(row *sql.Rows) (r model.IncidentRecord, err error) {
	var from, to, updated int64
	var signal, severity, answer string
	if err := row.Scan(&r.ID, &r.Key, &r.Title, &r.Component, &signal, &from, &to, &severity, &r.MergedInto, &answer, &updated); err != nil {
		return r, err
	}
	r.Signal, r.Severity = model.SignalKind(signal), model.Severity(severity)
	r.From, r.To, r.Updated = moment(from), moment(to), moment(updated)
	if answer != "" {
		r.Answer = &model.AnswerRecord{}
		err = json.Unmarshal([]byte(answer), r.Answer)
	}
	return r, err
}

func scanString(row *sql.Rows) (s string, err error) {
	err = row.Scan(&s)
	return s, err
}
