package synth

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"github.com/klauspost/compress/gzip"
	"go.yaml.in/yaml/v3"

	"github.com/diagnops/diagnops/collectors"
	"github.com/diagnops/diagnops/engine/model"
)

// WriteBundle writes the scenario as a bundle: incident.yaml, topology.yaml, metrics.om.gz, changes.jsonl and
// truth.yaml. The folder is made if it is not there; the same scenario gives the same bytes.
func (sc *Scenario) WriteBundle(dir string) error {
	return bundleFiles{
		{"incident.yaml", func(w io.Writer) error { return encode(w, incidentYAML(sc.Incident)) }},
		{"topology.yaml", func(w io.Writer) error { return encode(w, topologyYAML(sc.Topology)) }},
		{"truth.yaml", func(w io.Writer) error { return encode(w, truthYAML(sc.Truth)) }},
		{"changes.jsonl", sc.writeChanges},
		{"metrics.om.gz", sc.writeMetrics},
	}.write(dir)
}

func writeFile(name string, write func(io.Writer) error) (err error) {
	file, err := os.Create(name)
	if err != nil {
		return err
	}
	defer func() {
		if e := file.Close(); err == nil {
			err = e
		}
	}()
	w := bufio.NewWriter(file)
	if err := write(w); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return w.Flush()
}

func encode(w io.Writer, v any) error {
	enc := yaml.NewEncoder(w)
	enc.SetIndent(2)
	if err := enc.Encode(v); err != nil {
		return err
	}
	return enc.Close()
}

func (sc *Scenario) writeChanges(w io.Writer) error {
	enc := json.NewEncoder(w)
	for _, c := range sc.Changes {
		if err := enc.Encode(c); err != nil {
			return err
		}
	}
	return nil
}

func (sc *Scenario) writeMetrics(w io.Writer) error {
	zip := gzip.NewWriter(w)
	if err := writeOpenMetrics(zip, sc.Data); err != nil {
		return err
	}
	return zip.Close()
}

// writeOpenMetrics writes every series with its timestamps, seconds with up to three decimals.
func writeOpenMetrics(w io.Writer, d *collectors.Data) error {
	out := bufio.NewWriter(w)
	var line []byte
	for s, labels := range d.Series {
		name := labels.String()
		for k, t := range d.Times[s] {
			line = append(append(line[:0], name...), ' ')
			line = strconv.AppendFloat(line, d.Values[s][k], 'g', -1, 64)
			line = append(line, ' ')
			line = strconv.AppendInt(line, t/1000, 10)
			if ms := t % 1000; ms != 0 {
				line = append(line, fmt.Sprintf(".%03d", ms)...)
			}
			if _, err := out.Write(append(line, '\n')); err != nil {
				return err
			}
		}
	}
	if _, err := out.WriteString("# EOF\n"); err != nil {
		return err
	}
	return out.Flush()
}

// The hand-written files in the form of contracts.md.
type (
	intervalDoc struct {
		From string `yaml:"from"`
		To   string `yaml:"to"`
	}
	symptomDoc struct {
		Component string `yaml:"component,omitempty"`
		Signal    string `yaml:"signal,omitempty"`
		From      string `yaml:"from,omitempty"`
		To        string `yaml:"to"`
	}
	incidentDoc struct {
		Version  int          `yaml:"version"`
		ID       string       `yaml:"id"`
		Title    string       `yaml:"title"`
		Step     string       `yaml:"step"`
		Window   intervalDoc  `yaml:"window,flow"`
		Symptom  symptomDoc   `yaml:"symptom,flow"`
		Baseline *intervalDoc `yaml:"baseline,omitempty,flow"`
		Timezone string       `yaml:"timezone,omitempty"`
	}
	componentDoc struct {
		Name     string            `yaml:"name"`
		Kind     string            `yaml:"kind"`
		Selector map[string]string `yaml:"selector,omitempty,flow"`
		Domain   map[string]string `yaml:"domain,omitempty,flow"`
		Replicas int               `yaml:"replicas,omitempty"`
	}
	edgeDoc struct {
		From string `yaml:"from"`
		To   string `yaml:"to"`
		Kind string `yaml:"kind,omitempty"`
	}
	signalDoc struct {
		Name string   `yaml:"name"`
		Kind string   `yaml:"kind"`
		Expr string   `yaml:"expr"`
		By   string   `yaml:"by,omitempty"`
		Edge *edgeDoc `yaml:"edge,omitempty,flow"`
		Unit string   `yaml:"unit"`
		Bad  string   `yaml:"bad"`
	}
	topologyDoc struct {
		Version      int            `yaml:"version"`
		Components   []componentDoc `yaml:"components"`
		Dependencies []edgeDoc      `yaml:"dependencies"`
		Signals      []signalDoc    `yaml:"signals,omitempty"`
	}
	causeDoc struct {
		Component string `yaml:"component"`
		Signal    string `yaml:"signal,omitempty"`
		Fault     string `yaml:"fault,omitempty"`
		Change    string `yaml:"change,omitempty"`
	}
	truthDoc struct {
		Causes []causeDoc `yaml:"causes,omitempty"`
		All    bool       `yaml:"all,omitempty"`
		None   bool       `yaml:"none,omitempty"`
		Onset  string     `yaml:"onset,omitempty"`
	}
)

func moment(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

func interval(iv model.Interval) intervalDoc { return intervalDoc{moment(iv.From), moment(iv.To)} }

func incidentYAML(inc model.Incident) incidentDoc {
	s := inc.Symptom
	return incidentDoc{
		Version: 1, ID: inc.ID, Title: inc.Title, Step: inc.Step.String(), Window: interval(inc.Window),
		Symptom: symptomDoc{s.Component, string(s.Signal), moment(s.Interval.From), moment(s.Interval.To)},
	}
}

func topologyYAML(t *model.Topology) topologyDoc {
	doc := topologyDoc{Version: 1}
	for _, c := range t.Components {
		doc.Components = append(doc.Components, componentDoc{c.Name, c.Kind, c.Selector, c.Domain, c.Replicas})
	}
	for _, d := range t.Dependencies {
		doc.Dependencies = append(doc.Dependencies, edgeDoc{d.From, d.To, string(d.Kind)})
	}
	for _, s := range t.Signals {
		sig := signalDoc{
			Name: s.Signal.Name, Kind: string(s.Signal.Kind), Expr: s.Expr, By: s.By, Unit: s.Signal.Unit, Bad: string(s.Signal.Bad),
		}
		if s.Edge != nil {
			sig.Edge = &edgeDoc{From: s.Edge.From, To: s.Edge.To}
		}
		doc.Signals = append(doc.Signals, sig)
	}
	return doc
}

func truthYAML(t model.Truth) truthDoc {
	doc := truthDoc{All: t.All, None: t.None}
	for _, c := range t.Causes {
		doc.Causes = append(doc.Causes, causeDoc{c.Component, c.Signal, c.Fault, c.Change})
	}
	if !t.Onset.IsZero() {
		doc.Onset = moment(t.Onset)
	}
	return doc
}
