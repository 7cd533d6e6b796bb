package topology

import (
	"cmp"
	"fmt"
	"net"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/diagnops/diagnops/engine/model"
)

// Discover makes components and edges of the answers of a source. The same answers give the same result.
func Discover(o *Observed) *Discovered {
	w := &world{o: o, edges: map[edgeKey]Edge{}}
	w.scraped()
	w.orchestrated()
	w.machines()
	w.settleNames()
	w.probed()
	w.calls()
	w.told()
	w.placed()
	return w.result()
}

// world is what is being found out.
type world struct {
	o        *Observed
	entities []*entity
	targets  []*target
	scrapes  map[targetKey]*target
	carry    map[model.Label][]*target
	disks    []*disk
	edges    map[edgeKey]Edge
	open     []string

	hosts map[string]*entity // by what a label may call them: node name, host part of the exporter's address
	pods  map[podKey]*entity
	at    map[string]*entity   // by host:port
	on    map[string][]*entity // by the host part of their addresses and their exporters', whole and short
	named map[string][]*entity // by name and alias in lower case
	plain map[string][]*entity // by plainName of these
}

type edgeKey struct {
	from, to string
	kind     model.DependencyKind
}

// entity is what becomes a component.
type entity struct {
	Component
	namespace string
	names     []string // what else it is called
	targets   []*target
	addresses []string // host:port of itself, not of an exporter in front of it
	nodes     []string // names of machines that it is said to run on
	stands    bool     // an exporter in front: where the exporter is, the thing itself need not be
	databases []string
	replica   bool
}

// target is something that is scraped.
type target struct {
	labels        model.Labels
	job, instance string
	owners        []*entity // the components that it tells of
	sidecar       bool      // a proxy beside a service
	observes      bool      // it tells of others alone
}

func (t *target) get(name string) string { return t.labels.Get(name) }

// hostOf is an address without its port, and without the brackets of IPv6.
func hostOf(address string) string {
	if _, rest, ok := strings.Cut(address, "://"); ok {
		address, _, _ = strings.Cut(rest, "/")
	}
	if host, _, err := net.SplitHostPort(address); err == nil {
		return host
	}
	return strings.Trim(address, "[]")
}

// shortHost is the first label of a host name; addresses stay whole.
func shortHost(host string) string {
	if net.ParseIP(host) != nil {
		return host
	}
	short, _, _ := strings.Cut(host, ".")
	return short
}

// domainLabels are labels that name a failure domain, with the name that it has in a topology.
var domainLabels = []struct{ domain, label string }{
	{"region", "region"},
	{"region", "topology_kubernetes_io_region"},
	{"region", "label_topology_kubernetes_io_region"},
	{"zone", "zone"},
	{"zone", "availability_zone"},
	{"zone", "az"},
	{"zone", "topology_kubernetes_io_zone"},
	{"zone", "label_topology_kubernetes_io_zone"},
	{"datacenter", "datacenter"},
	{"datacenter", "dc"},
	{"rack", "rack"},
	{"rack", "label_topology_kubernetes_io_rack"},
	{"cluster", "cluster"},
}

// domainOf is what the labels of several series agree on.
func domainOf(series []model.Labels) map[string]string {
	var out map[string]string
	for _, d := range domainLabels {
		if out[d.domain] != "" {
			continue
		}
		if v := common(series, d.label); v != "" {
			if out == nil {
				out = map[string]string{}
			}
			out[d.domain] = v
		}
	}
	return out
}

// common is the value that all the label sets have for a label, "" when they differ or there are none.
func common(series []model.Labels, label string) string {
	if len(series) == 0 {
		return ""
	}
	v := series[0].Get(label)
	for _, ls := range series[1:] {
		if ls.Get(label) != v {
			return ""
		}
	}
	return v
}

// settleNames gives every entity a name of its own and makes the look-up tables. Entities come in a fixed order: the first of
// a name keeps it.
func (w *world) settleNames() {
	for _, e := range w.entities {
		e.Name = printable(e.Name)
		for i, n := range e.names {
			e.names[i] = printable(n)
		}
	}
	slices.SortStableFunc(w.entities, func(a, b *entity) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.namespace, b.namespace), cmp.Compare(a.Kind, b.Kind))
	})
	taken := map[string]bool{}
	for _, e := range w.entities {
		for _, name := range []string{e.Name, e.Name + "-" + e.namespace, e.Name + "-" + e.Kind} {
			if key := strings.ToLower(name); !taken[key] && !strings.HasSuffix(name, "-") {
				w.rename(e, name)
				break
			}
		}
		for base, n := e.Name, 2; taken[strings.ToLower(e.Name)]; n++ {
			w.rename(e, fmt.Sprintf("%s-%d", base, n))
		}
		taken[strings.ToLower(e.Name)] = true
	}
	w.at, w.on = map[string]*entity{}, map[string][]*entity{}
	w.named, w.plain = map[string][]*entity{}, map[string][]*entity{}
	for _, e := range w.entities {
		w.index(e)
	}
}

// maxName is the longest name, in bytes, that a topology file may give; labels have no such bound.
const maxName = 256

// printable is a text as a name: on one line, of printable characters, of bounded length.
func printable(s string) string {
	s = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, s)
	s = strings.Join(strings.Fields(s), " ")
	for len(s) > maxName {
		_, size := utf8.DecodeLastRuneInString(s)
		s = s[:len(s)-size]
	}
	if s = strings.TrimSpace(s); s == "" {
		return "unnamed"
	}
	return s
}

// rename keeps the old name as one that it is also called.
func (w *world) rename(e *entity, name string) {
	if name != e.Name {
		e.names = append(e.names, e.Name)
		e.Name = name
	}
}

// index enters an entity into the look-up tables.
func (w *world) index(e *entity) {
	for _, a := range e.addresses {
		w.indexAddress(a, e)
	}
	for _, t := range e.targets { // of an exporter: some are relabelled to the address of what they tell of
		w.indexAddress(t.instance, e)
	}
	for _, n := range append([]string{e.Name}, e.names...) {
		add(w.named, strings.ToLower(n), e)
		if p := plainName(n); p != "" {
			add(w.plain, p, e)
		}
	}
}

func (w *world) indexAddress(address string, e *entity) {
	if w.at[address] == nil {
		w.at[address] = e
	}
	host := hostOf(address)
	add(w.on, host, e)
	add(w.on, shortHost(host), e)
}

func add(m map[string][]*entity, key string, e *entity) {
	if !slices.Contains(m[key], e) {
		m[key] = append(m[key], e)
	}
}

// create adds a component that is known from calls alone.
func (w *world) create(name, namespace, kind, found string) *entity {
	name = printable(name)
	e := &entity{namespace: namespace, Component: Component{Component: model.Component{Name: name, Kind: kind}, Found: found, Seen: w.o.At}}
	for n := 2; len(w.named[strings.ToLower(e.Name)]) > 0; n++ {
		w.rename(e, fmt.Sprintf("%s-%d", name, n))
	}
	w.entities = append(w.entities, e)
	w.index(e)
	return e
}

// connect adds an edge; of several reasons for one, the surest is kept.
func (w *world) connect(e Edge) {
	if e.From == e.To {
		return
	}
	e.Seen = w.o.At
	key := edgeKey{e.From, e.To, e.Kind}
	if old, ok := w.edges[key]; !ok || e.Confidence > old.Confidence {
		w.edges[key] = e
	}
}

// result is everything in the order of names, with aliases that mean one component only.
func (w *world) result() *Discovered {
	d := &Discovered{Open: w.open, Partial: len(w.o.Unanswered) > 0}
	for _, e := range w.entities {
		for _, n := range e.names {
			key := strings.ToLower(n)
			same := func(a string) bool { return strings.EqualFold(a, n) }
			if net.ParseIP(n) == nil && len(w.named[key]) == 1 && !strings.EqualFold(n, e.Name) && !slices.ContainsFunc(e.Aliases, same) {
				e.Aliases = append(e.Aliases, n)
			}
		}
		slices.Sort(e.Aliases)
		d.Components = append(d.Components, e.Component)
	}
	slices.SortFunc(d.Components, compareComponents)
	for _, e := range w.edges {
		d.Edges = append(d.Edges, e)
	}
	slices.SortFunc(d.Edges, compareEdges)
	slices.Sort(d.Open)
	d.Open = slices.Compact(d.Open)
	return d
}
