package collectors

import (
	"encoding/base64"
	"net/url"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/diagnops/diagnops/engine/model"
)

// cdEventPrefix begins the type of every CDEvent: prefix, subject, predicate, and from 0.1 on a version.
const cdEventPrefix = "dev.cdevents."

// cdEventKinds are the CDEvents that change what runs, or what it runs on. The others tell of code, of tests, of
// artifacts that nothing runs yet, and of trouble.
var cdEventKinds = map[string]model.ChangeKind{
	"service.deployed": model.ChangeDeploy, "service.upgraded": model.ChangeDeploy, "service.rolledback": model.ChangeDeploy,
	"service.removed": model.ChangeDeploy, "service.published": model.ChangeDeploy,
	"environment.created": model.ChangeInfra, "environment.modified": model.ChangeInfra, "environment.deleted": model.ChangeInfra,
}

// CloudEvent holds the attributes of a CloudEvent 1.0 that travel beside its data.
type CloudEvent struct {
	ID, Source, Type string
	Time             time.Time // zero = not given
}

// cloudEvent reads a CloudEvent in structured mode, whose data is a CDEvent.
func (r *changeReader) cloudEvent(n *yaml.Node, path string) {
	var attrs CloudEvent
	var version, encoded string
	var data *yaml.Node
	before := r.count()
	r.mapping(n, path,
		field{"specversion", true, r.oneOf(&version, "1.0")},
		field{"id", true, r.name(&attrs.ID)},
		field{"source", true, r.name(&attrs.Source)},
		field{"type", true, r.name(&attrs.Type)},
		field{"time", false, r.moment(&attrs.Time)},
		field{"data", false, func(n *yaml.Node, _ string) { data = n }},
		field{"data_base64", false, r.textOrEmpty(&encoded)},
	)
	if r.count() > before || r.passOther(n, attrs.Type) {
		return
	}
	at := join(path, "data")
	if encoded != "" {
		at = join(path, "data_base64")
		data = r.decoded(child(n, "data_base64"), at)
	}
	if data == nil {
		if r.count() == before {
			r.fail(n, at, "must be given")
		}
		return
	}
	r.cloudEventData(attrs, data, at)
}

// decoded reads data that is written in base64. Its nodes stand where the text does.
func (r *changeReader) decoded(n *yaml.Node, path string) *yaml.Node {
	text, err := base64.StdEncoding.DecodeString(n.Value)
	if err != nil {
		r.fail(n, path, "must be base64: %v", err)
		return nil
	}
	inner := &fields{}
	root := inner.jsonText(text, n.Line, "must be JSON: %v")
	for _, p := range inner.problems {
		r.fail(n, path, "%s", p.Rule)
	}
	return root
}

// cloudEventData reads the data of a CloudEvent. CDEvents repeats the attributes in its context; where a sender leaves
// the context out, the attributes stand for it.
func (r *changeReader) cloudEventData(attrs CloudEvent, n *yaml.Node, path string) {
	if r.passOther(n, attrs.Type) {
		return
	}
	if n.Kind == yaml.MappingNode && child(n, "context") == nil {
		e := cdEvent{id: attrs.ID, source: attrs.Source, typ: attrs.Type, at: attrs.Time}
		before := r.count()
		r.mapping(n, path, e.subjectField(r.fields))
		r.tellCDEvent(n, before, &e)
		return
	}
	r.cdEvent(n, path)
}

// passOther notes events of others than CDEvents: a bus carries many.
func (r *changeReader) passOther(n *yaml.Node, typ string) bool {
	if strings.HasPrefix(typ, cdEventPrefix) {
		return false
	}
	r.pass(n, typ, "it is a CloudEvent, but no CDEvent")
	return true
}

// cdEvent is what is read of a CDEvent.
type cdEvent struct {
	id, source, typ, link        string
	at                           time.Time
	subject, environment, entity string // ids, and the name of the subject
	artifact                     string
	custom                       model.Change // holds customData, as its labels
}

// cdEvent reads a bare CDEvent: context, subject and optionally customData.
func (r *changeReader) cdEvent(n *yaml.Node, path string) {
	var e cdEvent
	before := r.count()
	r.mapping(n, path,
		field{"context", true, r.object(
			field{"id", true, r.name(&e.id)},
			field{"source", true, r.name(&e.source)},
			field{"type", true, r.name(&e.typ)},
			field{"timestamp", true, r.moment(&e.at)},
		)},
		e.subjectField(r.fields),
		field{"customData", false, func(n *yaml.Node, path string) {
			if n.Kind == yaml.MappingNode {
				r.labels(&e.custom)(n, path)
			}
		}},
	)
	r.tellCDEvent(n, before, &e)
}

func (e *cdEvent) subjectField(f *fields) field {
	return field{"subject", true, f.object(
		field{"id", true, f.name(&e.subject)},
		field{"content", false, f.object(
			field{"environment", false, f.object(field{"id", false, f.textOrEmpty(&e.environment)})},
			field{"artifactId", false, f.textOrEmpty(&e.artifact)},
			field{"name", false, f.textOrEmpty(&e.entity)},
			field{"url", false, f.textOrEmpty(&e.link)},
		)},
	)}
}

// tellCDEvent makes a change of a CDEvent. What changed is the last segment of the subject's id ("service/shop"), the new
// version that of the artifact's package URL.
func (r *changeReader) tellCDEvent(n *yaml.Node, before int, e *cdEvent) {
	subject, rest, _ := strings.Cut(strings.TrimPrefix(e.typ, cdEventPrefix), ".")
	predicate, _, _ := strings.Cut(rest, ".")
	kind, isChange := cdEventKinds[subject+"."+predicate]
	switch {
	case r.count() > before:
		return
	case !strings.HasPrefix(e.typ, cdEventPrefix):
		r.pass(n, e.typ, "it is no CDEvent")
		return
	case !isChange:
		r.pass(n, e.typ, "nothing that runs is changed by it")
		return
	}
	artifact, version := packageURL(e.artifact)
	c := ToldChange{Format: FormatCDEvents, Change: e.custom}
	adopt(&c.Change)
	if c.Kind == "" {
		c.Kind = kind
	}
	c.Title = subject + " " + lastSegment(e.subject) + " " + strings.Replace(predicate, "rolledback", "rolled back", 1)
	c.ID, c.Key = e.id, strings.Join([]string{string(c.Format), e.source, e.id}, "\x00")
	c.At = e.at
	c = c.With(ToldChange{Change: model.Change{At: e.at, Component: lastSegment(e.subject), To: version, Link: e.link}})
	for name, value := range map[string]string{
		"source": e.source, "subject": e.subject, "environment": e.environment, "artifact": artifact, "name": e.entity,
	} {
		if value != "" {
			put(&c.Labels, name, value)
		}
	}
	r.needTime(n, "time", "", &c.At)
	r.tell(before, c)
}

// packageURL takes the name and the version out of a package URL ("pkg:oci/shop@sha256%3A0b31..."), as
// github.com/package-url/purl-spec describes it. What is none is a version.
func packageURL(purl string) (name, version string) {
	path, ok := strings.CutPrefix(purl, "pkg:")
	if !ok {
		return "", purl
	}
	path, _, _ = strings.Cut(path, "#")
	path, _, _ = strings.Cut(path, "?")
	path, version, _ = strings.Cut(path, "@")
	return unescaped(lastSegment(path)), unescaped(version)
}

func unescaped(s string) string {
	if text, err := url.PathUnescape(s); err == nil {
		return text
	}
	return s
}
