package topology

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	prommodel "github.com/prometheus/common/model"

	"github.com/diagnops/diagnops/engine/model"
)

// Source is who is asked: a Prometheus, or a live window.
type Source interface {
	// MetricNames lists, sorted, the names of the metrics that have series in the interval.
	MetricNames(ctx context.Context, selector map[string]string, iv model.Interval) ([]string, error)
	// Query evaluates a PromQL expression at every point of the grid.
	Query(ctx context.Context, expr string, grid model.Grid) (model.Answer, error)
}

// Product is a server, exporter or library that is known by its metrics.
type Product struct {
	Name string
	// Kind is the kind of component that a target with its metrics is; "" = the metrics tell nothing of that (libraries).
	Kind string
	// Words are what the product is called in names of images, beside its Name.
	Words []string
	// Metrics are names, any of which tells that the product is there.
	Metrics []string
}

// fronted tells whether an exporter stands in front of the product: then there is a metric of one word and "up", by which the
// exporter says that it reaches what it tells of.
func (p *Product) fronted() bool {
	return slices.ContainsFunc(p.Metrics, func(m string) bool {
		word, ok := strings.CutSuffix(m, "_up")
		return ok && !strings.Contains(word, "_")
	})
}

// Options say when to look, how far back, and what for.
type Options struct {
	At       time.Time
	Window   time.Duration // calls within it count; default DefaultWindow
	Products []Product
}

// DefaultWindow is long enough for a caller that calls every half hour, and short enough that what was taken out of service
// yesterday does not come back.
const DefaultWindow = time.Hour

// Observed are the answers of a source, by question.
type Observed struct {
	At       time.Time
	Products []Product
	rows     map[string][]row
	// Unanswered are questions that the source refused, with its reason: too much at once, for example. What would have been
	// found by them is missing.
	Unanswered []string
}

// row is one series of an answer at the time of asking.
type row struct {
	labels model.Labels
	value  float64
}

func (r row) get(name string) string { return r.labels.Get(name) }

// first is the value of the first of the labels that has one.
func (r row) first(names ...string) string {
	for _, n := range names {
		if v := r.get(n); v != "" {
			return v
		}
	}
	return ""
}

// byTarget are the answers to a question by the target that they come from.
func (o *Observed) byTarget(question string) map[targetKey][]row {
	out := map[targetKey][]row{}
	for _, r := range o.rows[question] {
		out[keyOf(r)] = append(out[keyOf(r)], r)
	}
	return out
}

// question is what a source is asked: once, when one of its metrics exists.
type question struct {
	name    string
	metrics []string
	// by are the labels of the answer beside job and instance; nil = all labels that the series have.
	by []string
	// matchers narrow the series: `direction="outbound"`.
	matchers string
	// counter: the metrics count, and only those count that moved within the window.
	counter bool
	// apart: the labels do not include job and instance, of those who measured.
	apart bool
}

// The questions whose answers are looked at by name; those of tables are named by their place in them.
const (
	askTargets     = "targets"
	askHosts       = "hosts"
	askFilesystems = "filesystems"
	askDisks       = "disks"
	askMappers     = "mappers"
	askServers     = "servers"
	askDatabases   = "databases"
	askReplicas    = "replicas"
	askGRPC        = "grpc"
	askPods        = "pods"
	askReplicaSets = "replicasets"
	askContainers  = "containers"
	askNodes       = "nodes"
	askListeners   = "listeners"
	askProbes      = "probes"
)

var questions = []question{
	{name: askTargets, metrics: []string{"up"}},
	{name: askHosts, metrics: []string{"node_uname_info"}, by: []string{"nodename"}},
	{name: askFilesystems, metrics: []string{"node_filesystem_size_bytes"}, by: []string{"device", "mountpoint", "fstype"}},
	{name: askDisks, metrics: []string{"node_disk_io_time_seconds_total"}, by: []string{"device"}},
	{name: askMappers, metrics: []string{"node_disk_device_mapper_info"}, by: []string{"device", "name"}},
	{name: askServers, metrics: []string{"pg_static"}, by: []string{"server"}},
	{name: askDatabases, metrics: []string{"pg_stat_database_xact_commit", "pg_stat_database_xact_commit_total"}, by: []string{"datname"}},
	{name: askReplicas, metrics: []string{"pg_replication_is_replica"}},
	{name: askGRPC, metrics: []string{"grpc_server_handled_total"}, by: []string{"grpc_service"}},
	{name: askPods, metrics: []string{"kube_pod_info"}, by: []string{"namespace", "pod", "node", "pod_ip", "created_by_kind", "created_by_name"}, apart: true},
	{name: askReplicaSets, metrics: []string{"kube_replicaset_owner"}, by: []string{"namespace", "replicaset", "owner_kind", "owner_name"}, apart: true},
	{name: askContainers, metrics: []string{"kube_pod_container_info"}, by: []string{"namespace", "pod", "container", "image"}, apart: true},
	{name: askNodes, metrics: []string{"kube_node_labels"}},
	{name: askListeners, metrics: []string{"container_net_tcp_listen_info"}, by: []string{"container_id", "listen_addr"}, apart: true},
	{name: askProbes, metrics: []string{"probe_success"}},
}

// productQuestion is the name of the question which targets have a product.
func productQuestion(name string) string { return "product " + name }

// all lists every question.
func (o Options) all() []question {
	out := slices.Clone(questions)
	for _, p := range slices.Concat(o.Products, observers, sidecars) {
		out = append(out, question{name: productQuestion(p.Name), metrics: p.Metrics, by: []string{}})
	}
	for i := range measuredCalls {
		out = append(out, measuredCalls[i].question(i))
	}
	for i := range statements {
		out = append(out, statements[i].question(i))
	}
	return out
}

// Ask puts every question whose metrics exist to the source. The error is that of the first one, which lists the metrics, or
// the context's; a single question that is refused is noted in Unanswered.
func Ask(ctx context.Context, src Source, opts Options) (*Observed, error) {
	if opts.Window <= 0 {
		opts.Window = DefaultWindow
	}
	names, err := src.MetricNames(ctx, nil, model.Interval{From: opts.At.Add(-opts.Window), To: opts.At})
	if err != nil {
		return nil, fmt.Errorf("looking for metrics: %w", err)
	}
	o := &Observed{At: opts.At, Products: opts.Products, rows: map[string][]row{}}
	now := model.Grid{Step: time.Second, Spans: []model.Span{{StartMillis: opts.At.UnixMilli(), N: 1}}}
	for _, q := range opts.all() {
		expr := q.expr(names, opts.Window)
		if expr == "" {
			continue
		}
		ans, err := src.Query(ctx, expr, now)
		switch {
		case ctx.Err() != nil:
			return nil, err
		case err != nil:
			o.Unanswered = append(o.Unanswered, fmt.Sprintf("%s: %v", q.name, err))
			continue
		}
		for _, s := range ans.Series {
			if v := s.Values[0]; !model.IsGap(v) {
				o.rows[q.name] = append(o.rows[q.name], row{s.Labels.Without(model.MetricName), v})
			}
		}
	}
	return o, nil
}

// expr writes the question as PromQL, "" when none of its metrics exists.
func (q question) expr(names []string, window time.Duration) string {
	by := q.by
	if !q.apart {
		by = append([]string{"job", "instance"}, by...)
	}
	var parts []string
	for _, metric := range q.metrics {
		if _, exists := slices.BinarySearch(names, metric); !exists {
			continue
		}
		selector := metric
		if q.matchers != "" {
			selector += "{" + q.matchers + "}"
		}
		switch {
		case q.by == nil:
			parts = append(parts, selector)
		case q.name == askDisks:
			parts = append(parts, fmt.Sprintf("sum by (%s) (rate(%s[%s]))", strings.Join(by, ", "), selector, prommodel.Duration(window)))
		case q.counter:
			parts = append(parts, fmt.Sprintf("sum by (%s) (increase(%s[%s])) > 0", strings.Join(by, ", "), selector, prommodel.Duration(window)))
		default:
			parts = append(parts, fmt.Sprintf("group by (%s) (%s)", strings.Join(by, ", "), selector))
		}
	}
	return strings.Join(parts, " or ")
}
