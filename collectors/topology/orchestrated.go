package topology

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/diagnops/diagnops/engine/model"
)

type podKey struct{ namespace, pod string }

// workload is what Kubernetes keeps running: a deployment, a stateful set, a lone pod.
type workload struct {
	namespace, name, kind string
	pods, nodes           []string
}

// orchestrated makes components of the workloads that kube-state-metrics knows: those that are scraped get their names and
// nodes, the others become components of their own.
func (w *world) orchestrated() {
	w.pods = map[podKey]*entity{}
	scraped := map[podKey]*target{}
	for _, t := range w.targets {
		if pod := t.get("pod"); pod != "" && !(t.sidecar && len(t.owners) == 0) {
			scraped[podKey{t.get("namespace"), pod}] = t
		}
	}
	for _, wl := range w.workloads() {
		e, observes := scrapedAs(wl, scraped)
		if observes {
			continue
		}
		if e == nil {
			e = w.unscraped(wl)
			w.entities = append(w.entities, e)
		}
		e.names = append(e.names, wl.name)
		e.nodes = append(e.nodes, wl.nodes...)
		if e.Replicas == 0 && len(wl.pods) > 1 {
			e.Replicas = len(wl.pods)
		}
		for _, pod := range wl.pods {
			w.pods[podKey{wl.namespace, pod}] = e
		}
	}
}

// workloads lists those that have pods, by namespace and name.
func (w *world) workloads() []*workload {
	owners := map[[2]string]row{}
	for _, r := range w.o.rows[askReplicaSets] {
		owners[[2]string{r.get("namespace"), r.get("replicaset")}] = r
	}
	byKey := map[[3]string]*workload{}
	var out []*workload
	for _, r := range w.o.rows[askPods] {
		kind, name := r.get("created_by_kind"), r.get("created_by_name")
		if kind == "ReplicaSet" {
			if owner, ok := owners[[2]string{r.get("namespace"), name}]; ok && owner.get("owner_name") != "" {
				kind, name = owner.get("owner_kind"), owner.get("owner_name")
			}
		}
		if kind == "Job" {
			continue // it ends; a component is what stays
		}
		if name == "" || name == "<none>" || kind == "Node" {
			kind, name = "Pod", r.get("pod")
		}
		key := [3]string{r.get("namespace"), kind, name}
		wl := byKey[key]
		if wl == nil {
			wl = &workload{namespace: key[0], kind: kind, name: name}
			byKey[key] = wl
			out = append(out, wl)
		}
		wl.pods = append(wl.pods, r.get("pod"))
		if node := r.get("node"); node != "" {
			wl.nodes = append(wl.nodes, node)
		}
	}
	slices.SortFunc(out, func(a, b *workload) int {
		return strings.Compare(a.namespace+"/"+a.name+"/"+a.kind, b.namespace+"/"+b.name+"/"+b.kind)
	})
	return out
}

// scrapedAs is the component whose target is a pod of the workload. A workload whose pods only tell of others, of machines
// for example, observes.
func scrapedAs(wl *workload, scraped map[podKey]*target) (e *entity, observes bool) {
	for _, pod := range wl.pods {
		t := scraped[podKey{wl.namespace, pod}]
		if t == nil {
			continue
		}
		observes = observes || t.observes
		for _, e := range t.owners {
			if e.Kind != "host" {
				return e, false
			}
			observes = true
		}
	}
	return nil, observes
}

// unscraped is a component of a workload that is measured from outside alone.
func (w *world) unscraped(wl *workload) *entity {
	e := &entity{namespace: wl.namespace, Component: Component{
		Component: model.Component{Name: wl.name, Kind: "app"}, Seen: w.o.At,
		Found: fmt.Sprintf("%s %s in namespace %s", strings.ToLower(wl.kind), wl.name, wl.namespace),
	}}
	container, image := w.containerOf(wl)
	if container != "" {
		e.Selector = map[string]string{"namespace": wl.namespace, "container": container}
	} else if len(wl.pods) == 1 {
		e.Selector = map[string]string{"namespace": wl.namespace, "pod": wl.pods[0]}
	}
	if p := w.productOfImage(image); p != nil {
		e.Kind = p.Kind
		e.Found += ", image " + image
	}
	return e
}

// containerOf is the container that does a workload's work: its only one, or the one of its name.
func (w *world) containerOf(wl *workload) (name, image string) {
	images := map[string]string{}
	for _, r := range w.o.rows[askContainers] {
		if r.get("namespace") == wl.namespace && slices.Contains(wl.pods, r.get("pod")) {
			images[r.get("container")] = r.get("image")
		}
	}
	if image, ok := images[wl.name]; ok {
		return wl.name, image
	}
	if len(images) == 1 {
		for name, image := range images {
			return name, image
		}
	}
	return "", ""
}

// productOfImage is the product that an image is named after: docker.io/library/redis:7 after redis.
func (w *world) productOfImage(image string) *Product {
	base := path.Base(strings.ToLower(image))
	base, _, _ = strings.Cut(base, "@")
	base, _, _ = strings.Cut(base, ":")
	for i := range w.o.Products {
		p := &w.o.Products[i]
		if p.Kind != "" && base != "" && (base == p.Name || slices.Contains(p.Words, base)) {
			return p
		}
	}
	return nil
}
