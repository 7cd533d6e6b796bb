package bundle

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"sync"

	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/gzip"

	"github.com/diagnops/diagnops/collectors"
)

const (
	// readBytes is how much text is read at once: it fits a core's second-level cache, so that text is parsed while it
	// is there, and it holds the longest line allowed.
	readBytes = 256 << 10
	// packedBytes is how much of a gzip file is read at once: some twenty system calls a recording.
	packedBytes = 64 << 10
	// maxTextBytes bounds the text of one file, unpacked, against files made to explode; a hundred million samples of
	// a hundred bytes are within.
	maxTextBytes = 16 << 30
	// bytesPerSample is what a sample takes of compressed text at least, seen on recordings; room is made for as many.
	bytesPerSample = 7
)

// Load reads all metrics. Broken files give collectors.Problems (the first twenty of each); an end of ctx gives its
// error. What is odd but readable is in Data.Warnings.
func (b *Bundle) Load(ctx context.Context) (*Data, error) {
	l := loader{Bundle: b, ctx: ctx, columns: newColumns()}
	for _, step := range []func() error{l.gzip, l.text, l.blocks} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	l.problems.Sort()
	if err := l.problems.Err(); err != nil {
		return nil, err
	}
	d := l.columns.data()
	d.Warnings = l.warnings
	return d, nil
}

// loader is one Load under way.
type loader struct {
	*Bundle
	ctx      context.Context
	columns  *columns
	problems collectors.Problems
	warnings []string
}

func (l *loader) warn(name, format string, args ...any) {
	l.warnings = append(l.warnings, l.path(name)+": "+fmt.Sprintf(format, args...))
}

// unpackers keeps the decompressor's tables and the text buffer between bundles: a batch reads hundreds.
var unpackers = sync.Pool{New: func() any {
	return &unpacker{packed: bufio.NewReaderSize(nil, packedBytes), text: make([]byte, readBytes)}
}}

type unpacker struct {
	packed *bufio.Reader
	zip    gzip.Reader
	text   []byte
}

func (l *loader) gzip() error {
	return l.open(gzipFile, func(file fs.File, u *unpacker) error {
		l.reserve(file, bytesPerSample)
		u.packed.Reset(file)
		if err := u.zip.Reset(u.packed); err != nil {
			l.problem(gzipFile, 0, gzipRule(err))
			return nil
		}
		return l.read(gzipFile, &u.zip, u.text)
	})
}

func (l *loader) text() error {
	return l.open(textFile, func(file fs.File, u *unpacker) error {
		l.reserve(file, 12*bytesPerSample)
		return l.read(textFile, file, u.text)
	})
}

// open hands an existing file on, with a buffer.
func (l *loader) open(name string, read func(fs.File, *unpacker) error) error {
	file, err := l.fsys.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("reading %s: %w", l.path(name), err)
	}
	defer func() { _ = file.Close() }() // read only: nothing is lost
	u := unpackers.Get().(*unpacker)
	defer func() {
		u.packed.Reset(nil) // the pool must not keep the file
		unpackers.Put(u)
	}()
	return read(file, u)
}

// maxReserve bounds the room made before a sample was seen, so that no file's size alone takes memory.
const maxReserve = 4_000_000

// reserve makes room for the samples that a file of this size usually holds.
func (l *loader) reserve(file fs.File, bytesEach int64) {
	if info, err := file.Stat(); err == nil {
		l.columns.reserve(int(min(info.Size()/bytesEach, maxReserve)))
	}
}

func (l *loader) problem(name string, line int, rule string) {
	l.problems = append(l.problems, collectors.Problem{File: l.path(name), Line: line, Rule: rule})
}

// read parses OpenMetrics text, a buffer at a time.
func (l *loader) read(name string, src io.Reader, buf []byte) error {
	r := textReader{file: l.path(name), columns: l.columns}
	err := l.pump(name, &r, src, buf)
	l.problems = append(l.problems, r.problems...)
	switch {
	case err == nil, errors.Is(err, errEnough):
		return nil
	case errors.Is(err, errTooManySeries), errors.Is(err, errTooManySamples):
		l.problem(name, r.line, err.Error())
		return nil
	default:
		return err
	}
}

func (l *loader) pump(name string, r *textReader, src io.Reader, buf []byte) error {
	held, total := 0, 0 // bytes of an unfinished line; bytes read
	for {
		if err := l.ctx.Err(); err != nil {
			return err
		}
		n, readErr := fill(src, buf[held:])
		if total += n; total > maxTextBytes {
			l.problem(name, r.line, fmt.Sprintf("must be at most %d bytes", maxTextBytes))
			return nil
		}
		text := buf[:held+n]
		used, err := r.feed(text)
		if err != nil {
			return err
		}
		if readErr != nil {
			return l.finish(name, r, text[used:], readErr)
		}
		if used == 0 {
			l.problem(name, r.line+1, fmt.Sprintf("must be at most %d bytes", maxLineBytes))
			return nil
		}
		held = copy(buf, text[used:])
	}
}

// fill reads until buf is full or src ends. Unlike io.ReadFull it hands on src's own error, so that an orderly end
// (io.EOF) is told from one in the midst of a gzip stream (io.ErrUnexpectedEOF).
func fill(src io.Reader, buf []byte) (n int, err error) {
	for n < len(buf) && err == nil {
		var k int
		k, err = src.Read(buf[n:])
		n += k
	}
	return n, err
}

// finish looks at how the text ended. A last line without its end is never taken as a sample: its timestamp may have
// been cut short.
func (l *loader) finish(name string, r *textReader, rest []byte, err error) error {
	var damaged flate.CorruptInputError
	switch {
	case errors.Is(err, io.EOF):
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, gzip.ErrChecksum), errors.Is(err, gzip.ErrHeader),
		errors.As(err, &damaged):
		l.problem(name, r.line+1, gzipRule(err))
		return nil
	default:
		return fmt.Errorf("reading %s: %w", l.path(name), err)
	}
	switch {
	case string(rest) == "# EOF":
	case len(rest) > 0:
		l.warn(name, "line %d has no end and was left out: the file may be cut off", r.line+1)
	case !r.ended:
		l.warn(name, "does not end with # EOF: the file may be cut off")
	}
	return nil
}

func gzipRule(err error) string {
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return "must be a whole gzip file: it ends in the midst (cut off while it was written or copied?)"
	case errors.Is(err, gzip.ErrHeader):
		return "must be gzip: it does not begin as such"
	case errors.Is(err, gzip.ErrChecksum):
		return "must be an intact gzip file: its checksum is wrong"
	}
	return fmt.Sprintf("must be an intact gzip file: %v", err)
}
