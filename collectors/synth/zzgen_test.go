package synth

import (
	"os"
	"strconv"
	"strings"
	"testing"
)

func TestZZGen(t *testing.T) {
	for _, w := range strings.Fields(os.Getenv("GEN")) {
		k, s, _ := strings.Cut(w, ":")
		seed, _ := strconv.Atoi(s)
		o := Options{Seed: uint64(seed)}
		if k != "quiet" {
			o.Faults = []Kind{Kind(k)}
		}
		sc, err := Generate(o)
		if err != nil {
			t.Error(w, err)
			continue
		}
		dir := "/tmp/synth/" + k + "-" + s
		os.RemoveAll(dir)
		os.MkdirAll("/tmp/synth", 0o755)
		if err := sc.WriteBundle(dir); err != nil {
			t.Error(err)
		}
	}
}
