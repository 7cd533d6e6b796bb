package main

import (
	"context"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// shopMain is a small web shop that keeps its stock in PostgreSQL and measures itself as Go programs usually do. Tests run
// it as a program of its own, shopd.
func shopMain() {
	listen := flag.String("listen", "127.0.0.1:8080", "address for requests and metrics")
	database := flag.String("db", "", "URL of the database")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := serveShop(ctx, *listen, *database); err != nil {
		fmt.Fprintln(os.Stderr, "shopd:", err)
		os.Exit(1)
	}
}

const (
	// shopItems are so many that the database finds one by its index, before it has statistics and after.
	shopItems = 10_000
	// shopPool is how many connections the shop keeps open; shopPatience how long it waits for its database.
	shopPool     = 16
	shopPatience = 20 * time.Second
)

func serveShop(ctx context.Context, listen, database string) error {
	db, err := sql.Open("pgx", database)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	db.SetMaxOpenConns(shopPool)
	db.SetMaxIdleConns(shopPool)
	if _, err := db.ExecContext(ctx, `create table if not exists items (id int primary key, stock bigint not null);
		insert into items select i, 1000000 from generate_series(0, `+strconv.Itoa(shopItems-1)+`) i on conflict do nothing`); err != nil {
		return fmt.Errorf("stocking the shop: %w", err)
	}
	if err := warm(ctx, db); err != nil {
		return fmt.Errorf("connecting to the database: %w", err)
	}
	took := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "http_request_duration_seconds", Help: "Time to answer a request.",
		Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5},
	}, []string{"handler", "code", "method"})
	prometheus.MustRegister(took, collectors.NewDBStatsCollector(db, "shop"))
	mux := http.NewServeMux()
	mux.Handle("/metrics", promhttp.Handler())
	mux.Handle("/buy", promhttp.InstrumentHandlerDuration(took.MustCurryWith(prometheus.Labels{"handler": "/buy"}), sell(db)))
	server := &http.Server{Addr: listen, Handler: mux, ReadHeaderTimeout: time.Minute}
	context.AfterFunc(ctx, func() { _ = server.Close() })
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// warm opens all connections of the pool.
func warm(ctx context.Context, db *sql.DB) error {
	var conns [shopPool]*sql.Conn
	for i := range conns {
		var err error
		if conns[i], err = db.Conn(ctx); err != nil {
			return err
		}
	}
	for _, c := range conns {
		if err := c.Close(); err != nil { // gives it back
			return err
		}
	}
	return nil
}

// sell takes one of an item from the stock.
func sell(db *sql.DB) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		item, _ := strconv.Atoi(r.URL.Query().Get("item"))
		ctx, cancel := context.WithTimeout(r.Context(), shopPatience)
		defer cancel()
		if _, err := db.ExecContext(ctx, "update items set stock = stock - 1 where id = $1", item%shopItems); err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
		}
	})
}
