package rules

import (
	"bufio"
	"context"
	"database/sql"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	_ "github.com/go-sql-driver/mysql"
	_ "github.com/jackc/pgx/v5/stdlib"

	"github.com/diagnops/diagnops/collectors/promapi/servertest"
)

// pace is how often each load does what it does: several times between two scrapes.
const pace = 100 * time.Millisecond

// drive repeats do until the test ends; an error of a step ends the load, and fails the test.
func drive(t *testing.T, what string, do func(ctx context.Context) error) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	var done sync.WaitGroup
	done.Go(func() {
		for ctx.Err() == nil {
			if err := do(ctx); err != nil && ctx.Err() == nil {
				t.Errorf("putting load on %s: %v", what, err)
				return
			}
			select {
			case <-ctx.Done():
			case <-time.After(pace):
			}
		}
	})
	t.Cleanup(func() { stop(); done.Wait() })
}

// driveHTTP asks for the URLs in turn; any status will do.
func driveHTTP(t *testing.T, urls ...string) {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{}}
	t.Cleanup(client.CloseIdleConnections)
	drive(t, urls[0], func(ctx context.Context) error {
		for _, url := range urls {
			req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
			if err != nil {
				return err
			}
			resp, err := client.Do(req)
			if err != nil {
				return err
			}
			_, err = io.Copy(io.Discard, resp.Body)
			if err := resp.Body.Close(); err != nil {
				return err
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// driveSQL runs the statements in setup once, then those in each on a connection of its own, again and again.
func driveSQL(t *testing.T, driver, dsn string, setup []string, each ...[]string) {
	t.Helper()
	db, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("closing connections: %v", err)
		}
	})
	// A database takes connections some time before it answers.
	for deadline := time.Now().Add(30 * time.Second); db.PingContext(t.Context()) != nil && time.Now().Before(deadline); {
		time.Sleep(pace)
	}
	conn := func() *sql.Conn {
		c, err := db.Conn(t.Context())
		if err != nil {
			t.Fatalf("connecting by %s: %v", driver, err)
		}
		return c
	}
	run := func(ctx context.Context, c *sql.Conn, statements []string) error {
		for _, s := range statements {
			if _, err := c.ExecContext(ctx, s); err != nil {
				return fmt.Errorf("%s: %w", s, err)
			}
		}
		return nil
	}
	if err := run(t.Context(), conn(), setup); err != nil {
		t.Fatal(err)
	}
	for _, statements := range each {
		c := conn()
		drive(t, driver, func(ctx context.Context) error { return run(ctx, c, statements) })
	}
}

// driveRedis sends the commands in turn; the answer to each must be one line, or one string.
func driveRedis(t *testing.T, redis *servertest.Server, commands ...string) {
	t.Helper()
	conn, err := net.Dial("tcp", redis.Addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() }) // nothing of it is lost: whatever was sent was answered
	answers := bufio.NewReader(conn)
	drive(t, "redis", func(context.Context) error {
		for _, command := range commands {
			if _, err := fmt.Fprintf(conn, "%s\r\n", command); err != nil {
				return err
			}
			line, err := answers.ReadString('\n')
			if err == nil && strings.HasPrefix(line, "$") && !strings.HasPrefix(line, "$-1") {
				_, err = answers.ReadString('\n')
			}
			if err != nil {
				return fmt.Errorf("%s: %w", command, err)
			}
		}
		return nil
	})
}
