package report

import (
	"fmt"
	"strings"
	"time"

	"github.com/diagnops/diagnops/engine/model"
)

// huge is diagnosed with long lists and long words: what a big installation gives.
func huge() *model.Diagnosis {
	d := diagnosed()
	long := strings.Repeat("averylongword", 9)
	for i := range 22 {
		name := fmt.Sprintf("web-%02d.zone-a.example", i)
		d.Eliminated = append(d.Eliminated, model.Eliminated{
			Component: name, Fault: "memory-exhaustion", Test: "own-signal",
			Text: model.Say("Memory is as always (%s), and %s began only after lb.", "41 %", name),
		})
		d.Untested = append(d.Untested, model.Untested{Component: name, Fault: "network-loss", Missing: []string{"retransmits"}})
		d.Changes = append(d.Changes, model.JudgedChange{
			ID: fmt.Sprintf("d-%d", i), Kind: model.ChangeDeploy, Component: name, At: at("13:00:00").Add(time.Duration(i) * time.Second),
			Relation: model.RelationUnrelated, Reason: model.Say("not on the path"), Title: "release " + long,
		})
		d.Causes[0].Evidence = append(d.Causes[0].Evidence, model.Evidence{
			Test: "peer", Verdict: model.Supports, Signal: "io_time", Text: model.Verbatim(fmt.Sprintf("Replica %d behaves alike.", i)), Weight: 0.1,
		})
		d.Actions.Permanent = append(d.Actions.Permanent, model.Action{Text: model.Say("review capacity of %s", name)})
		d.Coverage.Gaps = append(d.Coverage.Gaps, model.Say("%s: no samples", name))
		d.Causes = append(d.Causes, model.Cause{Rank: 5 + i, Component: name, Fault: "crash-restart", Probability: 0.001})
	}
	d.Chain[1].Component = "was1-" + long
	d.Chain[0].Via = "a relation with a very long name"
	return d
}
