package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/diagnops/diagnops/engine/model"
)

// Format is a form of output.
type Format string

// The formats of `why -o`.
const (
	FormatText     Format = "text"
	FormatJSON     Format = "json"
	FormatMarkdown Format = "markdown"
	FormatHTML     Format = "html"
)

// Formats lists every format in the order that help texts use.
func Formats() []Format { return []Format{FormatText, FormatJSON, FormatMarkdown, FormatHTML} }

// ParseFormat reads a format, case-insensitively; "" is FormatText. The error lists what may be given.
func ParseFormat(s string) (Format, error) { return parse("output", s, FormatText, Formats()) }

// Lang is a language of the human forms.
type Lang string

// The languages.
const (
	English Lang = "en"
	Korean  Lang = "ko"
)

// Langs lists every language.
func Langs() []Lang { return []Lang{English, Korean} }

// ParseLang reads a language, case-insensitively; "" is English. The error lists what may be given.
func ParseLang(s string) (Lang, error) { return parse("lang", s, English, Langs()) }

func parse[T ~string](field, s string, byDefault T, all []T) (T, error) {
	if s == "" {
		return byDefault, nil
	}
	names := make([]string, 0, len(all))
	for _, v := range all {
		names = append(names, string(v))
	}
	if i := slices.Index(names, strings.ToLower(s)); i >= 0 {
		return all[i], nil
	}
	return "", fmt.Errorf("%s (%q) must be one of %s", field, s, strings.Join(names, ", "))
}

const (
	defaultWidth = 80
	// minWidth is the narrowest terminal that indents and marks leave room for text on.
	minWidth = 20
)

// Options say how to write. The zero value is English, without colour, 80 columns, short.
type Options struct {
	Lang Lang
	// Color allows ANSI colours in FormatText.
	Color bool
	// Width is the columns of FormatText: no line is wider. 0 = 80; below 20 counts as 20.
	Width int
	// Verbose shows long lists in full, correlations and queries in FormatText, and the glossary in Markdown and HTML.
	Verbose bool
}

func (o Options) withDefaults() Options {
	if o.Lang == "" {
		o.Lang = English
	}
	if o.Width == 0 {
		o.Width = defaultWidth
	}
	o.Width = max(o.Width, minWidth)
	return o
}

// Render writes the diagnosis in the given format. FormatJSON ignores the options. It returns an error when the format
// or language is none of ours, or when w fails.
func Render(w io.Writer, d *model.Diagnosis, format Format, opts Options) error {
	opts = opts.withDefaults()
	if !slices.Contains(Langs(), opts.Lang) {
		_, err := ParseLang(string(opts.Lang))
		return err
	}
	var out []byte
	var err error
	switch format {
	case FormatText:
		out = renderText(newView(d, opts), opts)
	case FormatJSON:
		out, err = renderJSON(d)
	case FormatMarkdown:
		out = renderMarkdown(newView(d, opts), opts)
	case FormatHTML:
		out, err = renderHTML(newView(d, opts), opts)
	default:
		_, err = ParseFormat(string(format))
		if err == nil {
			err = fmt.Errorf("output (%q) must not be empty", format)
		}
	}
	if err != nil {
		return fmt.Errorf("rendering %s: %w", format, err)
	}
	if _, err := w.Write(out); err != nil {
		return fmt.Errorf("writing %s: %w", format, err)
	}
	return nil
}

// renderPlain writes what is no diagnosis as text, which lay sets, or as the JSON of v.
func renderPlain(w io.Writer, v any, format Format, opts Options, lay func(*page)) error {
	opts = opts.withDefaults()
	var out []byte
	switch format {
	case FormatText:
		p := &page{say: speaker{opts.Lang}, width: opts.Width, color: opts.Color, verbose: opts.Verbose}
		lay(p)
		out = []byte(p.b.String())
	case FormatJSON:
		var b bytes.Buffer
		enc := json.NewEncoder(&b)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "  ")
		if err := enc.Encode(v); err != nil {
			return fmt.Errorf("encoding: %w", err)
		}
		out = append(escapeControls(bytes.TrimSuffix(b.Bytes(), []byte("\n"))), '\n')
	default:
		return fmt.Errorf("output (%q) must be one of text, json", format)
	}
	if _, err := w.Write(out); err != nil {
		return fmt.Errorf("writing %s: %w", format, err)
	}
	return nil
}
