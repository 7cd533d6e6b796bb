package collectors

import (
	"math"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/diagnops/diagnops/engine/model"
)

// github reads GitHub's webhook events "deployment" and "deployment_status". A deployment is planned until a status says
// that it runs; then it is a change at the time of the first such status. A status of waiting, or of a deployment that a
// later one replaced, is no change. What changed is the repository, unless the payload given to the deployment says
// component or service; it may say version and notes, too.
func (r *changeReader) github(n *yaml.Node, path string) {
	c := ToldChange{Format: FormatGitHub, Planned: true}
	var id int
	var sha, ref, environment, description, repository, fullName string
	before := r.count()
	r.mapping(n, path,
		field{"deployment", true, r.object(
			field{"id", true, r.integer(&id, 1, math.MaxInt)},
			field{"sha", true, r.name(&sha)},
			field{"ref", true, r.name(&ref)},
			field{"environment", true, r.name(&environment)},
			field{"description", false, r.textOrEmpty(&description)},
			field{"created_at", true, r.moment(&c.At)},
			field{"payload", false, r.githubPayload(&c.Change)},
		)},
		field{"repository", true, r.object(
			field{"name", true, r.name(&repository)}, field{"full_name", true, r.name(&fullName)},
		)},
	)
	state := r.githubStatus(n, path, &c)
	if r.count() > before {
		return
	}
	switch state {
	case "inactive", "pending", "queued", "waiting":
		r.pass(n, "deployment_status "+state, "nothing runs yet, or any more, that did not before")
		return
	}
	adopt(&c.Change)
	c = c.With(ToldChange{Planned: c.Planned, Change: model.Change{
		At: c.At, Component: repository, To: sha, Notes: description,
		Labels: map[string]string{"repository": fullName, "environment": environment, "ref": ref, "commit": sha},
	}})
	if c.Kind == "" {
		c.Kind = model.ChangeDeploy
	}
	c.Title = "deployment of " + ref + " to " + environment
	if state == "failure" || state == "error" {
		c.Title += " (" + state + ")"
	}
	c.ID = "github-" + strconv.Itoa(id)
	c.Key = strings.Join([]string{string(c.Format), fullName, c.ID}, "\x00")
	r.tell(before, c)
}

// githubStatus reads the status of a deployment, where there is one, and returns its state.
func (r *changeReader) githubStatus(n *yaml.Node, path string, c *ToldChange) (state string) {
	var began time.Time
	status := child(n, "deployment_status")
	if status == nil {
		return ""
	}
	r.mapping(status, join(path, "deployment_status"),
		field{"state", true, r.oneOf(&state,
			"error", "failure", "inactive", "in_progress", "pending", "queued", "success", "waiting")},
		field{"created_at", true, r.moment(&began)},
		field{"log_url", false, r.textOrEmpty(&c.Link)},
	)
	c.At, c.Planned = began, false
	put(&c.Labels, "state", state)
	return state
}

// githubPayload reads what was given to a deployment: an object is read for what it says of the change, a text is not.
func (r *changeReader) githubPayload(c *model.Change) func(*yaml.Node, string) {
	return func(n *yaml.Node, path string) {
		if n.Kind == yaml.MappingNode {
			r.labels(c)(n, path)
		}
	}
}
