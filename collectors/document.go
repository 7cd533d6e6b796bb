package collectors

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// maxFileBytes bounds a hand-written file. Ten thousand components with their edges fit into a tenth of it.
const maxFileBytes = 8 << 20

// yamlSyntax picks the line out of the YAML library's message, which has no other place for it.
var yamlSyntax = regexp.MustCompile(`(?s)^yaml: (?:line (\d+): )?(.*)$`)

// fromParser tells the messages of the YAML library's parser, which count lines from 0, from those of its scanner.
var fromParser = regexp.MustCompile(`^did not find expected (key|node content|<|'-' indicator|',' or)`)

// document parses one YAML document and returns its root; nil when there is none, with the problem recorded.
func (f *fields) document(data []byte) *yaml.Node {
	whole := &yaml.Node{}
	if len(data) > maxFileBytes {
		f.fail(whole, "", "must be at most %d bytes", maxFileBytes)
		return nil
	}
	if !utf8.Valid(data) {
		f.fail(&yaml.Node{Line: invalidLine(data)}, "", "must be UTF-8")
		return nil
	}
	f.lastLine = lineCount(data)
	dec := yaml.NewDecoder(bytes.NewReader(data))
	var doc yaml.Node
	if err := dec.Decode(&doc); err != nil {
		if errors.Is(err, io.EOF) {
			f.fail(whole, "", "must not be empty")
			return nil
		}
		f.fail(syntaxNode(err))
		return nil
	}
	var second yaml.Node
	switch err := dec.Decode(&second); {
	case err == nil:
		f.fail(&second, "", "must be one YAML document, and a second begins here")
	case !errors.Is(err, io.EOF):
		f.fail(syntaxNode(err))
	}
	return doc.Content[0]
}

// syntaxNode is the arguments of fail for an error of the YAML library.
func syntaxNode(err error) (at *yaml.Node, path, format string, text any) {
	at, text = &yaml.Node{}, err.Error()
	if m := yamlSyntax.FindStringSubmatch(err.Error()); m != nil {
		at.Line, _ = strconv.Atoi(m[1])
		text = m[2]
		if at.Line > 0 && fromParser.MatchString(m[2]) {
			at.Line++
		}
	}
	return at, "", "must be YAML: %s", text
}

// lineCount is the number of lines as YAML counts them: it breaks lines at carriage returns and Unicode's separators too.
func lineCount(data []byte) int {
	n := 1 - bytes.Count(data, []byte("\r\n"))
	for _, lineBreak := range []string{"\n", "\r", "\u0085", "\u2028", "\u2029"} {
		n += bytes.Count(data, []byte(lineBreak))
	}
	return n
}

func invalidLine(data []byte) int {
	line := 1
	for len(data) > 0 {
		r, n := utf8.DecodeRune(data)
		if r == utf8.RuneError && n == 1 {
			return line
		}
		if r == '\n' {
			line++
		}
		data = data[n:]
	}
	return 0
}

// Locate returns where a field of a YAML document stands: line and column, from 1; zeros when it is not there. The path
// is of keys parted by dots.
func Locate(data []byte, path string) (line, column int) {
	var doc yaml.Node
	if err := yaml.Unmarshal(data, &doc); err != nil || len(doc.Content) == 0 {
		return 0, 0
	}
	n := doc.Content[0]
	for key := range strings.SplitSeq(path, ".") {
		if n = child(n, key); n == nil {
			return 0, 0
		}
	}
	return n.Line, n.Column
}
