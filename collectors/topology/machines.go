package topology

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/diagnops/diagnops/engine/model"
)

// disk is a block device of a machine that something is mounted from, or that works.
type disk struct {
	*entity
	host   *entity
	mounts []string
}

// busyShare is the share of time in which a device without a file system must have worked to be told of: less than that is a
// probe at boot.
const busyShare = 0.01

// notStored are file systems that are not on a device of the machine, or hold nothing that a service waits for.
var notStored = []string{"tmpfs", "ramfs", "overlay", "squashfs", "iso9660", "devtmpfs", "autofs", "nfs", "nfs4", "vfat"}

// machines completes the hosts and adds their disks.
func (w *world) machines() {
	w.hosts = map[string]*entity{}
	labels := map[string]model.Labels{}
	for _, r := range w.o.rows[askNodes] {
		labels[r.get("node")] = r.labels
	}
	mounts, devices := w.mounts(), w.o.byTarget(askDisks)
	for _, e := range slices.Clone(w.entities) {
		if e.Kind != "host" {
			continue
		}
		for _, n := range append([]string{e.Name, hostOf(e.targets[0].instance)}, e.names...) {
			if w.hosts[n] == nil {
				w.hosts[n] = e
			}
			if ls, ok := labels[n]; ok && e.Domain == nil {
				e.Domain = domainOf([]model.Labels{ls})
			}
		}
		for _, n := range e.targets[0].labels {
			if slices.Contains(nodeLabels, n.Name) && w.hosts[n.Value] == nil {
				w.hosts[n.Value] = e
			}
		}
		w.disksOf(e, devices[targetKey{e.targets[0].job, e.targets[0].instance}], mounts)
	}
}

// volume is a device as one exporter knows it.
type volume struct {
	targetKey
	device string
}

// mounts are the mount points of each device, file systems that are held elsewhere left out.
func (w *world) mounts() map[volume][]string {
	known := map[volume]bool{}
	for _, r := range w.o.rows[askDisks] {
		known[volume{keyOf(r), r.get("device")}] = true
	}
	mapped := map[volume]string{}
	for _, r := range w.o.rows[askMappers] {
		mapped[volume{keyOf(r), r.get("name")}] = r.get("device")
	}
	out := map[volume][]string{}
	for _, r := range w.o.rows[askFilesystems] {
		if slices.Contains(notStored, r.get("fstype")) || strings.HasPrefix(r.get("mountpoint"), "/boot") {
			continue
		}
		v := volume{keyOf(r), strings.TrimPrefix(r.get("device"), "/dev/")}
		if name, ok := strings.CutPrefix(v.device, "mapper/"); ok {
			v.device = mapped[volume{v.targetKey, name}]
		}
		if !known[v] {
			v.device = wholeDevice(v.device)
		}
		if known[v] {
			out[v] = append(out[v], r.get("mountpoint"))
		}
	}
	for v := range out {
		slices.Sort(out[v])
	}
	return out
}

// Partitions are numbered: with a p between where the device's own name ends in a digit (nvme0n1p2), else without (sda1).
var (
	partitionP = regexp.MustCompile(`^(.*\d)p\d+$`)
	partition  = regexp.MustCompile(`^([a-z]+)\d+$`)
)

// wholeDevice is the device that a partition is on.
func wholeDevice(name string) string {
	for _, r := range []*regexp.Regexp{partitionP, partition} {
		if m := r.FindStringSubmatch(name); m != nil {
			return m[1]
		}
	}
	return name
}

// disksOf adds the disks of a host.
func (w *world) disksOf(host *entity, devices []row, mounts map[volume][]string) {
	for _, r := range devices {
		device := r.get("device")
		mounted := mounts[volume{keyOf(r), device}]
		if len(mounted) == 0 && r.value < busyShare {
			continue
		}
		found := fmt.Sprintf("device %s of %s", device, host.Name)
		if len(mounted) > 0 {
			found += ", mounted on " + strings.Join(mounted[:min(len(mounted), maxMounts)], ", ")
		}
		selector := map[string]string{"device": device}
		for n, v := range host.Selector {
			selector[n] = v
		}
		e := &entity{namespace: host.namespace, Component: Component{
			Component: model.Component{Name: host.Name + "-" + device, Kind: "disk", Selector: selector, Domain: host.Domain},
			Found:     found, Seen: w.o.At,
		}}
		w.entities = append(w.entities, e)
		w.disks = append(w.disks, &disk{e, host, mounted})
	}
}

// maxMounts is how many mount points of a disk are named.
const maxMounts = 3

// hostNamed is the machine that a label or an address names.
func (w *world) hostNamed(name string) *entity {
	if e := w.hosts[name]; e != nil {
		return e
	}
	return w.hosts[shortHost(name)]
}

// placed adds where things run and what they are stored on.
func (w *world) placed() {
	for _, e := range slices.Clone(w.entities) {
		if e.Kind == "disk" || e.Kind == "host" || e.Kind == "external" {
			continue
		}
		for _, host := range w.runsOn(e) {
			w.stored(e, host)
		}
	}
	for _, d := range w.disks {
		if slices.Contains(d.mounts, "/") {
			w.connect(Edge{
				Dependency: model.Dependency{From: d.host.Name, To: d.Name, Kind: model.StoredOn, Source: "node_exporter", Confidence: 0.95},
				Why:        "mounted on /",
			})
		}
	}
}

// runsOn adds the machines of a component and returns them.
func (w *world) runsOn(e *entity) []*entity {
	var out []*entity
	found := func(host *entity, edge Edge) {
		if host == nil || slices.Contains(out, host) {
			return
		}
		out = append(out, host)
		edge.From, edge.To, edge.Kind = e.Name, host.Name, model.RunsOn
		w.connect(edge)
	}
	for _, node := range e.nodes {
		found(w.hostNamed(node), Edge{Dependency: model.Dependency{Source: "labels", Confidence: 0.95}, Why: "its labels name the node " + node})
	}
	if len(out) > 0 {
		return out
	}
	for _, a := range e.addresses {
		found(w.hostNamed(hostOf(a)), Edge{Dependency: model.Dependency{Source: "address", Confidence: 0.9}, Why: a + " is an address of it"})
	}
	if !e.stands || len(out) > 0 {
		return out
	}
	for _, t := range e.targets {
		found(w.hostNamed(hostOf(t.instance)), Edge{
			Dependency: model.Dependency{Source: "address", Confidence: 0.6},
			Why:        "its exporter " + t.instance + " runs there",
			Confirm:    "an exporter need not run where the thing itself does",
		})
	}
	return out
}

// stores are the kinds of components that wait for their disks.
var stores = []string{"db", "queue", "search"}

// stored adds the disk of a component that keeps data. Which one is rarely stated: mount points are told by their names, else it
// is the only disk there is.
func (w *world) stored(e, host *entity) {
	if !slices.Contains(stores, e.Kind) {
		return
	}
	var own, named []*disk
	for _, d := range w.disks {
		if d.host != host || len(d.mounts) == 0 {
			continue
		}
		own = append(own, d)
		if slices.ContainsFunc(d.mounts, func(m string) bool { return w.dataOf(e, m) }) {
			named = append(named, d)
		}
	}
	edge := Edge{Dependency: model.Dependency{From: e.Name, Kind: model.StoredOn, Source: "node_exporter"}}
	edge.Confirm = "where its data directory is"
	switch {
	case len(named) == 1:
		own, edge.Confidence, edge.Why = named, 0.75, "mounted where its data usually is"
	case len(own) == 1:
		edge.Confidence, edge.Why = 0.7, "the only disk of "+host.Name+" with a file system"
	default:
		edge.Confidence, edge.Why = 0.3, "one of the disks of "+host.Name
	}
	for _, d := range own {
		edge.To = d.Name
		w.connect(edge)
	}
}

// dataOf tells whether a mount point is named after what a component is.
func (w *world) dataOf(e *entity, mount string) bool {
	for i := range w.o.Products {
		p := &w.o.Products[i]
		if p.Kind != e.Kind || !strings.HasPrefix(e.Found, p.Name) {
			continue
		}
		for _, word := range append([]string{p.Name}, p.Words...) {
			if strings.Contains(strings.ToLower(mount), word) {
				return true
			}
		}
	}
	return false
}
