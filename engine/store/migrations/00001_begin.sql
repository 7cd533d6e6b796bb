-- +goose Up
-- One schema for SQLite and PostgreSQL: times are Unix milliseconds (0 = none), structures are JSON text, and keys are
-- what things are known by, so that no database has to number anything.

CREATE TABLE incidents (
  id          TEXT PRIMARY KEY,
  open_key    TEXT,                        -- NULL once resolved or merged
  key         TEXT NOT NULL,
  title       TEXT NOT NULL,
  component   TEXT NOT NULL,
  signal      TEXT NOT NULL,
  from_ms     BIGINT NOT NULL,
  to_ms       BIGINT NOT NULL,
  severity    TEXT NOT NULL,
  merged_into TEXT NOT NULL,
  answer      TEXT NOT NULL,               -- JSON of the newest one in brief; '' = none
  detected_ms BIGINT NOT NULL,
  updated_ms  BIGINT NOT NULL,
  last_log    INTEGER NOT NULL             -- the highest number given
);
CREATE UNIQUE INDEX incidents_open ON incidents (open_key);
CREATE INDEX incidents_detected ON incidents (detected_ms);

CREATE TABLE milestones (
  incident TEXT NOT NULL REFERENCES incidents (id) ON DELETE CASCADE,
  state    TEXT NOT NULL,
  at_ms    BIGINT NOT NULL,
  PRIMARY KEY (incident, state)
);

CREATE TABLE diagnoses (
  incident TEXT NOT NULL REFERENCES incidents (id) ON DELETE CASCADE,
  seq      INTEGER NOT NULL,
  at_ms    BIGINT NOT NULL,
  body     TEXT NOT NULL,
  PRIMARY KEY (incident, seq)
);

CREATE TABLE log (
  incident TEXT NOT NULL REFERENCES incidents (id) ON DELETE CASCADE,
  seq      INTEGER NOT NULL,
  at_ms    BIGINT NOT NULL,
  author   TEXT NOT NULL,
  kind     TEXT NOT NULL,
  text     TEXT NOT NULL,
  PRIMARY KEY (incident, seq)
);

CREATE TABLE feedback (
  incident  TEXT NOT NULL REFERENCES incidents (id) ON DELETE CASCADE,
  component TEXT NOT NULL,
  fault     TEXT NOT NULL,
  author    TEXT NOT NULL,
  at_ms     BIGINT NOT NULL,
  correct   INTEGER NOT NULL,
  note      TEXT NOT NULL,
  PRIMARY KEY (incident, component, fault, author)
);

CREATE TABLE alerts (
  fingerprint TEXT NOT NULL,
  starts_ms   BIGINT NOT NULL,
  incident    TEXT NOT NULL REFERENCES incidents (id) ON DELETE CASCADE,
  component   TEXT NOT NULL,
  labels      TEXT NOT NULL,
  annotations TEXT NOT NULL,
  ends_ms     BIGINT NOT NULL,
  source      TEXT NOT NULL,
  PRIMARY KEY (fingerprint, starts_ms)
);
CREATE INDEX alerts_incident ON alerts (incident);

CREATE TABLE changes (
  id          TEXT PRIMARY KEY,
  at_ms       BIGINT NOT NULL,
  body        TEXT NOT NULL,
  received_ms BIGINT NOT NULL
);
CREATE INDEX changes_at ON changes (at_ms);

CREATE TABLE outbox (
  key          TEXT PRIMARY KEY,
  incident     TEXT NOT NULL REFERENCES incidents (id) ON DELETE CASCADE,
  receiver     TEXT NOT NULL,
  payload      TEXT NOT NULL,
  created_ms   BIGINT NOT NULL,
  due_ms       BIGINT NOT NULL,
  attempts     INTEGER NOT NULL,
  last_error   TEXT NOT NULL,
  sent_ms      BIGINT NOT NULL,
  abandoned_ms BIGINT NOT NULL,
  holder       TEXT NOT NULL,              -- who is sending it; '' = nobody
  held_until   BIGINT NOT NULL
);
CREATE INDEX outbox_due ON outbox (sent_ms, abandoned_ms, due_ms);

CREATE TABLE leases (
  name     TEXT PRIMARY KEY,
  holder   TEXT NOT NULL,
  until_ms BIGINT NOT NULL
);

-- +goose Down
DROP TABLE leases;
DROP TABLE outbox;
DROP TABLE changes;
DROP TABLE alerts;
DROP TABLE feedback;
DROP TABLE log;
DROP TABLE diagnoses;
DROP TABLE milestones;
DROP TABLE incidents;
