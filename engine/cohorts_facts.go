package engine

import (
	"regexp"
	"slices"
	"strings"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/diagnops/diagnops/engine/model"
)

// infoMetrics are the metrics whose labels are facts, by convention of exporters and of kube-state-metrics.
const infoMetrics = `.+_info|kube_(node|pod)_labels`

// domainFact precedes the keys of a topology's failure domains among facts.
const domainFact = "domain:"

// joins are the labels by which facts are found, each with how a unit's own value of it looks there. Nodes come last: what
// a pod's facts say of its node leads to the node's.
var joins = []string{"instance", "pod", "node"}

// facts gathers what is known of each instance: the labels that all its series share, those of info metrics and the
// failure domains of the topology. A fact of an info metric is named metric:label.
func (p *prober) facts(identity string, seen []model.Labels) map[string]model.Labels {
	known := map[string]map[string]string{}
	for _, ls := range seen {
		id := ls.Get(identity)
		if id == "" {
			continue
		}
		if of, ok := known[id]; !ok {
			known[id] = map[string]string{}
			for _, l := range ls {
				known[id][l.Name] = l.Value
			}
		} else {
			for name, value := range of {
				if ls.Get(name) != value {
					delete(of, name) // it tells requests apart, not instances
				}
			}
		}
	}
	for _, join := range joins {
		p.join(join, known)
	}
	out := make(map[string]model.Labels, len(known))
	for id, of := range known {
		p.domains(identity, id, of)
		for _, name := range identities {
			if name == identity {
				delete(of, name)
			}
		}
		out[id] = model.NewLabels(of)
	}
	return out
}

// join adds the facts of the info metrics that carry the same value of a label; of an instance, the same host.
func (p *prober) join(label string, known map[string]map[string]string) {
	byKey := map[string][]map[string]string{}
	for _, of := range known {
		if v := of[label]; v != "" {
			byKey[host(label, v)] = append(byKey[host(label, v)], of)
		}
	}
	if len(byKey) == 0 {
		return
	}
	answer, err := p.src.Query(p.ctx, infoSelector(label, byKey), p.grid.ends())
	if err != nil {
		return
	}
	for _, as := range answer.Series { // in the order of labels: the first word on a fact stands
		metric := as.Labels.Get(model.MetricName)
		for _, of := range byKey[host(label, as.Labels.Get(label))] {
			for _, l := range as.Labels.Without(append(slices.Clone(joins), model.MetricName, "job", "namespace", "uid")...) {
				name := metric + ":" + l.Name
				if _, said := of[name]; !said {
					of[name] = l.Value
				}
			}
			if node := as.Labels.Get("node"); node != "" && of["node"] == "" {
				of["node"] = node
			}
		}
	}
}

// host is what two exporters of one machine share: its name without the port.
func host(label, value string) string {
	if label != "instance" {
		return value
	}
	if i := strings.LastIndexByte(value, ':'); i > 0 {
		return value[:i]
	}
	return value
}

// infoSelector selects the info metrics of some instances, pods or nodes.
func infoSelector(label string, byKey map[string][]map[string]string) string {
	keys := make([]string, 0, len(byKey))
	for k := range byKey {
		keys = append(keys, regexp.QuoteMeta(k))
	}
	slices.Sort(keys)
	pattern := strings.Join(keys, "|")
	if label == "instance" {
		pattern = "(" + pattern + ")(:[0-9]+)?"
	}
	name := labels.MustNewMatcher(labels.MatchRegexp, model.MetricName, infoMetrics)
	return "{" + name.String() + "," + labels.MustNewMatcher(labels.MatchRegexp, label, pattern).String() + "}"
}

// domains adds the failure domains of the component that is the unit, or of the machine that it is named after.
func (p *prober) domains(identity, id string, of map[string]string) {
	for i := range p.topology.Components {
		c := &p.topology.Components[i]
		value, has := c.Selector[identity]
		if !(has && value == id || c.Called(id) || c.Called(host(identity, id)) || of["node"] != "" && c.Called(of["node"])) {
			continue
		}
		for key, v := range c.Domain {
			if _, said := of[domainFact+key]; !said {
				of[domainFact+key] = v
			}
		}
	}
}
