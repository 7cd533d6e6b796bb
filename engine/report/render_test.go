package report

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestTextKeepsToItsWidth(t *testing.T) {
	for name, make := range fixtures {
		for _, w := range []int{20, 21, 33, 40, 63, 64, 80, 132} {
			for _, lang := range Langs() {
				for _, verbose := range []bool{false, true} {
					out := string(render(t, make(), FormatText, Options{Width: w, Lang: lang, Verbose: verbose}))
					for _, line := range strings.Split(out, "\n") {
						if width(line) > w {
							t.Errorf("%s %s: %d columns where %d are allowed: %q", name, lang, width(line), w, line)
						}
						if strings.TrimRight(line, " ") != line {
							t.Errorf("%s %s: trailing space: %q", name, lang, line)
						}
					}
				}
			}
		}
	}
}

func TestTextBeginsWithTheAnswer(t *testing.T) {
	out := string(render(t, diagnosed(), FormatText, Options{}))
	if !strings.HasPrefix(out, "db-volume: the volume is saturated") {
		t.Errorf("first line is %q", strings.SplitN(out, "\n", 2)[0])
	}
	if strings.Contains(out, "\x1b") {
		t.Error("colour without being asked for")
	}
}

func TestColourOnlyRepeatsWords(t *testing.T) {
	ansi := regexp.MustCompile(`\x1b\[[0-9;]*m`)
	for name, make := range fixtures {
		plain := string(render(t, make(), FormatText, Options{}))
		coloured := string(render(t, make(), FormatText, Options{Color: true}))
		if diff := cmp.Diff(plain, ansi.ReplaceAllString(coloured, "")); diff != "" {
			t.Errorf("%s: without its colours it differs:\n%s", name, diff)
		}
		if coloured == plain {
			t.Errorf("%s: no colour at all", name)
		}
		for _, line := range strings.Split(coloured, "\n") {
			if strings.Count(line, "\x1b[0m")*2 != len(ansi.FindAllString(line, -1)) {
				t.Errorf("%s: a colour crosses the end of %q", name, line)
			}
		}
	}
}

func TestNothingHostileComesThrough(t *testing.T) {
	for _, f := range []Format{FormatText, FormatMarkdown, FormatHTML} {
		out := string(render(t, hostile(), f, Options{Verbose: true}))
		for _, r := range out {
			if r < 0x20 && r != '\n' || r >= 0x7f && r < 0xa0 || r >= 0x202a && r <= 0x202e {
				t.Errorf("%s: raw %U", f, r)
			}
		}
	}
	if out := string(render(t, hostile(), FormatHTML, Options{})); strings.Contains(out, "<script") {
		t.Error("html: a script came through")
	}
}

func TestMarkdownTablesAndFencesHold(t *testing.T) {
	for name, make := range fixtures {
		pipes, fenced := 0, ""
		for _, line := range strings.Split(string(render(t, make(), FormatMarkdown, Options{})), "\n") {
			bare := strings.TrimSpace(line)
			ticks := bare[:len(bare)-len(strings.TrimLeft(bare, "`"))]
			switch {
			case fenced != "":
				if bare == fenced {
					fenced = ""
				}
			case len(ticks) >= 3:
				fenced = ticks
			case strings.HasPrefix(line, "| "):
				if pipes != 0 && strings.Count(line, "|") != pipes {
					t.Errorf("%s: %d bars where the head has %d: %s", name, strings.Count(line, "|"), pipes, line)
				}
				pipes = strings.Count(line, "|")
			case strings.HasPrefix(line, "|-"):
			default:
				pipes = 0
				if strings.Contains(line, "<script") && !strings.Contains(line, "``") {
					t.Errorf("%s: raw HTML: %s", name, line)
				}
			}
		}
		if fenced != "" {
			t.Errorf("%s: a code block is not closed", name)
		}
	}
}

func TestMarkdownEscapes(t *testing.T) {
	for in, want := range map[string]string{
		"plain":        "plain",
		"- item":       `\- item`,
		"-5 ms":        "-5 ms",
		"1. first":     `1\. first`,
		"1.5 s":        "1.5 s",
		"---":          `\---`,
		"a|b":          "a&#124;b",
		"<b>&amp;":     "&lt;b&gt;&amp;amp;",
		"*_[x](y)`~#$": "\\*\\_\\[x\\](y)\\`\\~\\#\\$",
		`\`:            `\\`,
		"":             "",
	} {
		if got := md(in); got != want {
			t.Errorf("md(%q) = %q, want %q", in, got, want)
		}
	}
	for in, want := range map[string]string{"a": "`a`", "a`b": "`` a`b ``", "``": "``` `` ```"} {
		if got := code(in); got != want {
			t.Errorf("code(%q) = %q, want %q", in, got, want)
		}
	}
}

var followed = regexp.MustCompile(`<a href="https?://[^"]*">[^<]*</a>`)

func TestHTMLStandsAlone(t *testing.T) {
	for name, make := range fixtures {
		for _, lang := range Langs() {
			out := string(render(t, make(), FormatHTML, Options{Lang: lang, Verbose: true}))
			out = followed.ReplaceAllString(out, "") // nothing is fetched until somebody follows it
			for _, outside := range []string{"http://", "https://", "src=", "href=", "@import", "url(", "<script", "<iframe"} {
				if strings.Contains(out, outside) {
					t.Errorf("%s: %q in the page", name, outside)
				}
			}
			if !strings.Contains(out, `<html lang="`+string(lang)+`">`) {
				t.Errorf("%s: the page does not say its language", name)
			}
			checkStructure(t, name, out)
		}
	}
}

// checkStructure reads the page as tags: closed in order, one h1, headings that skip no level, heads with a scope.
func checkStructure(t *testing.T, name, page string) {
	t.Helper()
	dec := xml.NewDecoder(strings.NewReader(strings.TrimPrefix(page, "<!DOCTYPE html>")))
	dec.Strict, dec.AutoClose, dec.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
	level, heads := 0, 0
	for {
		token, err := dec.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
			return
		}
		start, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		switch tag := start.Name.Local; tag {
		case "h1", "h2", "h3":
			next := int(tag[1] - '0')
			if next > level+1 {
				t.Errorf("%s: h%d below h%d", name, next, level)
			}
			level = next
			if next == 1 {
				heads++
			}
		case "th":
			if !slices.ContainsFunc(start.Attr, func(a xml.Attr) bool { return a.Name.Local == "scope" }) {
				t.Errorf("%s: a table head without scope", name)
			}
		}
	}
	if heads != 1 {
		t.Errorf("%s: %d h1", name, heads)
	}
}

func TestRenderLeavesTheDiagnosisAlone(t *testing.T) {
	for name, make := range fixtures {
		d := make()
		for _, f := range Formats() {
			first := render(t, d, f, Options{Lang: Korean})
			if diff := cmp.Diff(make(), d, cmpopts.EquateNaNs()); diff != "" {
				t.Errorf("%s: %s changed the diagnosis:\n%s", name, f, diff)
			}
			if again := render(t, d, f, Options{Lang: Korean}); !bytes.Equal(first, again) {
				t.Errorf("%s: %s is not the same twice", name, f)
			}
		}
	}
}

type fullDisk struct{}

var errFull = errors.New("disk full")

func (fullDisk) Write([]byte) (int, error) { return 0, errFull }

func TestErrors(t *testing.T) {
	_, err := ParseFormat("pdf")
	if want := `output ("pdf") must be one of text, json, markdown, html`; err == nil || err.Error() != want {
		t.Errorf("ParseFormat: %v, want %s", err, want)
	}
	_, err = ParseLang("de")
	if want := `lang ("de") must be one of en, ko`; err == nil || err.Error() != want {
		t.Errorf("ParseLang: %v, want %s", err, want)
	}
	if f, err := ParseFormat("HTML"); f != FormatHTML || err != nil {
		t.Errorf("ParseFormat(HTML) = %q, %v", f, err)
	}
	if f, err := ParseFormat(""); f != FormatText || err != nil {
		t.Errorf("ParseFormat() = %q, %v", f, err)
	}
	if l, err := ParseLang("ko"); l != Korean || err != nil {
		t.Errorf("ParseLang(ko) = %q, %v", l, err)
	}
	for _, f := range []Format{"pdf", ""} {
		if err := Render(io.Discard, healthy(), f, Options{}); err == nil {
			t.Errorf("Render as %q: no error", f)
		}
	}
	if err := Render(io.Discard, healthy(), FormatText, Options{Lang: "de"}); err == nil {
		t.Error("Render in de: no error")
	}
	if err := Render(fullDisk{}, healthy(), FormatText, Options{}); !errors.Is(err, errFull) {
		t.Errorf("Render to a full disk: %v", err)
	}
}
