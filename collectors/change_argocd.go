package collectors

import (
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/diagnops/diagnops/engine/model"
)

// isApplication tells Argo CD's Application from other objects.
func isApplication(n *yaml.Node) bool {
	version := child(n, "apiVersion")
	return version != nil && strings.HasPrefix(version.Value, "argoproj.io/")
}

// argoTemplate reads what a notification of Argo CD sends with the template that we ask for: {"app": {{toJson .app}}},
// the whole Application, and optionally "url".
//
// Where that is too much, the template may write the name and the fields of the operation itself: {"app": "shop",
// "phase": "Succeeded", "started_at": "...", "revision": "...", "repository": "...", "namespace": "...", "url": "...",
// "notes": "..."}, of which app, started_at and revision must be there.
func (r *changeReader) argoTemplate(n *yaml.Node, path string) {
	var op argoOperation
	before := r.count()
	if app := child(n, "app"); app != nil && app.Kind == yaml.MappingNode {
		r.mapping(n, path, field{"app", true, op.application(r.fields)}, field{"url", false, r.textOrEmpty(&op.url)})
	} else {
		r.mapping(n, path,
			field{"app", true, r.name(&op.name)},
			field{"phase", false, r.phase(&op.phase)},
			field{"started_at", true, r.moment(&op.startedAt)},
			field{"revision", true, r.name(&op.revision)},
			field{"repository", false, r.textOrEmpty(&op.repository)},
			field{"namespace", false, r.textOrEmpty(&op.namespace)},
			field{"url", false, r.textOrEmpty(&op.url)},
			field{"notes", false, r.textOrEmpty(&op.notes)},
		)
	}
	r.tellOperation(n, before, &op)
}

// argoApplication reads a bare Application, as the cluster and Argo CD's API have it.
func (r *changeReader) argoApplication(n *yaml.Node, path string) {
	var op argoOperation
	before := r.count()
	op.application(r.fields)(n, path)
	r.tellOperation(n, before, &op)
}

// argoOperation is the last operation on an Application.
type argoOperation struct {
	name, namespace, repository, phase, revision, message, url, notes string
	startedAt                                                         time.Time
	labels                                                            map[string]string // of the Application
	history                                                           []string          // revisions deployed, oldest first
}

// application reads an Application: metadata, spec.source and status.operationState.
func (op *argoOperation) application(f *fields) func(*yaml.Node, string) {
	return f.object(
		field{"metadata", true, f.object(
			field{"name", true, f.name(&op.name)},
			field{"labels", false, f.textMap(&op.labels)},
		)},
		field{"spec", false, f.object(
			field{"source", false, f.object(field{"repoURL", false, f.textOrEmpty(&op.repository)})},
			field{"destination", false, f.object(field{"namespace", false, f.textOrEmpty(&op.namespace)})},
		)},
		field{"status", false, f.object(
			field{"operationState", false, f.object(
				field{"phase", true, f.phase(&op.phase)},
				field{"startedAt", true, f.moment(&op.startedAt)},
				field{"message", false, f.textOrEmpty(&op.message)},
				field{"syncResult", false, f.object(field{"revision", false, f.textOrEmpty(&op.revision)})},
			)},
			field{"history", false, func(n *yaml.Node, path string) {
				f.list(n, path, func(n *yaml.Node, path string) {
					revision := ""
					f.mapping(n, path, field{"revision", false, f.textOrEmpty(&revision)})
					op.history = append(op.history, revision)
				})
			}},
		)},
	)
}

// phase reads the phase of an operation.
func (f *fields) phase(dst *string) func(*yaml.Node, string) {
	return f.oneOf(dst, "Running", "Terminating", "Failed", "Error", "Succeeded")
}

// tellOperation makes a change of an operation: at its start, when resources begin to be replaced. Its phases are told
// under one key.
func (r *changeReader) tellOperation(n *yaml.Node, before int, op *argoOperation) {
	if r.count() > before {
		return
	}
	if op.startedAt.IsZero() {
		r.pass(n, "application "+op.name, "it was never synchronized")
		return
	}
	c := ToldChange{Format: FormatArgoCD, Change: model.Change{
		At: op.startedAt, Kind: model.ChangeDeploy, Component: op.name, From: op.previous(), To: op.revision, Link: op.url,
		Notes: op.notes, Title: "synchronization of " + op.name,
		ID: "argocd-" + op.name + "-" + strconv.FormatInt(op.startedAt.Unix(), 10),
	}}
	if op.phase == "Failed" || op.phase == "Error" {
		c.Title += " (" + strings.ToLower(op.phase) + ")"
		if c.Notes == "" {
			c.Notes = op.message
		}
	}
	for name, value := range op.labels {
		put(&c.Labels, name, value)
	}
	put(&c.Labels, "application", op.name)
	for name, value := range map[string]string{"repository": op.repository, "namespace": op.namespace, "state": op.phase} {
		if value != "" {
			put(&c.Labels, name, value)
		}
	}
	adopt(&c.Change)
	r.tell(before, c)
}

// previous is the revision that was deployed before, as far as the history tells.
func (op *argoOperation) previous() string {
	for i := len(op.history) - 1; i >= 0; i-- {
		if op.history[i] != op.revision {
			return op.history[i]
		}
	}
	return ""
}
