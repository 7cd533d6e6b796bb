package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // The driver "pgx".
	"github.com/pressly/goose/v3"
	_ "modernc.org/sqlite" // The driver "sqlite".
)

//go:embed migrations/*.sql
var migrations embed.FS

// Errors that callers branch on.
var (
	// ErrNotFound says that there is no such thing.
	ErrNotFound = errors.New("not found")
	// ErrMerged says that an incident was merged into another, which is to be used instead.
	ErrMerged = errors.New("the incident was merged into another")
)

// maxConns bounds the connections to a PostgreSQL: a replica writes little, and there may be several.
const maxConns = 8

// Store keeps records in one database.
type Store struct {
	db       *sql.DB
	postgres bool
}

// Open opens the database at a place and brings its tables up to date: a path is a SQLite file, which is made when there
// is none; postgres://... is a PostgreSQL.
func Open(ctx context.Context, place string) (*Store, error) {
	s := &Store{postgres: strings.HasPrefix(place, "postgres://") || strings.HasPrefix(place, "postgresql://")}
	driver, name, dialect := "pgx", place, goose.DialectPostgres
	if !s.postgres {
		driver, name, dialect = "sqlite", sqliteName(place), goose.DialectSQLite3
	}
	var err error
	if s.db, err = sql.Open(driver, name); err != nil {
		return nil, fmt.Errorf("opening the store: %w", hidden(err, place))
	}
	s.db.SetMaxOpenConns(maxConns)
	if !s.postgres {
		// SQLite has one writer at a time; with one connection nobody ever finds it locked.
		s.db.SetMaxOpenConns(1)
	}
	if err := s.migrate(ctx, dialect); err != nil {
		return nil, errors.Join(fmt.Errorf("opening the store: %w", hidden(err, place)), s.db.Close())
	}
	return s, nil
}

// Close closes the database.
func (s *Store) Close() error { return s.db.Close() }

// Ping tells whether the database answers.
func (s *Store) Ping(ctx context.Context) error { return s.db.PingContext(ctx) }

// sqliteName is the driver's name of a file. Foreign keys hold, a transaction takes the write lock at its begin (two
// readers that both want to write later would wait for each other), and what was committed is on the disk.
func sqliteName(path string) string {
	const options = "_pragma=foreign_keys(1)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=busy_timeout(10000)&_txlock=immediate"
	return "file:" + (&url.URL{Path: filepath.ToSlash(path)}).EscapedPath() + "?" + options
}

// hidden keeps the password of a place out of an error.
func hidden(err error, place string) error {
	u, parse := url.Parse(place)
	if parse != nil || u.User == nil {
		return err
	}
	if password, ok := u.User.Password(); ok && password != "" && strings.Contains(err.Error(), password) {
		return errors.New(strings.ReplaceAll(err.Error(), password, "xxxxx"))
	}
	return err
}

// advisoryLock is the number under which replicas that start at the same time queue for the migration.
const advisoryLock = 0x6469_6167

func (s *Store) migrate(ctx context.Context, dialect goose.Dialect) error {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	if s.postgres {
		conn, err := s.db.Conn(ctx)
		if err != nil {
			return err
		}
		defer func() { _ = conn.Close() }()
		if _, err := conn.ExecContext(ctx, "SELECT pg_advisory_lock($1)", advisoryLock); err != nil {
			return err
		}
		defer func() {
			_, _ = conn.ExecContext(context.WithoutCancel(ctx), "SELECT pg_advisory_unlock($1)", advisoryLock)
		}()
	}
	p, err := goose.NewProvider(dialect, s.db, files)
	if err != nil {
		return err
	}
	_, err = p.Up(ctx)
	return err
}

// write runs f in one transaction.
func (s *Store) write(ctx context.Context, doing string, f func(tx *sql.Tx) error) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	if err := f(tx); err != nil {
		return errors.Join(fmt.Errorf("%s: %w", doing, err), tx.Rollback())
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	return nil
}

// queryer is a database or a transaction.
type queryer interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// collect reads all rows of a query.
func collect[T any](ctx context.Context, q queryer, scan func(row *sql.Rows) (T, error), query string, args ...any) (all []T, err error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		one, err := scan(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, rows.Err()
}

// millis and moment write and read times: 0 is none.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func moment(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}
