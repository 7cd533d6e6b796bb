package collectors

import (
	"strconv"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/diagnops/diagnops/engine/model"
)

// alertmanager reads what Alertmanager's webhook_config sends, version 4. An alert is a change where its label
// change_kind says which; any other is no change. Firing and resolving are told under one key.
func (r *changeReader) alertmanager(n *yaml.Node, path string) {
	var version string
	r.mapping(n, path,
		field{"version", true, r.oneOf(&version, "4")},
		field{"alerts", true, func(n *yaml.Node, path string) { r.list(n, path, r.alert) }},
	)
}

func (r *changeReader) alert(n *yaml.Node, path string) {
	c := ToldChange{Format: FormatAlertmanager}
	var status, fingerprint, generator string
	var notes model.Change // holds the annotations, as its labels
	before := r.count()
	r.mapping(n, path,
		field{"status", true, r.oneOf(&status, "firing", "resolved")},
		field{"labels", true, r.labels(&c.Change)},
		field{"annotations", false, r.labels(&notes)},
		field{"startsAt", true, r.moment(&c.At)},
		field{"generatorURL", false, r.textOrEmpty(&generator)},
		field{"fingerprint", false, r.textOrEmpty(&fingerprint)},
	)
	name := c.Labels["alertname"]
	switch {
	case r.count() > before:
		return
	case c.Kind == "":
		r.pass(n, "alert "+name, "it is an alert, and no label "+kindKey+" says otherwise")
		return
	}
	adopt(&notes)
	c.Title, c.Notes, c.Link = notes.Labels["summary"], notes.Notes, notes.Link
	if c.Title == "" {
		c.Title = name
	}
	if c.Title == "" {
		c.Title = string(c.Kind)
	}
	if c.Notes == "" {
		c.Notes = notes.Labels["description"]
	}
	if c.Link == "" {
		c.Link = generator
	}
	if fingerprint != "" {
		c.ID = fingerprint + "-" + strconv.FormatInt(c.At.Truncate(time.Second).Unix(), 10)
	}
	adopt(&c.Change)
	r.tell(before, c)
}
