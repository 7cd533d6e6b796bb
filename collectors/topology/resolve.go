package topology

import (
	"net"
	"regexp"
	"slices"
	"strings"
)

// match is who a text means, and how surely.
type match struct {
	*entity
	confidence float64
	why        string
	confirm    string // what would make it certain
}

// How surely a text means a component: an address of its own, its name, the machine that it alone serves from, the machine of
// its exporter, a database that it alone holds, a part of its name.
const (
	byAddress  = 0.95
	byName     = 0.9
	byHost     = 0.85
	byDatabase = 0.7
	byExporter = 0.6
	byPart     = 0.6
)

// affixes are words that names of back ends and services have around what they mean.
var affixes = regexp.MustCompile(`^(backend|be|upstream|pool|svc|service|server|srv|app|cluster|ds)[-_.]+|[-_.]+(backend|be|upstream|pool|svc|service|server|srv|app|cluster|db|ds|exporter)$|[-_.]*\d+$`)

// plainName is what is left of a name without affixes, numbers and separators, "" when that says nothing.
func plainName(name string) string {
	name = strings.ToLower(name)
	for {
		shorter := affixes.ReplaceAllString(name, "")
		if shorter == "" || shorter == name {
			break
		}
		name = shorter
	}
	name = strings.Map(func(r rune) rune {
		if r == '-' || r == '_' || r == '.' {
			return -1
		}
		return r
	}, name)
	if len(name) < minPlain {
		return ""
	}
	return name
}

// minPlain keeps one and two letters from meaning anything.
const minPlain = 3

// byAddressOf finds who of those that may be meant listens at host and port; the port may be unknown.
func (w *world) byAddressOf(host, port string, may func(*entity) bool) (match, bool) {
	if host == "" {
		return match{}, false
	}
	if e := w.at[net.JoinHostPort(host, port)]; e != nil && may(e) {
		return match{entity: e, confidence: byAddress, why: "at " + net.JoinHostPort(host, port)}, true
	}
	e := one(w.on[host], "", may)
	switch {
	case e == nil:
		return match{}, false
	case e.stands:
		return match{e, byExporter, "its exporter is alone at " + host, "that " + e.Name + " is at " + host + ", as its exporter is"}, true
	case port == "":
		return match{entity: e, confidence: byHost, why: "alone at " + host}, true
	}
	return match{}, false
}

// byNameOf finds who is called so, among those that may be meant; of several, those in the namespace.
func (w *world) byNameOf(name, namespace string, may func(*entity) bool) (match, bool) {
	if name == "" {
		return match{}, false
	}
	// The name of a Kubernetes service may be written out: cart.shop.svc.cluster.local.
	for _, n := range []string{name, shortHost(name)} {
		if n != name {
			if parts := strings.Split(name, "."); len(parts) > 2 && parts[2] == "svc" {
				namespace = parts[1]
			}
		}
		if e := one(w.named[strings.ToLower(n)], namespace, may); e != nil {
			return match{entity: e, confidence: byName, why: "called " + n}, true
		}
	}
	if e := one(w.plain[plainName(shortHost(name))], namespace, may); e != nil {
		return match{e, byPart, "a name like " + name, "that " + name + " is " + e.Name}, true
	}
	return match{}, false
}

// anybody may be meant.
func anybody(*entity) bool { return true }

// one is the only entity that may be meant, or the only one of the namespace.
func one(list []*entity, namespace string, may func(*entity) bool) *entity {
	list = slices.DeleteFunc(slices.Clone(list), func(e *entity) bool { return e.Kind == "disk" || !may(e) })
	if len(list) > 1 {
		list = slices.DeleteFunc(list, func(e *entity) bool { return e.namespace != namespace })
	}
	if len(list) == 1 {
		return list[0]
	}
	return nil
}
