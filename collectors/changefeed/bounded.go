package changefeed

import (
	"maps"
	"slices"
	"strings"

	"github.com/diagnops/diagnops/engine/model"
)

// The most that is kept of one change, so that the number of changes bounds the memory: 0.3 MB if all are as large as
// they may be, where 1 KB is usual. Who wants to read more has the link.
const (
	maxNotesBytes = 64 << 10
	maxTextBytes  = 1 << 10
	maxLabels     = 128
	maxInstances  = 128
)

// bounded cuts what is too long off a change: texts end with an ellipsis, and of the labels and instances the first by
// name stay. It writes to nothing that the change refers to.
func bounded(c model.Change) model.Change {
	c.Notes = cut(c.Notes, maxNotesBytes)
	for _, text := range []*string{&c.Component, &c.ID, &c.Title, &c.From, &c.To, &c.AuthorTeam, &c.Link} {
		*text = cut(*text, maxTextBytes)
	}
	if len(c.Instances) > maxInstances || slices.ContainsFunc(c.Instances, tooLong) {
		few := slices.Sorted(slices.Values(c.Instances))
		few = slices.Clip(few[:min(len(few), maxInstances)])
		for i := range few {
			few[i] = cut(few[i], maxTextBytes)
		}
		c.Instances = few
	}
	long := len(c.Labels) > maxLabels
	for k, v := range c.Labels {
		long = long || tooLong(k) || tooLong(v)
	}
	if long {
		few := map[string]string{}
		for _, k := range slices.Sorted(maps.Keys(c.Labels)) {
			if len(few) < maxLabels && !tooLong(k) {
				few[k] = cut(c.Labels[k], maxTextBytes)
			}
		}
		c.Labels = few
	}
	return c
}

func tooLong(text string) bool { return len(text) > maxTextBytes }

// cut copies the beginning of a text that is too long, so that the rest can be let go.
func cut(text string, maxBytes int) string {
	if len(text) <= maxBytes {
		return text
	}
	return strings.ToValidUTF8(strings.Clone(text[:maxBytes-len(ellipsis)]), "") + ellipsis
}

const ellipsis = "…"
