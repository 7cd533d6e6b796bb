package report

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/diagnops/diagnops/engine/model"
)

var update = flag.Bool("update", false, "rewrite the golden files")

var fixtures = map[string]func() *model.Diagnosis{
	"diagnosed": diagnosed, "inconclusive": inconclusive, "healthy": healthy, "unmeasured": unmeasured, "huge": huge,
	"hostile": hostile, "empty": func() *model.Diagnosis { return &model.Diagnosis{} },
}

func render(t *testing.T, d *model.Diagnosis, f Format, o Options) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Render(&b, d, f, o); err != nil {
		t.Fatalf("Render: %v", err)
	}
	return b.Bytes()
}

func TestGolden(t *testing.T) {
	text, korean := Options{}, Options{Lang: Korean}
	for _, tc := range []struct {
		fixture string
		format  Format
		opts    Options
		file    string
	}{
		{"diagnosed", FormatText, text, "diagnosed.txt"},
		{"diagnosed", FormatText, Options{Color: true}, "diagnosed.ansi"},
		{"diagnosed", FormatText, Options{Width: 40}, "diagnosed.narrow.txt"},
		{"diagnosed", FormatText, Options{Verbose: true, Width: 120}, "diagnosed.verbose.txt"},
		{"diagnosed", FormatText, korean, "diagnosed.ko.txt"},
		{"diagnosed", FormatJSON, text, "diagnosed.json"},
		{"diagnosed", FormatMarkdown, text, "diagnosed.md"},
		{"diagnosed", FormatMarkdown, Options{Lang: Korean, Verbose: true}, "diagnosed.ko.md"},
		{"diagnosed", FormatHTML, text, "diagnosed.html"},
		{"diagnosed", FormatHTML, Options{Lang: Korean, Verbose: true}, "diagnosed.ko.html"},
		{"inconclusive", FormatText, text, "inconclusive.txt"},
		{"inconclusive", FormatMarkdown, text, "inconclusive.md"},
		{"inconclusive", FormatHTML, text, "inconclusive.html"},
		{"healthy", FormatText, text, "healthy.txt"},
		{"healthy", FormatText, korean, "healthy.ko.txt"},
		{"healthy", FormatJSON, text, "healthy.json"},
		{"healthy", FormatHTML, text, "healthy.html"},
		{"unmeasured", FormatText, text, "unmeasured.txt"},
		{"unmeasured", FormatText, korean, "unmeasured.ko.txt"},
		{"unmeasured", FormatJSON, text, "unmeasured.json"},
		{"huge", FormatText, text, "huge.txt"},
		{"hostile", FormatText, text, "hostile.txt"},
		{"hostile", FormatJSON, text, "hostile.json"},
		{"hostile", FormatMarkdown, text, "hostile.md"},
		{"hostile", FormatHTML, text, "hostile.html"},
		{"empty", FormatText, text, "empty.txt"},
		{"empty", FormatJSON, text, "empty.json"},
	} {
		t.Run(tc.file, func(t *testing.T) {
			got := render(t, fixtures[tc.fixture](), tc.format, tc.opts)
			path := filepath.Join("testdata", tc.file)
			if *update {
				if err := os.WriteFile(path, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), string(got)); diff != "" {
				t.Errorf("differs from %s (-want +got); rewrite with -update:\n%s", path, diff)
			}
		})
	}
}
