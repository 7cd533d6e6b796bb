package topology

import (
	"fmt"
	"net"
	"strings"

	"github.com/diagnops/diagnops/engine/model"
)

// party is how the labels of a call name one side: the first label that has a value.
type party struct {
	names     []string
	namespace string
}

// measuredCall is a metric that counts calls between two parties, measured by neither or by a proxy of one.
type measuredCall struct {
	source     string // of the edge
	metric     string
	matchers   string
	from, to   party
	kind       string // label that says what the callee is, "" = none
	confidence float64
	// bothWays: the metric counts answers as it counts calls, and so does not tell who called whom.
	bothWays bool
}

var measuredCalls = []measuredCall{
	{
		source: "service-graph", metric: "traces_service_graph_request_total", kind: "connection_type", confidence: 0.95,
		from: party{[]string{"client"}, ""}, to: party{[]string{"server"}, ""},
	},
	{
		source: "istio", metric: "istio_requests_total", matchers: `reporter="source"`, confidence: 0.98,
		from: party{[]string{"source_workload"}, "source_workload_namespace"},
		to:   party{[]string{"destination_workload", "destination_service_name"}, "destination_workload_namespace"},
	},
	{
		source: "istio", metric: "istio_tcp_connections_opened_total", matchers: `reporter="source"`, confidence: 0.95,
		from: party{[]string{"source_workload"}, "source_workload_namespace"},
		to:   party{[]string{"destination_workload", "destination_service_name"}, "destination_workload_namespace"},
	},
	{
		source: "linkerd", metric: "response_total", matchers: `direction="outbound"`, confidence: 0.98,
		from: party{[]string{"deployment", "statefulset", "daemonset"}, "namespace"},
		to:   party{[]string{"dst_deployment", "dst_statefulset", "dst_daemonset", "dst_service"}, "dst_namespace"},
	},
	{
		source: "hubble", metric: "hubble_http_requests_total", confidence: 0.95,
		from: party{[]string{"source_workload", "source"}, "source_namespace"},
		to:   party{[]string{"destination_workload", "destination"}, "destination_namespace"},
	},
	{
		source: "hubble", metric: "hubble_tcp_flags_total", matchers: `flag="SYN"`, confidence: 0.9,
		from: party{[]string{"source_workload", "source"}, "source_namespace"},
		to:   party{[]string{"destination_workload", "destination"}, "destination_namespace"},
	},
	{
		source: "hubble", metric: "hubble_flows_processed_total", matchers: `verdict="FORWARDED"`, confidence: 0.4, bothWays: true,
		from: party{[]string{"source_workload", "source"}, "source_namespace"},
		to:   party{[]string{"destination_workload", "destination"}, "destination_namespace"},
	},
	{
		source: "coroot-node-agent", metric: "container_net_tcp_successful_connects_total", confidence: 0.95,
		from: party{[]string{"container_id"}, ""}, to: party{[]string{"actual_destination", "destination"}, ""},
	},
}

func (c *measuredCall) question(i int) question {
	q := question{
		name: fmt.Sprintf("calls %d %s", i, c.metric), metrics: []string{c.metric}, matchers: c.matchers, counter: true, apart: true,
	}
	for _, l := range append(append(append([]string{c.from.namespace, c.to.namespace, c.kind}, c.from.names...), c.to.names...), "") {
		if l != "" {
			q.by = append(q.by, l)
		}
	}
	return q
}

// nobody are values of labels by which a source says that it does not know.
var nobody = []string{"", "unknown", "<none>", "none", "-", "~other"}

func known(name string) bool {
	for _, n := range nobody {
		if name == n {
			return false
		}
	}
	return true
}

// calls adds the edges that were counted. A party that nobody knows becomes a component: it was seen calling or called.
func (w *world) calls() {
	listeners := w.listeners()
	for i := range measuredCalls {
		c := &measuredCalls[i]
		for _, r := range w.o.rows[c.question(i).name] {
			caller, callee, dep := kindsOf(r.get(c.kind))
			from := w.party(r.first(c.from.names...), r.get(c.from.namespace), caller, c, listeners)
			to := w.party(r.first(c.to.names...), r.get(c.to.namespace), callee, c, listeners)
			if from == nil || to == nil {
				continue
			}
			edge := Edge{
				Dependency: model.Dependency{From: from.Name, To: to.Name, Kind: dep, Source: c.source, Confidence: c.confidence},
				Why:        "counted by " + c.metric,
			}
			if c.bothWays {
				if back, told := w.edges[edgeKey{to.Name, from.Name, dep}]; told && back.Confidence >= Likely {
					continue
				}
				edge.Confirm = "who calls whom: the metric counts both ways"
			}
			w.connect(edge)
		}
	}
}

// kindsOf is what a service graph says of caller and callee when it knows no more than their names, and how the one needs the
// other. A virtual node is a side that sends no traces: users, or a service of others.
func kindsOf(connection string) (caller, callee string, dep model.DependencyKind) {
	switch connection {
	case "database":
		return "app", "db", model.Calls
	case "messaging_system":
		return "app", "queue", model.Async
	case "virtual_node":
		return "external", "external", model.Calls
	}
	return "app", "app", model.Calls
}

// notMachine: machines answer no calls, what runs on them does.
func notMachine(e *entity) bool { return e.Kind != "host" && e.Kind != "disk" }

// party finds or makes the component that a label names.
func (w *world) party(name, namespace, kind string, c *measuredCall, listeners map[string]*entity) *entity {
	if strings.HasPrefix(name, "/") {
		return w.container(name)
	}
	if !known(name) {
		return nil
	}
	if ns, rest, ok := strings.Cut(name, "/"); ok && namespace == "" { // Hubble's pod-short: shop/cart
		name, namespace = rest, ns
	}
	if e := listeners[name]; e != nil {
		return e
	}
	host, port, err := net.SplitHostPort(name)
	if err == nil {
		if m, ok := w.byAddressOf(host, port, notMachine); ok {
			return m.entity
		}
		if net.ParseIP(host) != nil {
			return nil // an address that nobody listens at is not made a component: it is one for as long as a pod lives
		}
		name, kind = host, "external"
	}
	if m, ok := w.byNameOf(name, namespace, anybody); ok && m.confidence >= byName && (namespace == "" || m.namespace == "" || m.namespace == namespace) {
		return m.entity
	}
	return w.create(name, namespace, kind, "known from calls alone: "+c.metric)
}

// container is the component that a container's id of coroot-node-agent is of: /k8s/NAMESPACE/POD/CONTAINER, /docker/NAME,
// /system.slice/NAME.service.
func (w *world) container(id string) *entity {
	parts := strings.Split(strings.Trim(id, "/"), "/")
	if parts[0] == "k8s" && len(parts) >= 3 {
		return w.pods[podKey{parts[1], parts[2]}]
	}
	name := strings.TrimSuffix(parts[len(parts)-1], ".service")
	if m, ok := w.byNameOf(name, "", anybody); ok {
		return m.entity
	}
	return nil
}

// listeners are the components behind the addresses that containers listen at.
func (w *world) listeners() map[string]*entity {
	out := map[string]*entity{}
	for _, r := range w.o.rows[askListeners] {
		if e := w.container(r.get("container_id")); e != nil {
			out[r.get("listen_addr")] = e
		}
	}
	return out
}
