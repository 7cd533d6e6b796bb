package topology

import (
	"fmt"
	"net"
	"slices"
	"strings"

	"github.com/diagnops/diagnops/engine/model"
)

// statement is a metric by which a target says of itself whom it needs, or who needs it.
type statement struct {
	source   string // of the edge: who says so
	metrics  []string
	matchers string
	counter  bool
	kind     model.DependencyKind
	// reverse: the target is the one that is needed.
	reverse bool
	// names are labels whose values may name the other, the most telling first.
	names []string
	// host and port are labels with the other's address; a host may have its port with it.
	host, port string
	// database is a label with the name of a database that the other holds.
	database string
	// grpc is a label with the name of a gRPC service that the other offers.
	grpc string
	// stranger is the kind that the other has when nobody knows it; "" = then it is not told of.
	stranger string
	// to are the kinds that the other may be; nil = any but machines.
	to []string
	// open is asked about what stays unknown, with what is said put in for %s; "" = nothing.
	open string
	// cap lowers the confidence: what is said may be a coincidence.
	cap float64
}

var statements = []statement{
	{
		source: "haproxy", metrics: []string{"haproxy_server_status", "haproxy_server_up"}, kind: model.Calls, names: []string{"server", "proxy", "backend"},
		open: "its servers %s: what are they?",
	},
	{
		source: "nginx", metrics: []string{"nginxplus_upstream_server_requests"}, kind: model.Calls, host: "server", names: []string{"upstream"},
		open: "its upstream servers %s: what are they?",
	},
	{
		source: "nginx", metrics: []string{"nginx_ingress_controller_requests"}, counter: true, kind: model.Calls,
		names: []string{"exported_service", "service", "ingress"}, open: "its services %s: what are they?",
	},
	{source: "traefik", metrics: []string{"traefik_service_requests_total"}, counter: true, kind: model.Calls, names: []string{"exported_service", "service"}},
	{source: "envoy", metrics: []string{"envoy_cluster_upstream_rq_total"}, counter: true, kind: model.Calls, names: []string{"envoy_cluster_name"}},
	{
		source: "pgbouncer", metrics: []string{"pgbouncer_databases_pool_size"}, kind: model.Calls, host: "host", port: "port", database: "database",
		to: []string{"db"}, open: "its databases %s: which server holds them?",
	},
	{source: "postgres", metrics: []string{"pg_stat_wal_receiver_status", "pg_stat_wal_receiver_last_msg_send_time", "pg_stat_wal_receiver_receive_start_lsn"}, kind: model.Replicates, host: "upstream_host", to: []string{"db"}},
	{
		source: "postgres", metrics: []string{"pg_stat_replication_pg_wal_lsn_diff", "pg_stat_replication_pg_current_wal_lsn_bytes"}, kind: model.Replicates,
		reverse: true, host: "client_addr", names: []string{"application_name"}, to: []string{"db"},
	},
	{source: "postgres", metrics: []string{"pg_stat_activity_count"}, kind: model.Calls, reverse: true, names: []string{"application_name"}},
	{source: "redis", metrics: []string{"redis_slave_info", "redis_master_link_up"}, kind: model.Replicates, host: "master_host", port: "master_port", to: []string{"cache", "db"}},
	{source: "redis", metrics: []string{"redis_connected_slave_lag_seconds"}, kind: model.Replicates, reverse: true, host: "slave_ip", port: "slave_port", to: []string{"cache", "db"}},
	{source: "mysql", metrics: []string{"mysql_slave_status_master_server_id", "mysql_slave_status_seconds_behind_master", "mysql_slave_status_seconds_behind_source"}, kind: model.Replicates, host: "master_host", to: []string{"db"}},
	{source: "kafka", metrics: []string{"kafka_consumergroup_lag"}, kind: model.Async, reverse: true, names: []string{"consumergroup"}, cap: 0.85},
	{
		source: "client metrics", metrics: []string{"dependency_request_duration_seconds_count"}, counter: true, kind: model.Calls,
		names: []string{"dependency"}, stranger: "external",
	},
	{
		source: "client metrics", metrics: []string{"http_client_request_duration_seconds_count"}, counter: true, kind: model.Calls,
		host: "server_address", port: "server_port", names: []string{"server_address"}, stranger: "external",
	},
	{
		source: "client metrics", metrics: []string{"http_client_requests_seconds_count"}, counter: true, kind: model.Calls,
		names: []string{"client_name"}, stranger: "external",
	},
	{
		source: "client metrics", metrics: []string{"db_client_operation_duration_seconds_count"}, counter: true, kind: model.Calls,
		host: "server_address", port: "server_port", names: []string{"server_address"}, database: "db_namespace", to: []string{"db", "cache", "search"}, stranger: "db",
	},
	{source: "client metrics", metrics: []string{"grpc_client_handled_total"}, counter: true, kind: model.Calls, grpc: "grpc_service"},
	{
		source: "pool", metrics: []string{"go_sql_open_connections"}, kind: model.Calls, database: "db_name", names: []string{"db_name"},
		to: []string{"db"}, open: "its database %s: which server holds it?",
	},
	{
		source: "pool", metrics: []string{"hikaricp_connections"}, kind: model.Calls, database: "pool", names: []string{"pool"},
		to: []string{"db"}, open: "its pool %s: which database does it lead to?",
	},
}

func (s *statement) question(i int) question {
	q := question{name: fmt.Sprintf("statement %d %s", i, s.metrics[0]), metrics: s.metrics, matchers: s.matchers, counter: s.counter, by: []string{}}
	for _, l := range append([]string{s.host, s.port, s.database, s.grpc}, s.names...) {
		if l != "" && !slices.Contains(q.by, l) {
			q.by = append(q.by, l)
		}
	}
	return q
}

// told adds the edges that targets state.
func (w *world) told() {
	unknown := map[openKey][]string{} // what was named and is not known
	for i := range statements {
		s := &statements[i]
		for _, r := range w.o.rows[s.question(i).name] {
			for _, e := range w.speakers(s, r) {
				found := w.others(s, r, e)
				for _, m := range found {
					w.connect(s.edge(e, m))
				}
				key := openKey{e, i}
				if v := s.said(r); len(found) == 0 && known(v) && !slices.Contains(unknown[key], v) {
					unknown[key] = append(unknown[key], v)
				}
			}
		}
	}
	for key, names := range unknown {
		s := &statements[key.statement]
		if s.open == "" || s.to != nil && w.needs(key.entity, s) {
			continue
		}
		slices.Sort(names)
		w.open = append(w.open, key.Name+": "+fmt.Sprintf(s.open, strings.Join(names[:min(len(names), maxOpen)], ", ")))
	}
}

// openKey is a component and a statement of it that leads nowhere.
type openKey struct {
	*entity
	statement int
}

// maxOpen is how many names an open question lists.
const maxOpen = 8

// edge is what a statement of e about another comes to.
func (s *statement) edge(e *entity, m match) Edge {
	edge := Edge{
		Dependency: model.Dependency{From: e.Name, To: m.Name, Kind: s.kind, Source: s.source, Confidence: m.confidence},
		Why:        s.metrics[0] + ": " + m.why,
	}
	if s.cap > 0 {
		edge.Confidence = min(edge.Confidence, s.cap)
	}
	if s.reverse {
		edge.From, edge.To = m.Name, e.Name
	}
	if edge.Confidence < Certain {
		edge.Confirm = m.confirm
	}
	return edge
}

// said is what a row names the other by.
func (s *statement) said(r row) string {
	var out []string
	for _, l := range append([]string{s.host, s.database}, s.names...) {
		if v := r.get(l); v != "" && !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	return strings.Join(out, " of ")
}

// needs tells whether a component already has an edge that may be the one that a statement is about.
func (w *world) needs(e *entity, s *statement) bool {
	for key, edge := range w.edges {
		to := one(w.named[strings.ToLower(key.to)], "", anybody)
		if key.from == e.Name && key.kind == s.kind && edge.Confidence >= Likely && to != nil && slices.Contains(s.to, to.Kind) {
			return true
		}
	}
	return false
}

// speakers are the components of the target that says it: of several at one target, those of the kind that it is about.
func (w *world) speakers(s *statement, r row) []*entity {
	var out []*entity
	for _, e := range w.owners(r) {
		if e.Kind != "host" && (!s.reverse || s.to == nil || slices.Contains(s.to, e.Kind)) {
			out = append(out, e)
		}
	}
	return out
}

// others finds whom a row is about: one, or all that it may be, each of them unlikely.
func (w *world) others(s *statement, r row, self *entity) []match {
	may := func(e *entity) bool {
		return e != self && notMachine(e) && e.Kind != "monitoring" && (s.to == nil || slices.Contains(s.to, e.Kind))
	}
	host, port := r.get(s.host), r.get(s.port)
	if h, p, err := net.SplitHostPort(host); err == nil {
		host, port = h, p
	}
	if m, ok := w.byAddressOf(host, port, may); ok {
		return []match{m}
	}
	if m, ok := w.byNameOf(host, self.namespace, may); ok {
		return []match{m}
	}
	var best match
	for _, l := range s.names {
		name := cleanName(r.get(l))
		m, ok := w.byNameOf(name, self.namespace, may)
		if !ok || m.confidence < byName {
			if at, found := w.byAddressOf(name, "", func(e *entity) bool { return may(e) && !e.stands }); found {
				m, ok = at, true
			}
		}
		if ok && m.confidence > best.confidence {
			m.why += " (label " + l + ")"
			best = m
		}
	}
	if best.entity != nil && best.confidence >= byName {
		return []match{best}
	}
	if list := w.offers(s, r, may); len(list) > 0 {
		return list
	}
	if best.entity != nil {
		return []match{best}
	}
	name := r.first(s.names...)
	if s.stranger == "" || !known(name) || net.ParseIP(name) != nil {
		return nil
	}
	return []match{{entity: w.create(name, "", s.stranger, "known from calls alone: "+s.metrics[0]), confidence: byName, why: "called by that name"}}
}

// cleanName takes off what proxies write around a service's name: outbound|8080||cart.shop.svc.cluster.local (Istio),
// shop@docker (Traefik).
func cleanName(name string) string {
	if i := strings.LastIndexByte(name, '|'); i >= 0 {
		name = name[i+1:]
	}
	name, _, _ = strings.Cut(name, "@")
	return name
}

// offers finds who holds the database or serves the gRPC service that a row names. Of several, each is a possibility.
func (w *world) offers(s *statement, r row, may func(*entity) bool) []match {
	service, database := r.get(s.grpc), r.get(s.database)
	var found []*entity
	sure, what := byName, "serving "+service
	switch {
	case service != "" && !strings.HasPrefix(service, "grpc."): // health checks and reflection are everybody's
		for _, o := range w.o.rows[askGRPC] {
			for _, e := range w.owners(o) {
				if o.get("grpc_service") == service && may(e) && !slices.Contains(found, e) {
					found = append(found, e)
				}
			}
		}
	case database != "":
		sure, what = byDatabase, "holding a database "+database
		for _, e := range w.entities {
			if slices.Contains(e.databases, database) && !e.replica && may(e) {
				found = append(found, e)
			}
		}
	}
	out := make([]match, len(found))
	for i, e := range found {
		out[i] = match{e, sure, "alone " + what, "that " + e.Name + " is the server that is connected to"}
		if len(found) > 1 {
			out[i].confidence, out[i].why = byOneOfMany, fmt.Sprintf("one of %d %s", len(found), what)
		}
	}
	return out
}

// byOneOfMany is less than Likely: which of them it is must be said.
const byOneOfMany = 0.4

// probed adds what is probed from outside and not scraped itself.
func (w *world) probed() {
	for _, r := range w.o.rows[askProbes] {
		instance := r.get("instance")
		host := hostOf(instance)
		if host == "" || len(w.on[host]) > 0 || len(w.named[strings.ToLower(shortHost(host))]) > 0 || len(w.named[strings.ToLower(host)]) > 0 {
			continue
		}
		e := w.create(host, "", "external", "probed by job "+r.get("job"))
		e.Selector = map[string]string{"job": r.get("job"), "instance": instance}
	}
}
