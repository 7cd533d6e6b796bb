package collectors

import (
	"slices"
	"strings"
	"unicode"

	"go.yaml.in/yaml/v3"

	"github.com/diagnops/diagnops/engine/model"
)

// wellKnown says under which keys the free part of an event (custom details, labels, tags) tells what a change has a
// field for, best first.
var wellKnown = []struct {
	field func(*model.Change) *string
	keys  []string
}{
	{func(c *model.Change) *string { return &c.Component }, []string{"component", "service", "service_name", "app", "application"}},
	{func(c *model.Change) *string { return &c.From }, []string{"from", "from_version", "previous_version", "old_version"}},
	{func(c *model.Change) *string { return &c.To }, []string{"to", "to_version", "new_version", "version", "revision", "commit", "sha"}},
	{func(c *model.Change) *string { return &c.AuthorTeam }, []string{"author_team", "team", "owner"}},
	{func(c *model.Change) *string { return &c.Link }, []string{"link", "url", "link_url"}},
	{func(c *model.Change) *string { return &c.Notes }, []string{"notes", "release_notes", "changelog"}},
}

// kindKey is the label that says the kind of a change outright.
const kindKey = "change_kind"

// adopt fills the gaps of a change from its labels; a component must have the form of a name. Notes are not kept as a
// label, too: they may be long.
func adopt(c *model.Change) {
	for _, w := range wellKnown {
		dst := w.field(c)
		for _, key := range w.keys {
			value := strings.TrimSpace(c.Labels[key])
			if *dst == "" && (dst != &c.Component || nameRule(value) == "") {
				*dst = value
			}
		}
	}
	for _, key := range wellKnown[len(wellKnown)-1].keys {
		delete(c.Labels, key)
	}
	if instance := c.Labels["instance"]; instance != "" && len(c.Instances) == 0 {
		c.Instances = []string{instance}
	}
}

// labels reads an open mapping: scalars become labels, the rest is passed over. A kind given outright must be one of
// ours.
func (f *fields) labels(c *model.Change) func(*yaml.Node, string) {
	return func(n *yaml.Node, path string) {
		f.openMapping(n, path, func(key string, n *yaml.Node, path string) {
			switch {
			case n.Kind != yaml.ScalarNode || isNull(n) || n.Value == "":
			case key == kindKey:
				f.changeKind(&c.Kind)(n, path)
			default:
				put(&c.Labels, key, n.Value)
			}
		})
	}
}

// tags reads a list of tags, or a text of tags with blanks between. "key:value" and "key=value" become labels, the
// others the label "tags", with commas between. A kind given outright must be one of ours.
func (f *fields) tags(c *model.Change) func(*yaml.Node, string) {
	return func(n *yaml.Node, path string) {
		var list []string
		if n.Kind == yaml.ScalarNode {
			list = strings.Fields(n.Value)
		} else {
			f.texts(&list)(n, path)
		}
		var bare []string
		for _, tag := range list {
			cut := strings.IndexAny(tag, ":=")
			switch {
			case cut <= 0 || cut == len(tag)-1:
				bare = append(bare, strings.TrimSpace(tag))
			case tag[:cut] == kindKey:
				value := *n
				value.Kind, value.Tag, value.Value = yaml.ScalarNode, "!!str", tag[cut+1:]
				f.changeKind(&c.Kind)(&value, join(path, kindKey))
			default:
				put(&c.Labels, strings.TrimSpace(tag[:cut]), strings.TrimSpace(tag[cut+1:]))
			}
		}
		if len(bare) > 0 {
			put(&c.Labels, tagsLabel, strings.Join(bare, ","))
		}
	}
}

// tagsLabel holds the tags of an event that have no key.
const tagsLabel = "tags"

// kindWords are the words by which an event without a kind is told what it is.
var kindWords = map[string]model.ChangeKind{
	"deploy": model.ChangeDeploy, "deployed": model.ChangeDeploy, "deployment": model.ChangeDeploy,
	"release": model.ChangeDeploy, "released": model.ChangeDeploy, "rollout": model.ChangeDeploy, "rollback": model.ChangeDeploy,
	"upgrade": model.ChangeDeploy, "upgraded": model.ChangeDeploy, "build": model.ChangeDeploy,
	"config": model.ChangeConfig, "configuration": model.ChangeConfig, "setting": model.ChangeConfig, "settings": model.ChangeConfig,
	"flag": model.ChangeFlag, "toggle": model.ChangeFlag, "toggled": model.ChangeFlag, "experiment": model.ChangeFlag,
	"scale": model.ChangeScale, "scaled": model.ChangeScale, "scaling": model.ChangeScale, "autoscaling": model.ChangeScale,
	"failover": model.ChangeFailover, "switchover": model.ChangeFailover, "promoted": model.ChangeFailover,
	"certificate": model.ChangeCertificate, "certificates": model.ChangeCertificate, "cert": model.ChangeCertificate,
	"migration": model.ChangeData, "migrated": model.ChangeData, "backfill": model.ChangeData, "schema": model.ChangeData,
	"cache": model.ChangeCache, "purge": model.ChangeCache, "purged": model.ChangeCache, "flush": model.ChangeCache,
	"flushed": model.ChangeCache, "campaign": model.ChangeTraffic, "traffic": model.ChangeTraffic,
	"infra": model.ChangeInfra, "infrastructure": model.ChangeInfra, "maintenance": model.ChangeInfra, "reboot": model.ChangeInfra,
	"job": model.ChangeJob, "cron": model.ChangeJob, "batch": model.ChangeJob, "backup": model.ChangeJob,
}

// guessKind tells the kind of an event that does not say it by the first word that tells, of the texts in their order.
// Where no word tells, it is a deployment, which most of what these tools send is. When it is wrong: "deploy the cache",
// said of the configuration of one; whoever knows better sends change_kind.
func guessKind(texts ...string) model.ChangeKind {
	for _, text := range texts {
		for word := range strings.FieldsFuncSeq(text, func(r rune) bool { return !unicode.IsLetter(r) }) {
			if kind, ok := kindWords[strings.ToLower(word)]; ok {
				return kind
			}
		}
	}
	return model.ChangeDeploy
}

// headline parts a text into its first line, which is never empty, and the lines after it.
func headline(text string) (title, rest string) {
	title, rest, _ = strings.Cut(strings.TrimSpace(text), "\n")
	return strings.TrimSpace(title), strings.TrimSpace(rest)
}

// lastSegment is what stands after the last slash that something follows.
func lastSegment(path string) string {
	path = strings.TrimRight(path, "/")
	return path[strings.LastIndexByte(path, '/')+1:]
}

// oneOf reads a text that is one of a list.
func (f *fields) oneOf(dst *string, known ...string) func(*yaml.Node, string) {
	return func(n *yaml.Node, path string) {
		var s string
		if f.text(&s)(n, path); s == "" {
			return
		}
		if !slices.Contains(known, s) {
			f.fail(n, path, "(%q) must be one of %s%s", s, strings.Join(known, ", "), hint(s, known))
			return
		}
		*dst = s
	}
}
