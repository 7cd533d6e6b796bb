package window

import (
	"strings"
	"testing"

	"github.com/prometheus/prometheus/model/labels"
	"pgregory.net/rapid"

	"github.com/diagnops/diagnops/engine/model"
)

func TestKeyIsTheEncodingOfLabels(t *testing.T) {
	text := rapid.Custom(func(t *rapid.T) string {
		n := rapid.SampledFrom([]int{1, 2, 10, 127, 128, 254, 255, 256, 70_000}).Draw(t, "length")
		return strings.Repeat(rapid.StringN(1, 3, 3).Draw(t, "text"), n)[:n]
	})
	rapid.Check(t, func(t *rapid.T) {
		m := rapid.MapOfN(text, text, 0, 5).Draw(t, "labels")
		ls, b := model.NewLabels(m), labels.NewScratchBuilder(len(m))
		for _, l := range ls {
			b.Add(l.Name, l.Value)
		}
		if got, want := string(appendKey(nil, ls)), string(b.Labels().Bytes(nil)); got != want {
			t.Fatalf("key %q, want %q", got, want)
		}
	})
}
