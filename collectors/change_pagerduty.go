package collectors

import (
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/diagnops/diagnops/engine/model"
)

// pagerDuty reads a change event of PagerDuty's Events API v2, as it is sent to /v2/change/enqueue. The routing key is
// asked for, as there, and not kept: it is a secret. What changed is told by custom_details (component, service, app,
// version, notes, ...), else by payload.source.
func (r *changeReader) pagerDuty(n *yaml.Node, path string) {
	c := ToldChange{Format: FormatPagerDuty}
	var key, source, action string
	before := r.count()
	r.mapping(n, path,
		field{"routing_key", true, r.text(&key)},
		field{"event_action", false, r.text(&action)},
		field{"payload", true, r.object(
			field{"summary", true, r.text(&c.Title)},
			field{"timestamp", false, r.isoMoment(&c.At)},
			field{"source", false, r.textOrEmpty(&source)},
			field{"custom_details", false, r.labels(&c.Change)},
		)},
		field{"links", false, func(n *yaml.Node, path string) { r.list(n, path, r.firstLink(&c.Change)) }},
	)
	if action != "" {
		r.pass(n, "event_action "+action, "it is an alert of PagerDuty")
		return
	}
	if payload := child(n, "payload"); payload != nil {
		r.needTime(payload, "timestamp", join(path, "payload"), &c.At)
	}
	adopt(&c.Change)
	if c.Kind == "" {
		c.Kind = guessKind(c.Labels["kind"], c.Title)
	}
	if source != "" {
		put(&c.Labels, "source", source)
		if c.Component == "" && nameRule(source) == "" {
			c.Component = source
		}
	}
	r.tell(before, c)
}

// firstLink keeps the first of a list of links, and holds them all to their form.
func (r *changeReader) firstLink(c *model.Change) func(*yaml.Node, string) {
	return func(n *yaml.Node, path string) {
		var href, text string
		r.mapping(n, path, field{"href", true, r.text(&href)}, field{"text", false, r.textOrEmpty(&text)})
		if c.Link == "" {
			c.Link = href
		}
	}
}

// isoMoment reads a time in RFC 3339, or with an offset without a colon, as ISO 8601 has it.
func (f *fields) isoMoment(dst *time.Time) func(*yaml.Node, string) {
	return func(n *yaml.Node, path string) {
		if t, err := time.Parse("2006-01-02T15:04:05.999999999-0700", n.Value); err == nil && t.Unix() >= 0 {
			*dst = t.UTC()
			return
		}
		f.moment(dst)(n, path)
	}
}
