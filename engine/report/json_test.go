package report

import (
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/diagnops/diagnops/engine/model"
)

// added are the keys that we give beyond the contract's sample. Taking one away breaks somebody; adding one is a decision
// to be seen here.
var added = []string{
	"earlier", "earlier[].from", "earlier[].to", "later", "later[].from", "later[].to",
	"causes[].signal_kind", "causes[].rival_faults", "causes[].rival_faults[].fault", "causes[].rival_faults[].signal", "causes[].rival_faults[].text", "chain[].baseline", "chain[].judged", "chain[].observed", "chain[].state", "chain[].via",
	"claims", "claims[].claim", "claims[].component", "claims[].denied", "claims[].evidence", "claims[].evidence[].baseline", "claims[].evidence[].observed",
	"claims[].evidence[].query", "claims[].evidence[].signal", "claims[].evidence[].test", "claims[].evidence[].text", "claims[].evidence[].verdict", "claims[].how_to_get", "claims[].missing", "claims[].reason", "claims[].resource", "claims[].says", "claims[].verdict",
	"changes[].from", "changes[].instances", "changes[].notes", "changes[].query", "changes[].seen", "changes[].source", "changes[].title", "changes[].to",
	"expected", "expected[].baseline", "expected[].component", "expected[].observed", "expected[].reason", "expected[].signal", "expected[].until",
	"untested[].expected_gain_bits", "untested[].outcomes",
	"cohorts", "cohorts.no_label", "cohorts.tested",
	"cohorts.compared", "cohorts.compared[].component", "cohorts.compared[].labels", "cohorts.compared[].separated", "cohorts.compared[].signal", "cohorts.compared[].text", "cohorts.compared[].unit", "cohorts.compared[].units",
	"cohorts.indistinguishable", "cohorts.indistinguishable[].component", "cohorts.indistinguishable[].experiment", "cohorts.indistinguishable[].from", "cohorts.indistinguishable[].from[].label", "cohorts.indistinguishable[].from[].not", "cohorts.indistinguishable[].from[].value",
	"cohorts.indistinguishable[].same_units", "cohorts.indistinguishable[].text", "cohorts.indistinguishable[].where", "cohorts.indistinguishable[].where[].label", "cohorts.indistinguishable[].where[].not", "cohorts.indistinguishable[].where[].value",
	"cohorts.separated_by", "cohorts.separated_by[].component", "cohorts.separated_by[].corrected_p", "cohorts.separated_by[].effect", "cohorts.separated_by[].effect.high", "cohorts.separated_by[].effect.kind", "cohorts.separated_by[].effect.low", "cohorts.separated_by[].effect.unit", "cohorts.separated_by[].effect.value",
	"cohorts.separated_by[].others", "cohorts.separated_by[].p", "cohorts.separated_by[].share_of_badness", "cohorts.separated_by[].share_of_exposure", "cohorts.separated_by[].signal", "cohorts.separated_by[].text", "cohorts.separated_by[].units",
	"cohorts.separated_by[].where", "cohorts.separated_by[].where[].label", "cohorts.separated_by[].where[].not", "cohorts.separated_by[].where[].value",
	"warnings", "warnings[].component", "warnings[].signal", "warnings[].unit", "warnings[].limit", "warnings[].per_hour", "warnings[].exhausted",
	"warnings[].exhausted.earliest", "warnings[].exhausted.likely", "warnings[].exhausted.latest", "warnings[].text",
}

// keys collects the paths of all keys, lists flattened: causes[].evidence[].test.
func keys(v any, path string, into map[string]bool) {
	switch v := v.(type) {
	case map[string]any:
		for k, child := range v {
			p := strings.TrimPrefix(path+"."+k, ".")
			into[p] = true
			keys(child, p, into)
		}
	case []any:
		for _, child := range v {
			keys(child, path+"[]", into)
		}
	}
}

func decoded(t *testing.T, data []byte) any {
	t.Helper()
	var v any
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatalf("not JSON: %v\n%s", err, data)
	}
	return v
}

func keysOf(t *testing.T, data []byte) map[string]bool {
	t.Helper()
	into := map[string]bool{}
	keys(decoded(t, data), "", into)
	return into
}

func TestJSONHasTheContractsKeys(t *testing.T) {
	sample, err := os.ReadFile("testdata/contract.json")
	if err != nil {
		t.Fatal(err)
	}
	want := keysOf(t, sample)
	got := keysOf(t, render(t, diagnosed(), FormatJSON, Options{}))
	// The sample leaves these empty: what stands in them is not prescribed.
	for _, open := range []string{"actions.", "eliminated[].evidence[]", "chain[].onset."} {
		maps.DeleteFunc(got, func(k string, _ bool) bool {
			return strings.HasPrefix(k, open) && !want[k]
		})
	}
	for _, k := range added {
		want[k] = true
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(want)), slices.Sorted(maps.Keys(got))); diff != "" {
		t.Errorf("keys differ from the contract (-want +got):\n%s", diff)
	}
}

func TestJSONWithUnknownNumbers(t *testing.T) {
	whole, holed := diagnosed(), diagnosed()
	holed.Causes[0].Probability = model.Gap()
	holed.Chain[0].LagSeconds = model.StaleMarker()
	out := render(t, holed, FormatJSON, Options{})
	if diff := cmp.Diff(keysOf(t, render(t, whole, FormatJSON, Options{})), keysOf(t, out)); diff != "" {
		t.Errorf("an unknown number changes the keys:\n%s", diff)
	}
	top := decoded(t, out).(map[string]any)
	cause := top["causes"].([]any)[0].(map[string]any)
	if p, ok := cause["probability"]; !ok || p != nil {
		t.Errorf("probability = %v, want null", p)
	}
	link := top["chain"].([]any)[0].(map[string]any)
	if lag := link["lag_seconds"]; lag != nil {
		t.Errorf("lag_seconds = %v, want null", lag)
	}
	if sigma := link["magnitude_sigma"]; sigma != 48.2 {
		t.Errorf("magnitude_sigma = %v, want 48.2", sigma)
	}
}

func TestJSONListsAreNeverNull(t *testing.T) {
	for name, make := range fixtures {
		d := make()
		for i := range d.Causes {
			d.Causes[i].Chain, d.Causes[i].Score, d.Causes[i].Evidence = nil, nil, nil
		}
		line, err := JSONLine(d)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if name == "unmeasured" {
			continue // Its unknown numbers are rightly null; TestGolden shows which.
		}
		if strings.Contains(string(line), ":null") {
			t.Errorf("%s: a null in %s", name, line)
		}
	}
}

func TestJSONLineIsOneHarmlessLine(t *testing.T) {
	for name, make := range fixtures {
		line, err := JSONLine(make())
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, r := range string(line) {
			if r < 0x20 || r >= 0x7f && r < 0xa0 || r >= 0x202a && r <= 0x202e {
				t.Errorf("%s: raw %U in the line", name, r)
			}
		}
		indented := render(t, make(), FormatJSON, Options{})
		if diff := cmp.Diff(decoded(t, indented), decoded(t, line)); diff != "" {
			t.Errorf("%s: line and indented form differ:\n%s", name, diff)
		}
	}
	// Escaping must not alter what is said.
	d := &model.Diagnosis{Question: model.Asked{Component: "a\u009bb\u202ec\x7f<->\u200d"}}
	line, err := JSONLine(d)
	if err != nil {
		t.Fatal(err)
	}
	got := decoded(t, line).(map[string]any)["question"].(map[string]any)["component"]
	if got != d.Question.Component {
		t.Errorf("component = %q, want %q", got, d.Question.Component)
	}
	if !strings.Contains(string(line), "<->") {
		t.Errorf("< and > are escaped in %s", line)
	}
}
