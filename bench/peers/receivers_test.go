package peers

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	vm "github.com/VictoriaMetrics/VictoriaMetrics/lib/prompb"
	"github.com/gogo/protobuf/proto"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/prompb"
	writev2 "github.com/prometheus/prometheus/prompb/io/prometheus/write/v2"
	"github.com/prometheus/prometheus/tsdb"
	"github.com/prometheus/prometheus/util/compression"

	"github.com/diagnops/diagnops/collectors/remotewrite"
	"github.com/diagnops/diagnops/engine/window"
)

// receiver is one way of taking requests in.
type receiver struct {
	// take does its part with a request. With ours and Prometheus', the samples can be read when it returns.
	take func(r *request) error
	stop func()
}

// ours is the handler that a server has, before a live window.
func ours(b *testing.B, version, series int) receiver {
	b.Helper()
	live, err := window.NewLive(window.LiveOptions{Options: window.Options{MaxSeries: series}})
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		if err := live.Run(ctx); err != nil {
			b.Error(err)
		}
	}()
	h, err := remotewrite.New(live, remotewrite.Options{
		Now: func() time.Time { return time.UnixMilli(beginMillis).Add(365 * 24 * time.Hour) },
	})
	if err != nil {
		b.Fatal(err)
	}
	body := &rewound{}
	req := httptest.NewRequest(http.MethodPost, "/api/v1/write", http.NoBody)
	req.Body = body
	req.Header.Set("Content-Encoding", "snappy")
	req.Header.Set("Content-Type", "application/x-protobuf;proto="+
		map[int]string{1: "prometheus.WriteRequest", 2: "io.prometheus.write.v2.Request"}[version])
	w := &answer{header: http.Header{}}
	take := func(r *request) error {
		sent := r.sentIn(version)
		body.Reset(sent)
		req.ContentLength = int64(len(sent))
		clear(w.header)
		if h.ServeHTTP(w, req); w.status != http.StatusNoContent {
			return fmt.Errorf("answered %d", w.status)
		}
		return nil
	}
	return receiver{take, func() { cancel(); <-stopped }}
}

type rewound struct{ bytes.Reader }

func (*rewound) Close() error { return nil }

// answer is a response that nobody reads.
type answer struct {
	header http.Header
	status int
}

func (a *answer) Header() http.Header         { return a.header }
func (a *answer) WriteHeader(status int)      { a.status = status }
func (a *answer) Write(p []byte) (int, error) { return len(p), nil }

// prometheus does what Prometheus' receiver does: generated code, then its Head, without a write-ahead log.
func prometheus(b *testing.B, version int) receiver {
	b.Helper()
	opts := tsdb.DefaultHeadOptions()
	opts.ChunkDirRoot, opts.ChunkRange = b.TempDir(), 100*24*time.Hour.Milliseconds()
	head, err := tsdb.NewHead(nil, slog.New(slog.DiscardHandler), nil, nil, opts, tsdb.NewHeadStats())
	if err != nil {
		b.Fatal(err)
	}
	buffer := compression.NewSyncDecodeBuffer()
	p := &intoHead{head: head, labels: labels.NewScratchBuilder(16)}
	take := func(r *request) (err error) {
		if p.plain, err = compression.Decode(compression.Snappy, r.sentIn(version), buffer); err != nil {
			return err
		}
		if version == 2 {
			return p.v2()
		}
		return p.v1()
	}
	return receiver{take, func() {
		if err := head.Close(); err != nil {
			b.Error(err)
		}
	}}
}

type intoHead struct {
	head   *tsdb.Head
	plain  []byte
	labels labels.ScratchBuilder
}

func (p *intoHead) v1() error {
	var req prompb.WriteRequest
	if err := proto.Unmarshal(p.plain, &req); err != nil {
		return err
	}
	app := p.head.Appender(context.Background())
	for i := range req.Timeseries {
		ls := req.Timeseries[i].ToLabels(&p.labels, nil)
		for _, s := range req.Timeseries[i].Samples {
			if _, err := app.Append(0, ls, s.Timestamp, s.Value); err != nil {
				return err
			}
		}
	}
	return app.Commit()
}

func (p *intoHead) v2() error {
	var req writev2.Request
	if err := proto.Unmarshal(p.plain, &req); err != nil {
		return err
	}
	app := p.head.Appender(context.Background())
	for i := range req.Timeseries {
		ls, err := req.Timeseries[i].ToLabels(&p.labels, req.Symbols)
		if err != nil {
			return err
		}
		for _, s := range req.Timeseries[i].Samples {
			if _, err := app.Append(0, ls, s.Timestamp, s.Value); err != nil {
				return err
			}
		}
	}
	return app.Commit()
}

// victoriaMetrics decodes a plain 1.0 message with VictoriaMetrics' pooled decoder, and does nothing with it: its
// decompression, look-ups and store are left out. It knows no 2.0, and is given the same samples in 1.0 there.
func victoriaMetrics() receiver {
	u := &vm.WriteRequestUnmarshaler{}
	take := func(r *request) error {
		_, err := u.UnmarshalProtobuf(r.v1)
		return err
	}
	return receiver{take, func() {}}
}
