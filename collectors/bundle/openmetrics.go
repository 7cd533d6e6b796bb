package bundle

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/diagnops/diagnops/collectors"
)

const (
	// maxLineBytes bounds a line of text; a series with 256 long labels fits. Lines must fit the reading buffer.
	maxLineBytes = 64 << 10
	// maxLineProblems bounds how many broken lines are told: the first few show what is wrong with all.
	maxLineProblems = 20
)

// errEnough ends reading when enough broken lines were found.
var errEnough = errors.New("too many problems")

// textReader turns OpenMetrics text, given in pieces, into columns.
type textReader struct {
	file     string
	columns  *columns
	line     int    // number of the line last read, from 1
	prefix   []byte // series of the sample last read, as written
	ended    bool   // "# EOF" was the last line that is not blank
	problems collectors.Problems
}

// feed reads the whole lines at the start of text and returns how many bytes those were.
func (r *textReader) feed(text []byte) (int, error) {
	end := bytes.LastIndexByte(text, '\n') + 1
	text = text[:end]
	for i := 0; i < end; {
		r.line++
		if next := r.repeat(text, i); next > 0 {
			i = next
			continue
		}
		length := bytes.IndexByte(text[i:], '\n')
		if err := r.slow(text[i : i+length]); err != nil {
			return i, err
		}
		i += length + 1
	}
	if len(r.columns.times) > maxSamples {
		return end, errTooManySamples
	}
	return end, nil
}

// repeat reads a sample of the same series as the last one, in its commonest form; it returns where the next line
// begins, or 0 when the line is anything else. This is where nearly all time goes.
func (r *textReader) repeat(text []byte, i int) int {
	n := len(r.prefix)
	if n == 0 || len(text)-i <= n || text[i+n] != ' ' || !bytes.Equal(text[i:i+n], r.prefix) {
		return 0
	}
	v, next, ok := fastValue(text, i+n+1)
	if !ok {
		end := bytes.IndexByte(text[next:], ' ')
		if end < 0 {
			return 0
		}
		next += end
		var err error
		if v, err = slowValue(string(text[i+n+1 : next])); err != nil {
			return 0
		}
	}
	ms, next, ok := fastMillis(text, next+1)
	if !ok || text[next] != '\n' {
		return 0
	}
	c := r.columns
	c.times = append(c.times, ms)
	c.values = append(c.values, v)
	return next + 1
}

// slow reads any line. The error is errEnough or a bound that was hit; broken lines are kept as problems.
func (r *textReader) slow(line []byte) error {
	line = bytes.TrimSuffix(line, []byte("\r"))
	if len(line) == 0 {
		return nil
	}
	r.ended = false
	if line[0] == '#' {
		r.ended = string(line) == "# EOF"
		return nil
	}
	if len(line) > maxLineBytes {
		return r.fail("", fmt.Errorf("must be at most %d bytes", maxLineBytes))
	}
	end, err := seriesEnd(line)
	if err != nil {
		return r.fail("series", err)
	}
	series, err := r.find(line[:end])
	if errors.Is(err, errTooManySeries) {
		return err
	}
	if err != nil {
		return r.fail("series", err)
	}
	v, ms, field, err := sample(line[end:])
	if err != nil {
		return r.fail(field, err)
	}
	r.prefix = append(r.prefix[:0], line[:end]...)
	c := r.columns
	c.begin(series)
	c.times = append(c.times, ms)
	c.values = append(c.values, v)
	return nil
}

// find returns the series written so; each spelling is parsed once.
func (r *textReader) find(written []byte) (int32, error) {
	c := r.columns
	if s, ok := c.known[string(written)]; ok {
		return s, nil
	}
	text := string(written)
	labels, err := parseSeries(text)
	if err != nil {
		return 0, err
	}
	s, err := c.find(labels)
	if err == nil {
		c.known[text] = s
	}
	return s, err
}

// sample reads " value timestamp" and passes over an exemplar after it. On an error, field says where.
func sample(rest []byte) (v float64, ms int64, field string, err error) {
	if len(rest) == 0 || rest[0] != ' ' {
		return 0, 0, "value", errors.New("must follow the series after one space")
	}
	value, rest, found := bytes.Cut(rest[1:], []byte(" "))
	if v, err = slowValue(string(value)); err != nil {
		return 0, 0, "value", fmt.Errorf("(%q) %w", clip(string(value)), err)
	}
	if !found || len(rest) == 0 || rest[0] == '#' {
		return 0, 0, "timestamp", errors.New("must be given: a recording is of no use without")
	}
	at, rest, found := bytes.Cut(rest, []byte(" "))
	if ms, err = slowMillis(string(at)); err != nil {
		return 0, 0, "timestamp", fmt.Errorf("(%q) %w", clip(string(at)), err)
	}
	if found && !bytes.HasPrefix(rest, []byte("# ")) {
		return 0, 0, "timestamp", fmt.Errorf("must end the line, or an exemplar must follow, not %q", clip(string(rest)))
	}
	return v, ms, "", nil
}

func (r *textReader) fail(field string, err error) error {
	r.problems = append(r.problems, collectors.Problem{File: r.file, Line: r.line, Field: field, Rule: err.Error()})
	if len(r.problems) >= maxLineProblems {
		return errEnough
	}
	return nil
}
