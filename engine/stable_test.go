package engine_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/diagnops/diagnops/engine/model"
)

func marshal(t *testing.T, d *model.Diagnosis) string {
	t.Helper()
	out, err := json.MarshalIndent(d, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// TestSameBytes diagnoses twenty times, from the third on with everything told in another order.
func TestSameBytes(t *testing.T) {
	t.Parallel()
	s := slowVolume(t)
	want := marshal(t, diagnose(t, s, incident()))
	for i := range uint64(20) {
		told := s
		if i > 1 {
			told = s.shuffled(i)
		}
		if diff := cmp.Diff(want, marshal(t, diagnose(t, told, incident()))); diff != "" {
			t.Fatalf("run %d differs (-first +this):\n%s", i, diff)
		}
	}
}

// TestNamesDoNotMatter gives every component a random name: places stay. Where two are tied, names break the tie.
func TestNamesDoNotMatter(t *testing.T) {
	t.Parallel()
	for seed := range uint64(5) {
		random := rand.New(rand.NewPCG(seed, 1))
		for name, s := range map[string]*shop{"slow volume": slowVolume(t), "quiet": newShop()} {
			to, back := map[string]string{"": ""}, map[string]string{}
			for _, c := range s.topology.Components {
				fresh := fmt.Sprintf("n%08x", random.Uint32())
				to[c.Name], back[fresh] = fresh, c.Name
			}
			want := standings(diagnose(t, s, incident()), func(s string) string { return s })
			inc := incident()
			inc.Symptom.Component = to[inc.Symptom.Component]
			got := standings(diagnose(t, s.renamed(to), inc), func(s string) string { return back[s] })
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s, seed %d (-want +got):\n%s", name, seed, diff)
			}
		}
	}
}

// standings lists causes and what was ruled out, in an order that does not hang on names.
func standings(d *model.Diagnosis, name func(string) string) []string {
	out := []string{string(d.Outcome.Status)}
	for _, c := range d.Causes {
		out = append(out, fmt.Sprintf("%.4f %s %s", 1-c.Probability, name(c.Component), c.Fault))
	}
	for _, e := range d.Eliminated {
		out = append(out, fmt.Sprintf("out: %s %s %s", name(e.Component), e.Fault, e.Test))
	}
	slices.Sort(out[1:])
	return out
}

// TestNoNull walks through the JSON of answers of every kind: a list is empty, never null.
func TestNoNull(t *testing.T) {
	t.Parallel()
	nothing := &shop{topology: newShop().topology}
	for name, d := range map[string]*model.Diagnosis{
		"diagnosed": diagnose(t, slowVolume(t), incident()), "healthy": diagnose(t, newShop(), incident()),
		"nothing measured": diagnose(t, nothing, incident()),
		"no component":     diagnose(t, &shop{}, model.Incident{Step: step, Window: incident().Window}),
	} {
		var v any
		if err := json.Unmarshal([]byte(marshal(t, d)), &v); err != nil {
			t.Fatal(err)
		}
		for _, at := range nulls(v, "") {
			t.Errorf("%s: %s is null", name, at)
		}
	}
	if got := nulls(map[string]any{"a": []any{1.0, nil}}, ""); !slices.Equal(got, []string{".a[1]"}) {
		t.Errorf("the search for nulls is broken: %v", got)
	}
}

func nulls(v any, at string) []string {
	var out []string
	switch v := v.(type) {
	case nil:
		return []string{at}
	case map[string]any:
		for k, x := range v {
			out = append(out, nulls(x, at+"."+k)...)
		}
	case []any:
		for i, x := range v {
			out = append(out, nulls(x, fmt.Sprintf("%s[%d]", at, i))...)
		}
	}
	return out
}
