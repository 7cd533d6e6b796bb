package plan

import (
	"cmp"
	"slices"
	"strings"

	"github.com/diagnops/diagnops/engine/model"
	"github.com/diagnops/diagnops/engine/topo"
)

// Examine looks for what would fail together, what has no second, and where the rest could not carry the peak.
func Examine(g *topo.Graph, traffic Traffic) model.Audit {
	a := model.Audit{Fates: fates(g, traffic), Singles: singles(g), Tiers: tiers(g), Reserves: reserves(g, traffic), Unknown: unknowns(g)}
	return a
}

// domains are the failure domains of a component, "zone=a", with those of the machines it runs on.
func domains(g *topo.Graph, name string) []string {
	var out []string
	add := func(c *model.Component) {
		for k, v := range c.Domain {
			out = append(out, k+"="+v)
		}
	}
	add(g.Component(name))
	if hosts := g.Hosts(name); len(hosts) == 1 { // on several machines it is nowhere in particular
		add(g.Component(hosts[0]))
	}
	return sorted(out)
}

// fates are all failure domains, the one whose failure takes most functions and components first.
func fates(g *topo.Graph, traffic Traffic) []model.Fate {
	members := map[string][]string{}
	for _, name := range g.Names() {
		for _, d := range domains(g, name) {
			members[d] = append(members[d], name)
		}
	}
	out := []model.Fate{}
	for domain, inside := range members {
		out = append(out, fate(g, domain, inside, traffic))
	}
	slices.SortFunc(out, func(a, b model.Fate) int {
		return cmp.Or(
			cmp.Compare(len(b.Blast.Functions), len(a.Blast.Functions)),
			cmp.Compare(len(b.Blast.Lost)+len(b.Members), len(a.Blast.Lost)+len(a.Members)),
			strings.Compare(a.Domain, b.Domain))
	})
	return out
}

func fate(g *topo.Graph, domain string, inside []string, traffic Traffic) model.Fate {
	f := model.Fate{Domain: domain, Members: inside, Blast: Hit(g, inside, traffic), Blind: []string{}, Stuck: []string{}, Deployers: []string{}}
	gone := map[string]bool{}
	for _, name := range inside {
		gone[name] = true
		if deploys(g.Kind(name)) {
			f.Deployers = append(f.Deployers, name)
		}
	}
	for _, a := range f.Blast.Lost {
		gone[a.Component] = true
	}
	allGone := func(names []string) bool {
		return len(names) > 0 && !slices.ContainsFunc(names, func(n string) bool { return !gone[n] })
	}
	for _, name := range g.Names() {
		if gone[name] {
			continue
		}
		if allGone(watchers(g, name)) {
			f.Blind = append(f.Blind, name)
		}
		if allGone(controllers(g, name)) {
			f.Stuck = append(f.Stuck, name)
		}
	}
	return f
}

// deploys tells whether components of a kind put versions of others into service.
func deploys(kind string) bool {
	switch strings.ToLower(kind) {
	case "deploy", "deployer", "ci", "cd", "registry", "artifacts":
		return true
	}
	return false
}

// singles are components whose failure alone takes functions away, those that take most first. What has replicas fails as a
// whole only with what they share, which is a component or a domain of its own.
func singles(g *topo.Graph) []model.Single {
	out := []model.Single{}
	if !slices.ContainsFunc(g.Names(), func(name string) bool { return len(g.Component(name).Serves) > 0 }) {
		return out
	}
	for _, name := range g.Names() {
		c := g.Component(name)
		if c.Replicas > 1 {
			continue
		}
		lost := follow(g, []string{name}).functions()
		if len(lost) == 0 {
			continue
		}
		out = append(out, model.Single{Component: name, Functions: lost, Advice: doubling(c)})
	}
	slices.SortStableFunc(out, func(a, b model.Single) int { return cmp.Compare(len(b.Functions), len(a.Functions)) })
	return out
}

// doubling is what would make a component bearable to lose.
func doubling(c *model.Component) model.Message {
	switch kind := strings.ToLower(c.Kind); {
	case kind == "external":
		return model.Say("it is not ours to double: a short timeout, a fallback or parking what is for it keeps the rest alive")
	case model.IsMachine(kind):
		return model.Say("a second machine in another domain, with room for what runs here")
	case model.IsCache(kind):
		return model.Say("make those that use it bear its loss (limit what goes past it), or a replica that takes over")
	case model.PassThrough(kind):
		return model.Say("a second one behind a shared address")
	case kind == "db" || kind == "database":
		return model.Say("a standby elsewhere that takes over by itself, and a rehearsal of that")
	case kind == "disk" || kind == "volume" || kind == "storage":
		return model.Say("a mirror, and a replica of what is stored on it elsewhere")
	case kind == "queue" || kind == "broker":
		return model.Say("three members in three domains")
	}
	return model.Say("a second instance in another domain, and a balancer that leaves out the one that fails")
}

// tiers tells, for each function, which kinds on its way are doubled and which not.
func tiers(g *topo.Graph) []model.Tier {
	out := []model.Tier{}
	serving := map[string][]string{} // by function
	for _, name := range g.Names() {
		for _, f := range g.Component(name).Serves {
			serving[f] = append(serving[f], name)
		}
	}
	for f, names := range serving {
		out = append(out, tiersOf(g, f, names)...)
	}
	slices.SortFunc(out, func(a, b model.Tier) int {
		return cmp.Or(strings.Compare(a.Function, b.Function), strings.Compare(a.Kind, b.Kind))
	})
	return out
}

// tiersOf are the kinds of all that a function needs.
func tiersOf(g *topo.Graph, function string, serving []string) []model.Tier {
	byKind := map[string]*model.Tier{}
	met := map[string]bool{}
	for queue := serving; len(queue) > 0; queue = queue[1:] {
		name := queue[0]
		if met[name] {
			continue
		}
		met[name] = true
		for _, d := range g.Carriers(name) {
			if d.Kind != model.Async { // what is not waited for is no part of the way
				queue = append(queue, d.To)
			}
		}
		c := g.Component(name)
		t := byKind[c.Kind]
		if t == nil {
			t = &model.Tier{Function: function, Kind: c.Kind, Doubled: []string{}, Single: []string{}, Unknown: []string{}}
			byKind[c.Kind] = t
		}
		switch {
		case c.Replicas > 1 || hasSecond(g, name):
			t.Doubled = append(t.Doubled, name)
		case c.Replicas == 1:
			t.Single = append(t.Single, name)
		default:
			t.Unknown = append(t.Unknown, name)
		}
	}
	var out []model.Tier
	for _, t := range byKind {
		t.Doubled, t.Single, t.Unknown = sorted(t.Doubled), sorted(t.Single), sorted(t.Unknown)
		out = append(out, *t)
	}
	return out
}

// hasSecond tells whether something stands in for a component wherever it is needed.
func hasSecond(g *topo.Graph, name string) bool {
	needed := g.Dependents(name)
	s := spread{graph: g, lost: map[string]hit{name: {}}}
	for _, d := range needed {
		if d.Kind != model.Async && len(s.substitutes(d)) == 0 {
			return false
		}
	}
	return len(needed) > 0 || len(s.standbys(name)) > 0
}

// unknowns is what the topology would have to say for the audit to be whole.
func unknowns(g *topo.Graph) []model.Message {
	var noDomain, noReplicas []string
	serves := false
	for _, name := range g.Names() {
		c := g.Component(name)
		serves = serves || len(c.Serves) > 0
		if len(domains(g, name)) == 0 && c.Kind != "external" {
			noDomain = append(noDomain, name)
		}
		if c.Replicas == 0 && !hasSecond(g, name) && !model.IsMachine(c.Kind) && c.Kind != "external" {
			noReplicas = append(noReplicas, name)
		}
	}
	out := []model.Message{}
	if !serves {
		out = append(out, model.Say("no component says which functions it serves (serves), so what users lose is not known"))
	}
	if len(noDomain) > 0 {
		out = append(out, model.Say("no failure domain is given (domain) for %s", strings.Join(noDomain, ", ")))
	}
	if len(noReplicas) > 0 {
		out = append(out, model.Say("replicas are not given for %s: counted as one", strings.Join(noReplicas, ", ")))
	}
	return out
}
