package collectors

import (
	"math"
	"strconv"
	"time"

	"go.yaml.in/yaml/v3"
)

// grafanaAnnotation reads an annotation of Grafana, as its API takes and lists it. The first line of the text is the
// title, the rest are the notes; tags such as service:checkout tell what changed. What Grafana notes of its alerts is no
// change.
func (r *changeReader) grafanaAnnotation(n *yaml.Node, path string) {
	c := ToldChange{Format: FormatGrafana}
	var id, alert int
	var text, state, dashboard string
	var end time.Time
	before := r.count()
	r.mapping(n, path,
		field{"id", false, r.integer(&id, 0, math.MaxInt)},
		field{"alertId", false, r.integer(&alert, 0, math.MaxInt)},
		field{"newState", false, r.textOrEmpty(&state)},
		field{"dashboardUID", false, r.textOrEmpty(&dashboard)},
		field{"time", false, r.millis(&c.At)},
		field{"timeEnd", false, r.millis(&end)},
		field{"text", true, r.text(&text)},
		field{"tags", false, r.tags(&c.Change)},
	)
	if r.count() > before {
		return
	}
	c.Title, c.Notes = headline(text)
	if alert > 0 || state != "" {
		r.pass(n, c.Title, "it is the state of an alert")
		return
	}
	if id > 0 {
		c.ID = "grafana-" + strconv.Itoa(id)
	}
	if dashboard != "" {
		put(&c.Labels, "dashboard_uid", dashboard)
	}
	if !end.IsZero() && !end.Equal(c.At) {
		put(&c.Labels, "until", end.Format(time.RFC3339))
	}
	r.needTime(n, "time", path, &c.At)
	r.tellAnnotation(before, c)
}

// graphiteEvent reads an annotation in Graphite's format, which Grafana takes, too.
func (r *changeReader) graphiteEvent(n *yaml.Node, path string) {
	c := ToldChange{Format: FormatGrafana}
	before := r.count()
	r.mapping(n, path,
		field{"what", true, r.text(&c.Title)},
		field{"when", false, r.moment(&c.At)},
		field{"data", false, r.textOrEmpty(&c.Notes)},
		field{"tags", false, r.tags(&c.Change)},
	)
	r.needTime(n, "when", path, &c.At)
	r.tellAnnotation(before, c)
}

func (r *changeReader) tellAnnotation(before int, c ToldChange) {
	adopt(&c.Change)
	if c.Kind == "" {
		c.Kind = guessKind(c.Labels[tagsLabel], c.Title)
	}
	r.tell(before, c)
}

// minMillis is the year 1973 in milliseconds, and the year 5138 in seconds: what is below it was meant in seconds.
const minMillis = 100_000_000_000

// millis reads a time in Unix milliseconds.
func (f *fields) millis(dst *time.Time) func(*yaml.Node, string) {
	return func(n *yaml.Node, path string) {
		var v float64
		before := f.count()
		if f.number(&v, maxUnixSeconds*1000)(n, path); f.count() > before {
			return
		}
		if v < minMillis {
			f.fail(n, path, "(%s) must be in milliseconds since 1970", n.Value)
			return
		}
		*dst = time.UnixMilli(int64(v)).UTC()
	}
}
