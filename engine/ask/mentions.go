package ask

import (
	"slices"
	"strings"

	"github.com/diagnops/diagnops/engine/model"
)

// mention is a place of the text that stands for a component.
type mention struct {
	at    int      // rune of the text
	word  string   // as written; "" for a name or an alias
	names []string // the components that it may be, sorted; none for a kind that no component has
	// The ways to be called, the surest first: by name, by a function that is served, by a kind.
	served, kind bool
}

// settle decides which component is asked about: the one mentioned first. A kind beside a component of that kind is the
// same component ("the database orders-db"). A word that may be several, or none, is asked back about when nothing else is
// mentioned, and unread beside something else.
func (a *Asked) settle(mentions []mention, components []model.Component) error {
	slices.SortStableFunc(mentions, func(x, y mention) int { return x.at - y.at })
	sure := slices.DeleteFunc(slices.Clone(mentions), func(m mention) bool { return len(m.names) != 1 })
	if len(sure) == 0 && len(mentions) > 0 {
		m := mentions[0]
		if len(m.names) == 0 {
			return &UnknownNameError{Name: m.word, Nearest: nearest(m.word, components)}
		}
		return &AmbiguousError{Word: m.word, Candidates: m.names}
	}
	for _, m := range mentions {
		if len(m.names) != 1 {
			if !slices.ContainsFunc(m.names, func(n string) bool { return mentioned(sure, n) }) && !slices.Contains(a.Unread, m.word) {
				a.Unread = append(a.Unread, m.word)
			}
			continue
		}
		name := m.names[0]
		switch {
		case a.Symptom.Component == "":
			a.Symptom.Component, a.CalledBy, a.Served = name, m.word, m.served
		case name == a.Symptom.Component:
			if m.word == "" { // its own name says more than its kind
				a.CalledBy, a.Served = "", false
			}
		case m.kind && mentioned(sure, name):
		case !slices.Contains(a.Others, name):
			a.Others = append(a.Others, name)
		}
	}
	return nil
}

// mentioned tells whether a component is mentioned by its name.
func mentioned(mentions []mention, name string) bool {
	return slices.ContainsFunc(mentions, func(m mention) bool { return m.word == "" && m.names[0] == name })
}

// kindWords are what people call the components of a kind; Korean ones may stand for the kinds as well. A component that
// is called so by name or alias is found before.
var kindWords = []struct {
	kinds []string // of the topology, in lower case
	words []string
}{
	{
		[]string{"db", "database", "rdbms", "postgres", "postgresql", "mysql", "mariadb"},
		[]string{"database", "databases", "db", "dbs", "데이터베이스", "디비"},
	},
	{
		[]string{"lb", "loadbalancer", "load-balancer", "load_balancer", "haproxy"},
		[]string{"load balancer", "load-balancer", "loadbalancer", "balancer", "lb", "로드밸런서", "로드 밸런서"},
	},
	{[]string{"disk", "volume", "storage"}, []string{"disk", "disks", "storage", "디스크", "볼륨", "스토리지"}},
	{[]string{"host", "vm", "machine"}, []string{"host", "hosts", "machine", "호스트"}},
	{[]string{"cache", "redis", "memcached"}, []string{"cache", "캐시"}},
	{[]string{"queue", "broker", "kafka", "rabbitmq"}, []string{"queue", "message queue", "broker", "큐", "메시지 큐"}},
	{[]string{"network"}, []string{"network", "네트워크"}},
	{[]string{"gateway"}, []string{"gateway", "게이트웨이"}},
}

// spokenNames are Korean words for components and functions that are commonly named in English.
var spokenNames = []struct {
	word  string
	names []string // in lower case
}{
	{"메일", []string{"mail", "email", "mailer", "smtp"}},
	{"결제", []string{"payment", "payments", "pay", "billing"}},
	{"주문", []string{"order", "orders"}},
	{"장바구니", []string{"cart", "basket"}},
	{"검색", []string{"search"}},
	{"인증", []string{"auth"}},
	{"로그인", []string{"login", "auth"}},
	{"상품", []string{"product", "products", "catalogue", "catalog"}},
	{"재고", []string{"inventory", "stock"}},
	{"배송", []string{"shipping", "delivery"}},
	{"알림", []string{"notification", "notifications"}},
	{"웹", []string{"web"}},
	{"프론트", []string{"front", "frontend", "front-end"}},
	{"프록시", []string{"proxy"}},
}

// findKinds returns what the text calls by its kind, or by the Korean word for its name, and takes it out.
func findKinds(t *text, components []model.Component) []mention {
	var out []mention
	for _, k := range kindWords {
		names := namesOf(components, func(c *model.Component) bool { return slices.Contains(k.kinds, strings.ToLower(c.Kind)) })
		for _, w := range k.words {
			out = append(out, t.findWord(w, mention{names: names, kind: true})...)
		}
	}
	for _, s := range spokenNames {
		names := namesOf(components, func(c *model.Component) bool {
			return slices.ContainsFunc(s.names, c.Called)
		})
		if len(names) > 0 {
			out = append(out, t.findWord(s.word, mention{names: names})...)
		}
	}
	return out
}

// namesOf lists the components that one of them is, sorted.
func namesOf(components []model.Component, is func(*model.Component) bool) []string {
	var names []string
	for i := range components {
		if is(&components[i]) {
			names = append(names, components[i].Name)
		}
	}
	slices.Sort(names)
	return names
}

// findWord returns a mention for every place where a word stands by itself, as m, and takes it out of the text.
func (t *text) findWord(w string, m mention) []mention {
	var out []mention
	folded := foldString(w)
	for i := 0; i < len(t.low); i++ {
		if !t.startsWord(i) {
			continue
		}
		end, ok := t.matchAt(i, folded)
		if !ok || !t.endsWord(end) || !t.free(i, end) {
			continue
		}
		// A part of a made word, such as "queue" in "queue_depth", is none of ours.
		if i > 0 && joint(t.low[i-1]) || end < len(t.low) && joint(t.low[end]) && end+1 < len(t.low) && word(t.low[end+1]) {
			continue
		}
		t.take(i, end)
		m.at, m.word = i, string(t.raw[i:end])
		out = append(out, m)
		i = end - 1
	}
	return out
}

// findFunctions returns the functions that the text names, each standing for the outermost component on the way to those
// that serve it: that is where its users feel it.
func findFunctions(t *text, topology *model.Topology) []mention {
	servers := map[string][]string{}
	for i := range topology.Components {
		c := &topology.Components[i]
		for _, f := range c.Serves {
			servers[f] = append(servers[f], c.Name)
		}
	}
	functions := make([]string, 0, len(servers))
	for f := range servers {
		functions = append(functions, f)
	}
	slices.SortFunc(functions, func(a, b string) int { // the longest first: "checkout page" before "checkout"
		if d := len(b) - len(a); d != 0 {
			return d
		}
		return strings.Compare(a, b)
	})
	var out []mention
	for _, f := range functions {
		if commonWord(foldString(f)) {
			continue
		}
		m := mention{names: outermost(topology, servers[f]), served: true}
		out = append(out, t.findWord(f, m)...)
		for _, s := range spokenNames {
			if slices.Contains(s.names, strings.ToLower(f)) {
				out = append(out, t.findWord(s.word, m)...)
			}
		}
	}
	return out
}

// outermost returns the one component, nearest to the users, that all of the servers are called through; a server itself
// counts. Users themselves and watchers (external, probe) are none. Where it is not one, it is the servers, sorted.
func outermost(topology *model.Topology, servers []string) []string {
	calls := func(d model.Dependency) bool {
		if d.Kind != model.Calls && d.Kind != model.Async {
			return false
		}
		c := topology.Component(d.From)
		return c == nil || !slices.Contains([]string{"external", "probe", "client", "user"}, strings.ToLower(c.Kind))
	}
	above := func(name string) []string { // name and whoever calls it, near ones first
		seen := []string{name}
		for i := 0; i < len(seen); i++ {
			for _, d := range topology.Dependencies {
				if d.To == seen[i] && calls(d) && !slices.Contains(seen, d.From) {
					seen = append(seen, d.From)
				}
			}
		}
		return seen
	}
	common := above(servers[0])
	for _, s := range servers[1:] {
		up := above(s)
		common = slices.DeleteFunc(common, func(n string) bool { return !slices.Contains(up, n) })
	}
	top := slices.DeleteFunc(slices.Clone(common), func(n string) bool {
		return slices.ContainsFunc(topology.Dependencies, func(d model.Dependency) bool {
			return d.To == n && d.From != n && calls(d)
		})
	})
	if len(top) == 1 {
		return top
	}
	out := slices.Clone(servers)
	slices.Sort(out)
	return slices.Compact(out)
}
