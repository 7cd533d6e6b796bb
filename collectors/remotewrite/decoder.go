package remotewrite

import (
	"slices"
	"unicode/utf8"

	"github.com/diagnops/diagnops/collectors"
	"github.com/diagnops/diagnops/engine/model"
)

// decoder turns a decompressed message into batches. Its space is used again from one message to the next; what it gives
// out is valid until then, and while the message is.
type decoder struct {
	maxLabels, maxLabelBytes int
	histograms               *collectors.Histograms
	memory                   *memory

	version int    // of the protocol
	latest  uint64 // no point may be later, Unix milliseconds
	plain   model.Batch
	native  collectors.ClassicBatch // of native histograms
	seen    counts
	refuse  refusals

	labels  model.Labels // of all series, one after the other
	symbols []string     // 2.0
	about   []symbol     // of each of symbols
	judged  bool         // utf8 was found out
	utf8    bool         // all symbols are

	message  []byte     // 2.0
	table    *table     // with which the message begins, nil = none that is remembered
	place    int        // of the table's series that should come next
	tableEnd int        // of the symbols that the message begins with; 0 = not read, or there are more elsewhere
	referred []referred // known series that the table did not tell

	current series
	before  *known // the last series that was known
	wrong   int    // guesses of the next one in a row that were
	// spellings of series that are not known, in the order of their points
	spellings []spelling
	hist      nativeHistogram // scratch
}

// series is the TimeSeries that is being read.
type series struct {
	label0, point0, series0 int // where its labels, points and series begin
	first                   int // first point that no BatchSeries has yet
	created                 int64
	fault                   reason
	known                   *known   // nil = its labels are read
	spelling                spelling // of its labels, when they are read
	doubtful                bool     // its labels may not be UTF-8
	mistimed                int
	exemplars               int
	histograms              [][]byte
}

// counts are elements of a message.
type counts struct{ Samples, Histograms, Exemplars, Metadata int }

// reset forgets the message before. Points must not be later than latestMillis.
func (d *decoder) reset(latestMillis int64) {
	d.latest = uint64(max(latestMillis, 0))
	d.plain.Reset()
	d.native.Reset()
	d.seen, d.refuse = counts{}, refusals{}
	d.labels, d.symbols, d.about = d.labels[:0], d.symbols[:0], d.about[:0]
	d.judged = false
	d.message, d.table, d.place, d.tableEnd, d.referred = nil, nil, 0, 0, d.referred[:0]
	d.before, d.wrong, d.spellings = nil, 0, d.spellings[:0]
}

// read decodes a message of a version of the protocol.
func (d *decoder) read(version int, b []byte) error {
	d.version = version
	d.memory.mu.RLock()
	defer d.memory.mu.RUnlock()
	if version == 2 {
		return d.v2(b)
	}
	return d.v1(b)
}

// begin starts a TimeSeries.
func (d *decoder) begin() {
	n := len(d.plain.Points)
	d.current = series{
		label0: len(d.labels), point0: n, series0: len(d.plain.Series), first: n,
		histograms: d.current.histograms[:0],
	}
}

// label adds a label to the current series.
func (d *decoder) label(name, value string) {
	if value == "" {
		d.current.spelling.labels = nil // series are known by labels that count
		return
	}
	if len(d.labels)-d.current.label0 >= d.maxLabels {
		d.current.fault = tooManyLabels
		return
	}
	d.labels = append(d.labels, model.Label{Name: name, Value: value})
}

// point adds a point to the current series. Series whose counter began anew in their midst are cut in two.
func (d *decoder) point(tMillis int64, value float64, createdMillis int64) {
	d.seen.Samples++
	if uint64(tMillis) > d.latest { // a negative time is, too
		d.current.mistimed++
		return
	}
	if createdMillis != d.current.created {
		d.cut()
		d.current.created = createdMillis
	}
	d.plain.Points = append(d.plain.Points, model.Point{TMillis: tMillis, Value: value})
}

// cut makes a series of the points since the last cut.
func (d *decoder) cut() {
	c := &d.current
	if n := len(d.plain.Points) - c.first; n > 0 {
		d.plain.Series = append(d.plain.Series, model.BatchSeries{First: c.first, N: n, CreatedMillis: c.created})
		c.first += n
	}
}

// labels returns the labels of the current series as far as they are known or read.
func (s *series) labels(d *decoder) model.Labels {
	if s.known != nil {
		return s.known.labels
	}
	return d.labels[s.label0:len(d.labels):len(d.labels)]
}

// unfold turns a known series into one whose labels were read: it turned out to have more.
func (d *decoder) unfold() {
	c := &d.current
	if c.known != nil {
		d.labels = append(d.labels, c.known.labels...)
		c.known = nil
	}
	c.spelling.labels = nil
}

// end files the current series, or refuses it when its labels are not what they must be.
func (d *decoder) end() error {
	d.cut()
	c := &d.current
	ls := c.labels(d)
	var handle model.SeriesHandle
	if c.known != nil {
		handle = c.known.handle
	} else if c.fault == fine {
		c.fault = d.judge(ls)
	}
	if c.fault != fine {
		n := len(d.plain.Points) - c.point0 + c.mistimed + len(c.histograms)
		d.seen.Histograms += len(c.histograms)
		d.refuse.add(c.fault, n, ls)
		d.plain.Points, d.plain.Series = d.plain.Points[:c.point0], d.plain.Series[:c.series0]
		d.labels = d.labels[:c.label0]
		return nil
	}
	for i := c.series0; i < len(d.plain.Series); i++ {
		d.plain.Series[i].Labels, d.plain.Series[i].Handle = ls, handle
	}
	if c.spelling.labels != nil && len(d.plain.Series) > c.series0 {
		c.spelling.point = d.plain.Series[c.series0].First
		d.spellings = append(d.spellings, c.spelling)
	}
	d.seen.Exemplars += c.exemplars
	d.refuse.add(mistimed, c.mistimed, ls)
	for _, b := range c.histograms {
		if err := d.histogram(ls, b); err != nil {
			return err
		}
	}
	return nil
}

// judge says what is wrong with the labels of a series.
func (d *decoder) judge(ls model.Labels) reason {
	if len(ls) == 0 {
		return noLabels
	}
	named, size := false, 0
	for i := range ls {
		name := ls[i].Name
		if i > 0 && name <= ls[i-1].Name {
			if name == ls[i-1].Name {
				return repeatedLabel
			}
			return unsortedLabels
		}
		if name == model.MetricName {
			named = true
		}
		size += len(name) + len(ls[i].Value)
	}
	switch {
	case ls[0].Name == "": // sorted, so it would be the first
		return emptyLabelName
	case !named:
		return noMetricName
	case size > d.maxLabelBytes:
		return tooLongLabels
	case (d.current.doubtful || !d.symbolsValid()) && !validUTF8(ls):
		return notUTF8
	}
	return fine
}

// symbolsValid tells whether all symbols of the message are UTF-8.
func (d *decoder) symbolsValid() bool {
	if !d.judged {
		d.judged, d.utf8 = true, !slices.ContainsFunc(d.symbols, func(s string) bool { return !utf8.ValidString(s) })
	}
	return d.utf8
}

func validUTF8(ls model.Labels) bool {
	for _, l := range ls {
		if !utf8.ValidString(l.Name) || !utf8.ValidString(l.Value) {
			return false
		}
	}
	return true
}

// sample reads a Sample message, of 1.0 and of 2.0.
func (d *decoder) sample(b []byte) error {
	var value float64
	var t, created uint64
	for i := 0; i < len(b); {
		num, typ, next := tag(b, i)
		if next < 0 {
			return errMalformed
		}
		switch num {
		case 1:
			value, i = double(b, next, typ)
		case 2:
			t, i = number(b, next, typ)
		case 3: // 2.0 alone has one
			created, i = number(b, next, typ)
		default:
			i = skip(b, next, num, typ)
		}
		if i < 0 {
			return errMalformed
		}
	}
	d.point(int64(t), value, int64(created))
	return nil
}

// shortSamples reads Sample fields with the one-byte tag from b[i] on, as long as they are written the usual way, and
// returns where the first other field begins.
func (d *decoder) shortSamples(b []byte, i int, tag byte) int {
	first := len(d.plain.Points)
	points := d.plain.Points
	for i < len(b) && b[i] == tag {
		if points, i = usualSamples(b, i, tag, d.latest, points); i == len(b) || b[i] != tag {
			break
		}
		value, t, next := shortSample(b, i)
		if next < 0 || uint64(t) > d.latest {
			break
		}
		points = append(points, model.Point{TMillis: t, Value: value})
		i = next
	}
	if len(points) > first && d.current.created != 0 {
		d.cut()
		d.current.created = 0
	}
	d.plain.Points = points
	d.seen.Samples += len(points) - first
	return i
}

// histogram reads a Histogram message of a series with good labels, and writes it out as classic series.
func (d *decoder) histogram(ls model.Labels, b []byte) error {
	d.seen.Histograms++
	h := &d.hist
	if err := h.decode(b); err != nil {
		return err
	}
	switch {
	case uint64(h.tMillis) > d.latest:
		d.refuse.add(mistimed, 1, ls)
	case !h.valid():
		d.refuse.add(badHistogram, 1, ls)
	default:
		d.histograms.Expand(&d.native, ls, collectors.NativeSample{
			TMillis: h.tMillis, CreatedMillis: h.createdMillis, Histogram: &h.FloatHistogram,
		})
	}
	return nil
}
