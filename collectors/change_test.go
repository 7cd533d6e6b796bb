package collectors

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/diagnops/diagnops/engine/model"
)

// examplesDir holds events in the shapes of their senders' documentation, each file with what is read of it beside.
const examplesDir = "../testdata/changes"

var receivedAt = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)

// examples returns the files of examples of a format; "" means all.
func examples(tb testing.TB, format ChangeFormat) []string {
	tb.Helper()
	files, err := filepath.Glob(filepath.Join(examplesDir, string(format)+"*.json*"))
	if err != nil || len(files) == 0 {
		tb.Fatalf("no examples of %q: %v", format, err)
	}
	return files
}

func TestExamples(t *testing.T) {
	for _, format := range ChangeFormats() {
		for _, file := range examples(t, format) {
			t.Run(filepath.Base(file), func(t *testing.T) {
				data, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				told, none, err := ReadChanges(ChangeInput{File: "f", Received: receivedAt}, data)
				if err != nil {
					t.Fatal(err)
				}
				for _, c := range told {
					if c.Format != format {
						t.Errorf("%s was taken for %s", c.ID, c.Format)
					}
				}
				golden(t, strings.TrimSuffix(file, filepath.Ext(file))+".golden", printTold(t, told, none))
				forced, _, err := ReadChanges(ChangeInput{File: "f", Received: receivedAt, Format: format}, data)
				if diff := cmp.Diff(told, forced); err != nil || diff != "" {
					t.Errorf("read differently when the format is given: %v %s", err, diff)
				}
			})
		}
	}
}

func printTold(t *testing.T, told []ToldChange, none []NoChange) string {
	t.Helper()
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetIndent("", " ")
	for _, c := range told {
		if err := enc.Encode(c.Change); err != nil {
			t.Fatal(err)
		}
		if c.Planned {
			b.WriteString("planned\n")
		}
	}
	for _, e := range none {
		b.WriteString("no change: " + e.What + ": " + e.Why + "\n")
	}
	return b.String()
}

// TestWith joins tellings in every order: what is planned gives way, else the earliest time counts.
func TestWith(t *testing.T) {
	at := func(minutes int, planned bool) ToldChange {
		return ToldChange{Planned: planned, Change: model.Change{At: receivedAt.Add(time.Duration(minutes) * time.Minute)}}
	}
	for _, test := range []struct {
		a, b    ToldChange
		minutes int
		planned bool
	}{
		{at(0, true), at(5, false), 5, false},
		{at(3, false), at(5, false), 3, false},
		{at(0, true), at(5, true), 0, true},
	} {
		for _, got := range []ToldChange{test.a.With(test.b), test.b.With(test.a)} {
			if want := at(test.minutes, test.planned); !got.At.Equal(want.At) || got.Planned != want.Planned {
				t.Errorf("%+v with %+v is %+v", test.a, test.b, got)
			}
		}
	}
	a := ToldChange{Change: model.Change{Title: "a", Labels: map[string]string{"x": "1", "y": "1"}}}
	b := ToldChange{Change: model.Change{Title: "b", Notes: "n", Labels: map[string]string{"y": "2", "z": "2"}}}
	want := model.Change{Title: "a", Notes: "n", Labels: map[string]string{"x": "1", "y": "1", "z": "2"}}
	if diff := cmp.Diff(want, a.With(b).Change); diff != "" {
		t.Error(diff)
	}
	if len(a.Labels) != 2 || len(b.Labels) != 2 {
		t.Error("the labels of the arguments were written to")
	}
}

// TestBinaryCloudEvent reads data whose attributes come beside it.
func TestBinaryCloudEvent(t *testing.T) {
	attrs := &CloudEvent{ID: "e-9", Source: "/ci", Type: "dev.cdevents.service.deployed.0.2.0"}
	in := ChangeInput{File: "f", Received: receivedAt, CloudEvent: attrs}
	told, _, err := ReadChanges(in, []byte(`{"subject": {"id": "service/cart", "content": {"artifactId": "pkg:oci/cart@1.5"}}}`))
	if err != nil || len(told) != 1 {
		t.Fatalf("%v, %v", told, err)
	}
	if c := told[0]; c.ID != "e-9" || c.Component != "cart" || c.To != "1.5" || !c.At.Equal(receivedAt) {
		t.Errorf("%+v", c)
	}
	_, _, err = ReadChanges(in, []byte(`{"subject": {}}`))
	if err == nil || !strings.Contains(err.Error(), "subject.id: must be given") {
		t.Errorf("got %v", err)
	}
	attrs.Type = "com.example.order"
	if told, none, err := ReadChanges(in, []byte(`{}`)); err != nil || len(told) != 0 || len(none) != 1 {
		t.Errorf("another's event: %v, %v, %v", told, none, err)
	}
}

func TestGuessKind(t *testing.T) {
	for text, want := range map[string]model.ChangeKind{
		"": model.ChangeDeploy, "Flushed the cache": model.ChangeCache, "production,config": model.ChangeConfig,
		"Build Success - more": model.ChangeDeploy, "flagship store": model.ChangeDeploy, "schema-migration 7": model.ChangeData,
	} {
		if got := guessKind("", text); got != want {
			t.Errorf("%q is %s, want %s", text, got, want)
		}
	}
}

func TestPackageURL(t *testing.T) {
	for purl, want := range map[string][2]string{
		"pkg:oci/cart@sha256%3A0b31?tag=1#sub": {"cart", "sha256:0b31"},
		"pkg:npm/%40shop/cart@1.2":             {"cart", "1.2"},
		"pkg:golang/git.example/shop/cart":     {"cart", ""},
		"six-1.14.0.whl":                       {"", "six-1.14.0.whl"},
		"pkg:oci/a%zz@1":                       {"a%zz", "1"},
	} {
		if name, version := packageURL(purl); name != want[0] || version != want[1] {
			t.Errorf("%s: %q %q", purl, name, version)
		}
	}
}
