package topology

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/diagnops/diagnops/engine/model"
)

// observers are products that tell of others; a target of theirs is no component of what is observed.
var observers = []Product{
	{Name: "kube-state-metrics", Metrics: []string{"kube_pod_info"}},
	{Name: "cadvisor", Metrics: []string{"container_cpu_usage_seconds_total", "cadvisor_version_info"}},
	{Name: "blackbox_exporter", Metrics: []string{"probe_success", "blackbox_exporter_build_info"}},
	{Name: "coroot-node-agent", Metrics: []string{"container_net_tcp_listen_info"}},
	{Name: "hubble", Metrics: []string{"hubble_flows_processed_total"}},
	{Name: "service-graph", Metrics: []string{"traces_service_graph_request_total"}},
	{Name: "pushgateway", Metrics: []string{"pushgateway_build_info"}},
	{Name: "alertmanager", Metrics: []string{"alertmanager_build_info"}},
}

// sidecars are proxies beside a service, whose targets are the service's when labels say whose they are.
var sidecars = []Product{
	{Name: "istio-proxy", Metrics: []string{"istio_requests_total", "istio_tcp_connections_opened_total"}},
	{Name: "linkerd-proxy", Metrics: []string{"proxy_build_info"}},
}

// serviceLabels name the service of a target, the most telling first; the job is what is left.
var serviceLabels = []string{"service_name", "app_kubernetes_io_name", "service", "app", "application"}

// replicated tells whether several targets of one service are copies that do the same work: of a database or a machine each is
// a component of its own.
func replicated(kind string) bool {
	switch kind {
	case "app", "lb", "monitoring":
		return true
	}
	return false
}

// groupKey is what targets of one component have in common. Instance is "" for those that are replicated.
type groupKey struct{ namespace, name, kind, instance string }

// scraped makes components of targets.
func (w *world) scraped() {
	w.scrapes, w.carry = map[targetKey]*target{}, map[model.Label][]*target{}
	for _, r := range w.o.rows[askTargets] {
		t := &target{labels: r.labels, job: r.get("job"), instance: r.get("instance")}
		w.targets = append(w.targets, t)
		w.scrapes[keyOf(r)] = t
		for _, l := range t.labels {
			w.carry[l] = append(w.carry[l], t)
		}
	}
	watches, beside := w.having(observers), w.having(sidecars)
	products := w.productsOf()
	groups := map[groupKey]*entity{}
	kinds := map[groupKey]*Product{}
	plain := &Product{Name: "target", Kind: "app"}
	for _, t := range w.targets {
		key := targetKey{t.job, t.instance}
		t.sidecar = beside[key]
		found := products[key]
		switch {
		case t.sidecar:
			continue
		case len(found) == 0 && watches[key]:
			t.observes = true
		case len(found) == 0:
			found = []*Product{plain}
		}
		for _, p := range found {
			w.member(groups, kinds, t, p)
		}
	}
	for _, t := range w.targets { // the service's own targets tell better what to select
		name, namespace := serviceName(t)
		if t.sidecar && t.named() && groups[groupKey{namespace, strings.ToLower(name), plain.Kind, ""}] == nil {
			w.member(groups, kinds, t, plain)
		}
	}
	w.facts()
	w.shapeGroups(groups, kinds)
}

// targetKey is how series name the target that they come from.
type targetKey struct{ job, instance string }

func keyOf(r row) targetKey { return targetKey{r.get("job"), r.get("instance")} }

// having are the targets that have one of the products.
func (w *world) having(products []Product) map[targetKey]bool {
	out := map[targetKey]bool{}
	for i := range products {
		for _, r := range w.o.rows[productQuestion(products[i].Name)] {
			out[keyOf(r)] = true
		}
	}
	return out
}

// named tells whether labels say which service the target is of.
func (t *target) named() bool {
	return slices.ContainsFunc(serviceLabels, func(l string) bool { return t.get(l) != "" })
}

// productsOf tells which products each target is, one a kind: the first that knows it.
func (w *world) productsOf() map[targetKey][]*Product {
	out := map[targetKey][]*Product{}
	for i := range w.o.Products {
		p := &w.o.Products[i]
		if p.Kind == "" {
			continue
		}
		for _, r := range w.o.rows[productQuestion(p.Name)] {
			key := keyOf(r)
			if !slices.ContainsFunc(out[key], func(o *Product) bool { return o.Kind == p.Kind }) {
				out[key] = append(out[key], p)
			}
		}
	}
	return out
}

// member puts a target into the component that it belongs to.
func (w *world) member(groups map[groupKey]*entity, products map[groupKey]*Product, t *target, p *Product) {
	name, namespace := serviceName(t)
	if p.Kind != "app" {
		if name = exporterSuffix.ReplaceAllString(name, ""); name == "" {
			name = p.Name
		}
	}
	key := groupKey{namespace: namespace, name: strings.ToLower(name), kind: p.Kind}
	if !replicated(p.Kind) {
		key.instance = t.job + " " + t.instance
	}
	e := groups[key]
	if e == nil {
		e = &entity{namespace: namespace, Component: Component{Component: model.Component{Name: name, Kind: p.Kind}, Seen: w.o.At}}
		e.stands = p.fronted()
		groups[key], products[key] = e, p
		w.entities = append(w.entities, e)
	}
	e.targets, t.owners = append(e.targets, t), append(t.owners, e)
	if e.Kind != "host" { // all machines share the names of their job
		e.names = append(e.names, name, t.job)
		for _, l := range serviceLabels {
			if v := t.get(l); v != "" {
				e.names = append(e.names, v)
			}
		}
	}
	if !e.stands {
		e.addresses = append(e.addresses, t.instance)
	}
	for _, l := range nodeLabels {
		if v := t.get(l); v != "" {
			e.nodes = append(e.nodes, v)
		}
	}
}

// nodeLabels name the machine on which a target runs.
var nodeLabels = []string{"node", "nodename", "node_name", "kubernetes_node", "hostname", "host"}

// exporterSuffix is what a job's name says of the exporter, not of what it tells of.
var exporterSuffix = regexp.MustCompile(`(?i)([-_.]?(prometheus[-_.])?exporter|[-_.]metrics)$`)

// serviceName is what a target is called. A job of a Kubernetes monitor is "namespace/name", some with a number behind.
func serviceName(t *target) (name, namespace string) {
	namespace = t.get("namespace")
	for _, l := range serviceLabels {
		if v := t.get(l); v != "" {
			return v, namespace
		}
	}
	parts := strings.Split(t.job, "/")
	for len(parts) > 1 && (parts[0] == namespace || parts[0] == "podMonitor" || parts[0] == "serviceMonitor") {
		parts = parts[1:]
	}
	if parts[0] == "" {
		return shortHost(hostOf(t.instance)), namespace
	}
	return parts[0], namespace
}

// shapeGroups completes the components: names of those that are one of several, selectors, replicas, domains.
func (w *world) shapeGroups(groups map[groupKey]*entity, products map[groupKey]*Product) {
	siblings, hosts := map[groupKey]int{}, w.o.byTarget(askHosts)
	for key := range groups {
		key.instance = ""
		siblings[key]++
	}
	for key, e := range groups {
		p := products[key]
		if key.instance != "" && (siblings[groupKey{key.namespace, key.name, key.kind, ""}] > 1 || e.Kind == "host") {
			nameInstance(e, hosts)
		}
		e.Selector = w.selectorFor(e)
		series := make([]model.Labels, len(e.targets))
		for i, t := range e.targets {
			series[i] = t.labels
		}
		e.Domain = domainOf(series)
		if n := copies(e); n > 1 {
			e.Replicas = n
		}
		e.Found = foundBy(p, e)
	}
	slices.SortStableFunc(w.entities, func(a, b *entity) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Found, b.Found))
	})
}

// copies is how many instances a component has: the targets of its largest job, since one instance may be scraped by several.
func copies(e *entity) int {
	most, count := 0, map[string]int{}
	for _, t := range e.targets {
		count[t.job]++
		most = max(most, count[t.job])
	}
	return most
}

// nameInstance names one of several by the machine it is on; ports tell those apart that share one (settleNames counts them).
func nameInstance(e *entity, hosts map[targetKey][]row) {
	t := e.targets[0]
	host := shortHost(hostOf(t.instance))
	if e.Kind == "host" {
		for _, r := range hosts[targetKey{t.job, t.instance}] {
			if node := r.get("nodename"); node != "" {
				e.names = append(e.names, host, node)
				host = shortHost(node)
			}
		}
		e.names = append(e.names, host)
		e.Name = host
		return
	}
	if pod := t.get("pod"); pod != "" {
		host = pod
	}
	if !strings.HasPrefix(host, e.Name) {
		host = e.Name + "-" + host
	}
	e.names = append(e.names, host)
	e.Name = host
}

// foundBy says in a few words what a component was recognised by.
func foundBy(p *Product, e *entity) string {
	t := e.targets[0]
	where := t.instance
	if n := copies(e); n > 1 {
		where = fmt.Sprintf("%d instances", n)
	}
	if p.Name == "target" {
		return fmt.Sprintf("job %s, %s", t.job, where)
	}
	return fmt.Sprintf("%s, job %s, %s", p.Name, t.job, where)
}

// selectorFor finds the fewest labels that all targets of a component carry and no other target does; for want of such, those
// of its first job.
func (w *world) selectorFor(e *entity) map[string]string {
	first := e.targets[0]
	var tries [][]string
	if replicated(e.Kind) {
		tries = append(tries, []string{"job"})
		for _, l := range serviceLabels {
			tries = append(tries, []string{l}, []string{"namespace", l}, []string{"job", l})
		}
		tries = append(tries, []string{"namespace", "job"})
	} else {
		tries = append(tries, []string{"instance"})
	}
	tries = append(tries, []string{"job", "instance"}, []string{"job", "instance", "pod"})
	for _, names := range tries {
		if sel := pick(first.labels, names); sel != nil && w.selects(sel, e) {
			return sel
		}
	}
	return pick(first.labels, []string{"job"})
}

// pick takes labels out of a set, nil when one is missing.
func pick(ls model.Labels, names []string) map[string]string {
	out := make(map[string]string, len(names))
	for _, n := range names {
		v := ls.Get(n)
		if v == "" {
			return nil
		}
		out[n] = v
	}
	return out
}

// selects tells whether a selector means exactly the targets of a component.
func (w *world) selects(sel map[string]string, e *entity) bool {
	var fewest []*target // of those that carry one of its labels
	for n, v := range sel {
		if list := w.carry[model.Label{Name: n, Value: v}]; fewest == nil || len(list) < len(fewest) {
			fewest = list
		}
	}
	matched := 0
	for _, t := range fewest {
		matches := true
		for n, v := range sel {
			matches = matches && t.get(n) == v
		}
		if !matches {
			continue
		}
		if !slices.Contains(t.owners, e) {
			return false
		}
		matched++
	}
	return matched == len(e.targets)
}

// facts enters what exporters tell of the thing that they stand in front of: its own address, its databases, its role.
func (w *world) facts() {
	of := func(question string, take func(*entity, row)) {
		for _, r := range w.o.rows[question] {
			for _, e := range w.owners(r) {
				take(e, r)
			}
		}
	}
	of(askServers, func(e *entity, r row) {
		if server := r.get("server"); server != "" && e.Kind == "db" {
			e.addresses = append(e.addresses, server)
			e.stands = false
		}
	})
	of(askDatabases, func(e *entity, r row) {
		if name := r.get("datname"); name != "" && !strings.HasPrefix(name, "template") && name != "postgres" && e.Kind == "db" {
			e.databases = append(e.databases, name)
		}
	})
	of(askReplicas, func(e *entity, r row) { e.replica = e.replica || r.value == 1 && e.Kind == "db" })
}

// owners are the components of the target that a row comes from.
func (w *world) owners(r row) []*entity {
	if t := w.scrapes[keyOf(r)]; t != nil {
		return t.owners
	}
	return nil
}
