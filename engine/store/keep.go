package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/diagnops/diagnops/engine/model"
)

// Prune forgets the incidents that were resolved before a time, with all that belongs to them, and older changes. What is
// still open stays however old it is. It returns how many incidents are gone.
func (s *Store) Prune(ctx context.Context, before time.Time) (incidents int, err error) {
	err = s.write(ctx, "forgetting old incidents", func(tx *sql.Tx) error {
		n, err := affected(tx.ExecContext(ctx, `DELETE FROM incidents WHERE open_key IS NULL AND updated_ms < $1
			AND NOT EXISTS (SELECT 1 FROM incidents o WHERE o.id = incidents.merged_into AND o.open_key IS NOT NULL)`, millis(before)))
		if err != nil {
			return err
		}
		incidents = n
		_, err = tx.ExecContext(ctx, "DELETE FROM changes WHERE at_ms < $1", millis(before))
		return err
	})
	return incidents, err
}

// Exported is one incident with all that is kept of it: a line of an export.
type Exported struct {
	model.IncidentRecord
	Log       []model.LogEntry     `json:"log"`
	Alerts    []model.AlertRecord  `json:"alerts"`
	Feedback  []model.Feedback     `json:"feedback"`
	Told      []model.Notification `json:"notifications"`
	Diagnoses []json.RawMessage    `json:"diagnoses"`
}

// Export writes every incident, a JSON object a line, the oldest first.
func (s *Store) Export(ctx context.Context, w io.Writer) error {
	ids, err := collect(ctx, s.db, scanString, "SELECT id FROM incidents ORDER BY id")
	if err != nil {
		return fmt.Errorf("exporting: %w", err)
	}
	out := json.NewEncoder(w)
	for _, id := range ids {
		e, err := s.Whole(ctx, id)
		if err != nil {
			return fmt.Errorf("exporting: %w", err)
		}
		if err := out.Encode(e); err != nil {
			return fmt.Errorf("exporting: %w", err)
		}
	}
	return nil
}

// Whole returns an incident with all that is kept of it.
func (s *Store) Whole(ctx context.Context, id string) (e Exported, err error) {
	if e.IncidentRecord, err = s.Incident(ctx, id); err != nil {
		return e, err
	}
	if e.Log, err = s.Log(ctx, id); err != nil {
		return e, err
	}
	if e.Alerts, err = s.Alerts(ctx, id); err != nil {
		return e, err
	}
	if e.Feedback, err = s.Feedback(ctx, id); err != nil {
		return e, err
	}
	if e.Told, err = s.Outbox(ctx, id); err != nil {
		return e, err
	}
	bodies, err := collect(ctx, s.db, scanString, "SELECT body FROM diagnoses WHERE incident = $1 ORDER BY seq", id)
	for _, b := range bodies {
		e.Diagnoses = append(e.Diagnoses, json.RawMessage(b))
	}
	return e, err
}
