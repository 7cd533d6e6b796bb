package topology

import (
	"context"
	"strings"
	"testing"

	"github.com/diagnops/diagnops/collectors"
	"github.com/diagnops/diagnops/engine/model"
)

// TestHostileLabels: labels hold anything; what is written can be read.
func TestHostileLabels(t *testing.T) {
	t.Parallel()
	jobs := []string{
		"- {a: b}", "'", `"`, "a: b # c", " ", "\x01\x02", "\u2028x", "null", "1", "yes", "~", strings.Repeat("长", 1000), "{", "a\nb", "*x", "&y", "!z", "a,b", "a]",
		"\x1b[31m", "-", "",
	}
	src := &moody{names: []string{"traces_service_graph_request_total", "up"}, query: func(expr string) (model.Answer, error) {
		var ans model.Answer
		for i, job := range jobs {
			ls := model.NewLabels(map[string]string{"job": job, "instance": job + ":1", "zone": job, "node": job})
			if expr != "up" {
				ls = model.NewLabels(map[string]string{"client": job, "server": jobs[(i+1)%len(jobs)] + "x"})
			}
			ans.Series = append(ans.Series, model.AnswerSeries{Labels: ls, Values: []float64{1}})
		}
		return ans, nil
	}}
	seen, err := Ask(context.Background(), src, Options{At: noon})
	if err != nil {
		t.Fatal(err)
	}
	d := Discover(seen)
	out, _, err := Merge("topology.yaml", nil, d, "http://x\n\x00", noon)
	if err != nil {
		t.Fatal(err)
	}
	again, _, err := Merge("topology.yaml", out, d, "", noon)
	if err != nil || string(again) != string(out) {
		t.Errorf("a second look (%v) changed:\n%s", err, strings.Join(diffLines(string(out), string(again)), "\n"))
	}
	topo, err := collectors.ParseTopology("topology.yaml", out)
	if err != nil {
		t.Fatal(err)
	}
	if len(topo.Components) != len(d.Components) || len(topo.Components) < 2*len(jobs)-4 {
		t.Errorf("%d components of %d were written", len(topo.Components), len(d.Components))
	}
}
