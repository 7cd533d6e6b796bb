package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"github.com/diagnops/diagnops/engine/model"
)

// PutAlert keeps an alert of an incident as it is now; an alert is known by its fingerprint and when it began.
func (s *Store) PutAlert(ctx context.Context, a model.AlertRecord) error {
	named, err := json.Marshal(a.Labels)
	if err != nil {
		return fmt.Errorf("keeping an alert: %w", err)
	}
	said, err := json.Marshal(a.Annotations)
	if err != nil {
		return fmt.Errorf("keeping an alert: %w", err)
	}
	return s.write(ctx, "keeping an alert", func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO alerts (fingerprint, starts_ms, incident, component, labels, annotations, ends_ms, source)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (fingerprint, starts_ms) DO UPDATE SET annotations = excluded.annotations, ends_ms = excluded.ends_ms`,
			a.Fingerprint, millis(a.StartsAt), a.IncidentID, a.Component, string(named), string(said), millis(a.EndsAt), a.Source)
		return err
	})
}

// Alerts lists the alerts of an incident, the earliest first.
func (s *Store) Alerts(ctx context.Context, id string) ([]model.AlertRecord, error) {
	return s.alerts(ctx, "incident = $1 ORDER BY starts_ms, fingerprint", id)
}

// Firing is the alert of a fingerprint that still fires; ErrNotFound when there is none.
func (s *Store) Firing(ctx context.Context, fingerprint string) (model.AlertRecord, error) {
	list, err := s.alerts(ctx, "fingerprint = $1 AND ends_ms = 0 ORDER BY starts_ms DESC LIMIT 1", fingerprint)
	if err == nil && len(list) == 0 {
		err = fmt.Errorf("alert %q: %w", fingerprint, ErrNotFound)
	}
	if err != nil {
		return model.AlertRecord{}, err
	}
	return list[0], nil
}

func (s *Store) alerts(ctx context.Context, where string, args ...any) ([]model.AlertRecord, error) {
	list, err := collect(ctx, s.db, func(row *sql.Rows) (a model.AlertRecord, err error) {
		var starts, ends int64
		var named, said []byte
		if err := row.Scan(&a.Fingerprint, &starts, &a.IncidentID, &a.Component, &named, &said, &ends, &a.Source); err != nil {
			return a, err
		}
		a.StartsAt, a.EndsAt = moment(starts), moment(ends)
		if err := json.Unmarshal(named, &a.Labels); err != nil {
			return a, err
		}
		err = json.Unmarshal(said, &a.Annotations)
		return a, err
	}, "SELECT fingerprint, starts_ms, incident, component, labels, annotations, ends_ms, source FROM alerts WHERE "+where, args...)
	if err != nil {
		return nil, fmt.Errorf("reading alerts: %w", err)
	}
	return list, nil
}

// PutChanges keeps changes; one whose identifier is known already is left as it is. It returns how many were new.
func (s *Store) PutChanges(ctx context.Context, changes []model.Change, received time.Time) (added int, err error) {
	err = s.write(ctx, "keeping changes", func(tx *sql.Tx) error {
		for i := range changes {
			body, err := json.Marshal(changes[i])
			if err != nil {
				return err
			}
			n, err := affected(tx.ExecContext(ctx, "INSERT INTO changes (id, at_ms, body, received_ms) VALUES ($1, $2, $3, $4) ON CONFLICT (id) DO NOTHING",
				changes[i].ID, millis(changes[i].At), string(body), millis(received)))
			if err != nil {
				return err
			}
			added += n
		}
		return nil
	})
	return added, err
}

// Changes lists what was changed in an interval, both ends included, the earliest first.
func (s *Store) Changes(ctx context.Context, iv model.Interval) ([]model.Change, error) {
	list, err := collect(ctx, s.db, func(row *sql.Rows) (c model.Change, err error) {
		var body []byte
		if err := row.Scan(&body); err != nil {
			return c, err
		}
		err = json.Unmarshal(body, &c)
		return c, err
	}, "SELECT body FROM changes WHERE at_ms >= $1 AND at_ms <= $2 ORDER BY at_ms, id", millis(iv.From), millis(iv.To))
	if err != nil {
		return nil, fmt.Errorf("reading changes: %w", err)
	}
	return list, nil
}
