package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/diagnops/diagnops/engine/model"
)

// Enqueue puts word into the outbox; what is there under the same key, sent or not, is not put in again. It returns how
// many were new.
func (s *Store) Enqueue(ctx context.Context, list []model.Notification) (added int, err error) {
	err = s.write(ctx, "filling the outbox", func(tx *sql.Tx) error {
		for i := range list {
			n := &list[i]
			one, err := affected(tx.ExecContext(ctx, `INSERT INTO outbox
				(key, incident, receiver, payload, created_ms, due_ms, attempts, last_error, sent_ms, abandoned_ms, holder, held_until)
				VALUES ($1, $2, $3, $4, $5, $6, 0, '', 0, 0, '', 0) ON CONFLICT (key) DO NOTHING`,
				n.Key, n.IncidentID, n.Receiver, n.Payload, millis(n.Created), millis(n.Due)))
			if err != nil {
				return err
			}
			added += one
		}
		return nil
	})
	return added, err
}

// Claim gives up to limit notifications that are due to a holder, who alone is to send them until the hold is over; each
// counts as an attempt. What a holder that died had claimed is due again then.
func (s *Store) Claim(ctx context.Context, holder string, now time.Time, hold time.Duration, limit int) ([]model.Notification, error) {
	var list []model.Notification
	err := s.write(ctx, "claiming notifications", func(tx *sql.Tx) error {
		lock := ""
		if s.postgres {
			lock = " FOR UPDATE SKIP LOCKED"
		}
		var err error
		list, err = notifications(ctx, tx, `sent_ms = 0 AND abandoned_ms = 0 AND due_ms <= $1 AND held_until <= $1 ORDER BY due_ms, key LIMIT $2`+lock,
			millis(now), limit)
		if err != nil {
			return err
		}
		for i := range list {
			list[i].Attempts++
			if _, err := tx.ExecContext(ctx, "UPDATE outbox SET holder = $1, held_until = $2, attempts = attempts + 1 WHERE key = $3",
				holder, millis(now.Add(hold)), list[i].Key); err != nil {
				return err
			}
		}
		return nil
	})
	return list, err
}

// Sent says that a notification was sent, and that people were told.
func (s *Store) Sent(ctx context.Context, n *model.Notification, at time.Time) error {
	return s.write(ctx, "noting what was sent", func(tx *sql.Tx) error {
		if err := changed(tx.ExecContext(ctx, "UPDATE outbox SET sent_ms = $1, holder = '', last_error = '' WHERE key = $2 AND sent_ms = 0", millis(at), n.Key)); err != nil {
			return fmt.Errorf("notification %q: %w", n.Key, err)
		}
		if _, err := tx.ExecContext(ctx, "INSERT INTO milestones (incident, state, at_ms) VALUES ($1, $2, $3) ON CONFLICT (incident, state) DO NOTHING",
			n.IncidentID, string(model.StateTold), millis(at)); err != nil {
			return err
		}
		return note(ctx, tx, n.IncidentID, model.LogEntry{At: at, Author: Self, Kind: model.LogTold, Text: n.Receiver})
	})
}

// Failed says that a notification could not be sent: it is due again at a time, or is given up when that is zero.
func (s *Store) Failed(ctx context.Context, n *model.Notification, why string, at, again time.Time) error {
	return s.write(ctx, "noting what failed", func(tx *sql.Tx) error {
		gone := time.Time{}
		if again.IsZero() {
			gone, again = at, at
			if err := note(ctx, tx, n.IncidentID, model.LogEntry{At: at, Author: Self, Kind: model.LogTold, Text: "could not reach " + n.Receiver + ": " + why}); err != nil {
				return err
			}
		}
		return changed(tx.ExecContext(ctx, "UPDATE outbox SET holder = '', held_until = 0, last_error = $1, due_ms = $2, abandoned_ms = $3 WHERE key = $4",
			why, millis(again), millis(gone), n.Key))
	})
}

// Outbox lists the notifications of an incident, the earliest first.
func (s *Store) Outbox(ctx context.Context, id string) ([]model.Notification, error) {
	list, err := notifications(ctx, s.db, "incident = $1 ORDER BY created_ms, key", id)
	if err != nil {
		return nil, fmt.Errorf("reading the outbox: %w", err)
	}
	return list, nil
}

// Waiting counts the notifications that are still to be sent.
func (s *Store) Waiting(ctx context.Context) (n int, err error) {
	err = s.db.QueryRowContext(ctx, "SELECT COUNT(*) FROM outbox WHERE sent_ms = 0 AND abandoned_ms = 0").Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("counting the outbox: %w", err)
	}
	return n, nil
}

func notifications(ctx context.Context, q queryer, where string, args ...any) ([]model.Notification, error) {
	return collect(ctx, q, func(row *sql.Rows) (n model.Notification, err error) {
		var created, due, sent, gone int64
		err = row.Scan(&n.Key, &n.IncidentID, &n.Receiver, &n.Payload, &created, &due, &n.Attempts, &n.LastError, &sent, &gone)
		n.Created, n.Due, n.Sent, n.Abandoned = moment(created), moment(due), moment(sent), moment(gone)
		return n, err
	}, "SELECT key, incident, receiver, payload, created_ms, due_ms, attempts, last_error, sent_ms, abandoned_ms FROM outbox WHERE "+where, args...)
}

// Lease gives a name to a holder until a time, unless another holds it: of replicas, one does what is to be done once. Who
// holds it already has it for longer.
func (s *Store) Lease(ctx context.Context, name, holder string, now time.Time, term time.Duration) (held bool, err error) {
	n, err := affected(s.db.ExecContext(ctx, `INSERT INTO leases (name, holder, until_ms) VALUES ($1, $2, $3)
		ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until_ms = excluded.until_ms
		WHERE leases.holder = excluded.holder OR leases.until_ms <= $4`, name, holder, millis(now.Add(term)), millis(now)))
	if err != nil {
		return false, fmt.Errorf("leasing %s: %w", name, err)
	}
	return n == 1, nil
}
