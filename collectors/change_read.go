package collectors

import (
	"reflect"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/diagnops/diagnops/engine/model"
)

// ChangeFormat names a shape in which change events come.
type ChangeFormat string

// The formats. Their own documentation is the source of each: contracts.md; cdevents.dev and cloudevents.io 1.0;
// PagerDuty's Events API v2, change events; Grafana's annotations API; GitHub's webhook events; Argo CD's Application;
// Alertmanager's webhook_config.
const (
	FormatJSON         ChangeFormat = "json"
	FormatCDEvents     ChangeFormat = "cdevents"
	FormatPagerDuty    ChangeFormat = "pagerduty"
	FormatGrafana      ChangeFormat = "grafana"
	FormatGitHub       ChangeFormat = "github"
	FormatArgoCD       ChangeFormat = "argocd"
	FormatAlertmanager ChangeFormat = "alertmanager"
)

// changeFormats says how a format is told from the others by the keys of its objects, and how it is read. The first
// that fits is taken; an object with "at" is a plain change, whatever else it has.
var changeFormats = []struct {
	format ChangeFormat
	fits   func(n *yaml.Node) bool
	read   func(r *changeReader, n *yaml.Node, path string)
}{
	{FormatJSON, has("at"), (*changeReader).plainChange},
	{FormatCDEvents, has("specversion"), (*changeReader).cloudEvent},
	{FormatCDEvents, has("context"), (*changeReader).cdEvent},
	{FormatAlertmanager, has("alerts"), (*changeReader).alertmanager},
	{FormatPagerDuty, has("routing_key", "payload"), (*changeReader).pagerDuty},
	{FormatGitHub, has("deployment", "deployment_status"), (*changeReader).github},
	{FormatArgoCD, has("app"), (*changeReader).argoTemplate},
	{FormatArgoCD, isApplication, (*changeReader).argoApplication},
	{FormatGrafana, has("what"), (*changeReader).graphiteEvent},
	{FormatGrafana, has("text", "dashboardUID", "dashboardId"), (*changeReader).grafanaAnnotation},
}

// ChangeFormats lists every format.
func ChangeFormats() []ChangeFormat {
	return []ChangeFormat{
		FormatJSON, FormatCDEvents, FormatPagerDuty, FormatGrafana, FormatGitHub, FormatArgoCD, FormatAlertmanager,
	}
}

// has tells objects that have one of the keys.
func has(keys ...string) func(*yaml.Node) bool {
	return func(n *yaml.Node) bool {
		for _, key := range keys {
			if child(n, key) != nil {
				return true
			}
		}
		return false
	}
}

// ChangeInput is what is known of a text of change events beside its bytes.
type ChangeInput struct {
	File   string       // for messages
	Format ChangeFormat // "" = told by the keys of each object
	// Received is the time of receipt, for events that may go without a time of their own; in a file, where it is zero,
	// they may not.
	Received time.Time
	// CloudEvent holds the attributes when the text is the data of a CloudEvent in binary mode; nil otherwise.
	CloudEvent *CloudEvent
}

// ToldChange is a change as one source tells of it.
type ToldChange struct {
	model.Change
	Format ChangeFormat
	// Key is the same for everything that a source tells of one change, and differs from those of other changes and of
	// other sources.
	Key string
	// Planned means that the change was asked for, and that it is not known to have begun.
	Planned bool
}

// With adds what another telling of the same change knows: c's own words stay, its gaps are filled. The change is said
// to be at the earliest time at which it may have had an effect, and a plan's time gives way to that of its execution.
func (c ToldChange) With(o ToldChange) ToldChange {
	switch {
	case c.Planned && !o.Planned:
		c.At = o.At
	case c.Planned == o.Planned && o.At.Before(c.At):
		c.At = o.At
	}
	c.Planned = c.Planned && o.Planned
	for _, text := range []struct{ dst, src *string }{
		{&c.Component, &o.Component},
		{&c.Title, &o.Title},
		{&c.From, &o.From},
		{&c.To, &o.To},
		{&c.AuthorTeam, &o.AuthorTeam},
		{&c.Link, &o.Link},
		{&c.Notes, &o.Notes},
	} {
		if *text.dst == "" {
			*text.dst = *text.src
		}
	}
	if len(c.Instances) == 0 {
		c.Instances = o.Instances
	}
	labels := make(map[string]string, len(c.Labels)+len(o.Labels))
	for _, from := range []map[string]string{o.Labels, c.Labels} {
		for k, v := range from {
			labels[k] = v
		}
	}
	if len(labels) > 0 {
		c.Labels = labels
	}
	return c
}

// NoChange is an event that was read and is no change.
type NoChange struct {
	Line int    // from 1
	What string // what it is: its type, or an alert's name
	Why  string // completes "it is no change: "
}

// ReadChanges reads change events: one JSON object or list, which may go over many lines, or one a line. Each object is
// in one of the formats of ChangeFormats. Blank lines and unknown fields are passed over.
//
// An event without an id of its own is given one made from its content, so that it has the same in every run. What is
// told of one change several times (the states of a deployment) is joined by ToldChange.With. The same plain event
// written twice is taken once; one id for two different plain events is a problem. The changes are in the order in which
// they are first told of. The error is Problems; then nothing is returned.
func ReadChanges(in ChangeInput, data []byte) ([]ToldChange, []NoChange, error) {
	r := &changeReader{fields: &fields{file: in.File}, in: in}
	seen := map[string]seenChange{}
	var out []ToldChange
	r.values(data, func(n *yaml.Node, path string) {
		r.told = r.told[:0]
		r.event(n, path)
		for _, c := range r.told {
			first, known := seen[c.Key]
			switch {
			case !known:
				seen[c.Key] = seenChange{len(out), n.Line}
				out = append(out, c)
			case c.Format != FormatJSON:
				out[first.index] = c.With(out[first.index])
			case !reflect.DeepEqual(out[first.index], c):
				r.fail(child(n, "id"), join(path, "id"), "(%q) must be unique; another change on line %d has it", c.ID, first.line)
			}
		}
	})
	if err := r.err(); err != nil {
		return nil, nil, err
	}
	return out, r.none, nil
}

type seenChange struct{ index, line int }

// changeReader reads one text of change events.
type changeReader struct {
	*fields
	in   ChangeInput
	told []ToldChange // by the event being read
	none []NoChange
}

// event reads one object in the format that it has, or must have.
func (r *changeReader) event(n *yaml.Node, path string) {
	if r.in.CloudEvent != nil {
		r.cloudEventData(*r.in.CloudEvent, n, path)
		return
	}
	var read func(*changeReader, *yaml.Node, string)
	for _, f := range changeFormats {
		if f.fits(n) && (r.in.Format == "" || f.format == r.in.Format) {
			f.read(r, n, path)
			return
		}
		if read == nil && (f.format == r.in.Format || r.in.Format == "" && f.format == FormatJSON) {
			read = f.read // where none fits: its problems say what is missing
		}
	}
	read(r, n, path)
}

// tell adds a change of a source unless problems were met since before. One without an id is given one.
func (r *changeReader) tell(before int, c ToldChange) {
	if r.count() > before {
		return
	}
	if c.ID == "" {
		c.ID = contentID(c.Change)
	}
	if c.Key == "" {
		c.Key = strings.Join([]string{string(c.Format), c.ID}, "\x00")
	}
	r.told = append(r.told, c)
}

// pass notes an event that is no change.
func (r *changeReader) pass(n *yaml.Node, what, why string) {
	r.none = append(r.none, NoChange{Line: n.Line, What: what, Why: why})
}

// needTime puts the time of receipt in the place of a time that was not given, where there is one.
func (r *changeReader) needTime(n *yaml.Node, field string, path string, at *time.Time) {
	if n.Kind != yaml.MappingNode || child(n, field) != nil || !at.IsZero() {
		return
	}
	if r.in.Received.IsZero() {
		r.fail(n, join(path, field), "must be given: a file has no time of receipt")
		return
	}
	*at = r.in.Received.UTC()
}
