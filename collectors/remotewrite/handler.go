package remotewrite

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/klauspost/compress/snappy"

	"github.com/diagnops/diagnops/collectors"
	"github.com/diagnops/diagnops/engine/model"
)

// Handler receives remote-write requests; see the package comment.
type Handler struct {
	opts    Options
	sink    collectors.Ingester
	senders *senders
	memory  *memory
	stats   tallies
	work    sync.Pool     // of *work
	slots   chan struct{} // holds one for each request being worked on
}

// New returns a handler that gives what it receives to sink.
func New(sink collectors.Ingester, opts Options) (*Handler, error) {
	if err := opts.Validate(); err != nil {
		return nil, fmt.Errorf("remote-write options: %w", err)
	}
	h := &Handler{opts: opts.withDefaults(), sink: sink}
	h.slots = make(chan struct{}, h.opts.InFlight)
	h.senders = newSenders(&h.opts)
	h.memory = newMemory(h.opts.Known)
	remembered := collectors.NewHistograms(h.opts.Histograms)
	h.work.New = func() any {
		return &work{dec: decoder{
			maxLabels: h.opts.Labels, maxLabelBytes: h.opts.LabelBytes, histograms: remembered, memory: h.memory,
		}}
	}
	return h, nil
}

// Stats returns the counters. Safe at any time.
func (h *Handler) Stats() Stats {
	s := h.stats.snapshot()
	s.Senders = h.senders.stats()
	s.Known, s.NotKnown = h.memory.stats()
	return s
}

// ServeHTTP answers one request.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	from := h.senders.of(r)
	var a answer
	h.serve(&a, from, r)
	h.stats.add(&a)
	from.answered(a.status, a.seen)
	a.write(w)
}

// serve does a request on behalf of a sender, up to the answer.
func (h *Handler) serve(a *answer, from *sender, r *http.Request) {
	if r.Method != http.MethodPost {
		a.refused(http.StatusMethodNotAllowed, "method (%s) must be POST", clip(r.Method, maxSenderName))
		return
	}
	if err := negotiate(a, r.Header); err != nil {
		a.refused(http.StatusUnsupportedMediaType, "%v", err)
		return
	}
	if !from.enter() {
		a.later(http.StatusTooManyRequests, time.Second, "at most %d requests of %s may be under way", from.limits.InFlight, from.name)
		return
	}
	defer from.leave()
	if !h.slot(r.Context()) {
		a.later(http.StatusServiceUnavailable, time.Second, "too busy: %d requests are under way", h.opts.InFlight)
		return
	}
	defer func() { <-h.slots }()

	wk := h.work.Get().(*work)
	defer h.release(wk)
	if h.receive(a, from, wk, r) && h.decode(a, from, wk) {
		h.ingest(r.Context(), a, from, wk)
	}
}

// slot waits for a turn.
func (h *Handler) slot(ctx context.Context) bool {
	select {
	case h.slots <- struct{}{}:
		return true
	default:
	}
	timeout := time.NewTimer(h.opts.QueueTimeout)
	defer timeout.Stop()
	select {
	case h.slots <- struct{}{}:
		return true
	case <-ctx.Done():
	case <-timeout.C:
	}
	return false
}

const (
	mediaType = "application/x-protobuf"
	messageV1 = "prometheus.WriteRequest"
	messageV2 = "io.prometheus.write.v2.Request"
)

// negotiate finds the version that the headers speak of. Missing headers mean 1.0 and snappy, as they do to Prometheus.
func negotiate(a *answer, h http.Header) error {
	if enc := h.Get("Content-Encoding"); enc != "" && !strings.EqualFold(enc, "snappy") {
		return fmt.Errorf("Content-Encoding (%s) must be snappy", clip(enc, maxExample))
	}
	of := h.Get("Content-Type")
	switch of { // as Prometheus writes them; others are parsed, which allocates
	case "", mediaType, mediaType + ";proto=" + messageV1:
		a.version = 1
		return nil
	case mediaType + ";proto=" + messageV2:
		a.version = 2
		return nil
	}
	typ, params, err := mime.ParseMediaType(of)
	if err == nil && typ == mediaType {
		switch message, told := params["proto"]; {
		case message == messageV1 || !told:
			a.version = 1
			return nil
		case message == messageV2:
			a.version = 2
			return nil
		}
	}
	return fmt.Errorf("Content-Type (%s) must be %s, with proto=%s or proto=%s", clip(of, maxExample), mediaType, messageV1, messageV2)
}

// work is the space that a request is worked on in.
type work struct {
	body, message []byte
	dec           decoder
}

// maxPooled is the largest message whose space is kept for the next request; larger ones are rare, and their space is let go.
const maxPooled = 4 << 20

func (h *Handler) release(wk *work) {
	if cap(wk.message) <= maxPooled && cap(wk.body) <= maxPooled {
		h.work.Put(wk)
	}
}

// receive reads and decompresses the body.
func (h *Handler) receive(a *answer, from *sender, wk *work, r *http.Request) bool {
	most := h.opts.RequestBytes
	if own := from.limits.RequestBytes; own > 0 {
		most = min(most, own)
	}
	var err error
	if r.ContentLength <= int64(most) {
		wk.body, err = readBody(wk.body[:0], r.Body, r.ContentLength, most)
		a.bytes = len(wk.body)
	}
	switch {
	case err != nil:
		a.refused(http.StatusBadRequest, "the body was cut off")
		return false
	case r.ContentLength > int64(most) || len(wk.body) > most:
		a.refused(http.StatusRequestEntityTooLarge, "the body must have at most %d bytes", most)
		return false
	}
	if wait := take(from.bytes, h.opts.Now(), len(wk.body)); wait > 0 {
		a.later(http.StatusTooManyRequests, wait, "%s must send at most %v bytes a second", from.name, from.limits.BytesPerSecond)
		return false
	}
	n, err := snappy.DecodedLen(wk.body)
	if err == nil && n > h.opts.DecodedBytes {
		a.refused(http.StatusRequestEntityTooLarge, "the body must have at most %d bytes when decompressed", h.opts.DecodedBytes)
		return false
	}
	if err == nil {
		wk.message, err = snappy.Decode(wk.message[:cap(wk.message)], wk.body)
	}
	if err != nil {
		a.refused(http.StatusBadRequest, "the body must be a block of snappy: %v", err)
		return false
	}
	a.decodedBytes = len(wk.message)
	return true
}

// readBody reads at most one byte more than most, into dst. The length is a hint, -1 = unknown.
func readBody(dst []byte, body io.Reader, length int64, most int) ([]byte, error) {
	if want := int(length) + 1; cap(dst) < want { // one more, to see the end without growing
		dst = make([]byte, 0, want)
	}
	for len(dst) <= most {
		if len(dst) == cap(dst) {
			dst = append(dst, 0)[:len(dst)]
		}
		n, err := body.Read(dst[len(dst):min(cap(dst), most+1)])
		dst = dst[:len(dst)+n]
		if errors.Is(err, io.EOF) {
			return dst, nil
		}
		if err != nil {
			return dst, err
		}
	}
	return dst, nil
}

// decode reads the message into batches and holds them against the sender's limits.
func (h *Handler) decode(a *answer, from *sender, wk *work) bool {
	d, now := &wk.dec, h.opts.Now()
	d.reset(now.Add(h.opts.MaxAhead).UnixMilli())
	if err := d.read(a.version, wk.message); err != nil {
		a.refused(http.StatusBadRequest, "the body %v", err)
		return false
	}
	a.seen = d.seen
	if wait := take(from.samples, now, d.seen.Samples+d.seen.Histograms); wait > 0 {
		a.limited = d.seen.Samples + d.seen.Histograms
		a.later(http.StatusTooManyRequests, wait, "%s must send at most %v samples a second", from.name, from.limits.SamplesPerSecond)
		return false
	}
	for _, b := range []*model.Batch{&d.plain, &d.native.Births, &d.native.Counts, &d.native.Rest} {
		from.admit(now, b, &d.refuse)
	}
	a.refuse = d.refuse
	return true
}

// ingest gives the batches to the sink and settles the answer.
func (h *Handler) ingest(ctx context.Context, a *answer, from *sender, wk *work) {
	d := &wk.dec
	give := func(b *model.Batch) (taken model.Taken, ok bool) {
		if len(b.Series) == 0 {
			return taken, true
		}
		taken, err := h.sink.Ingest(ctx, b)
		if err == nil {
			return taken, taken.Dropped == 0
		}
		h.failed(ctx, a, from, err)
		return taken, false
	}
	plain, ok := give(&d.plain)
	a.taken.Add(plain)
	h.memory.learn(h.opts.Now(), d)
	if ok {
		// What a bucket held before it was first shown is ours, not the sender's: it need not hear that it was known.
		var births model.Taken
		births, ok = give(&d.native.Births)
		a.late = births.Dropped
	}
	var counted, rest model.Taken
	if ok {
		counted, ok = give(&d.native.Counts)
		a.taken.Add(counted)
	}
	if ok {
		rest, ok = give(&d.native.Rest)
		a.taken.Add(rest)
	}
	if !ok {
		t := &a.taken
		a.failed = points(&d.plain) + points(&d.native.Counts) + points(&d.native.Rest) -
			(t.Appended + t.OutOfOrder + t.Duplicate + t.Conflict + t.OverBudget + t.Dropped)
	}
	a.written = counts{Samples: plain.Appended + plain.Duplicate, Histograms: counted.Appended + counted.Duplicate}
	if ok {
		a.written.Exemplars = d.seen.Exemplars
	}
	if a.status == 0 {
		a.settle()
	}
}

// points counts those of the series of a batch.
func points(b *model.Batch) int {
	n := 0
	for i := range b.Series {
		n += b.Series[i].N
	}
	return n
}

// failed ends a request that the sink failed on.
func (h *Handler) failed(ctx context.Context, a *answer, from *sender, err error) {
	if ctx.Err() != nil {
		a.later(http.StatusServiceUnavailable, time.Second, "the request ended before all was taken: send it again")
		return
	}
	if h.opts.OnError != nil {
		h.opts.OnError(from.name, err)
	}
	a.refused(http.StatusInternalServerError, "internal error: send it again")
}
