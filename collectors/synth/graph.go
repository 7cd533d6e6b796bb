package synth

import (
	"math"
	"math/rand/v2"
	"slices"
)

// role is what a component does in the model.
type role uint8

const (
	roleEntry role = iota
	roleApp
	roleWorker // takes messages from a queue
	roleQueue
	roleCache
	roleDB
	roleExternal
	roleDisk
	roleHost
	numRoles
)

// node is a component with the parameters of its physics. Times are seconds, rates are a second.
type node struct {
	name     string
	role     role
	kind     string // of the topology
	product  int    // which entry it mainly serves
	tier     int
	replicas int
	domain   map[string]string
	calls    []int // edges out, in the order of drawing
	callers  []int // edges in
	host     int   // -1 = none known
	disk     int   // of databases; -1 = none
	queue    int   // of workers

	cpu     float64 // processor time a request
	extra   float64 // other time a request, on no resource that is modelled
	cores   float64 // processor limit of all replicas; of a host, what it has
	workers float64 // threads of all replicas; +Inf = no bound
	ownErr  float64 // share of requests that fail without a cause
	rate    float64 // usual load
	other   float64 // of hosts: cores that nothing in the topology takes

	ios       float64 // of databases: IOs a request
	iops      float64 // of volumes: the cap
	lockShare float64 // of databases: share of requests that need the one contended lock
	lockHold  float64 // and how long each holds it
	hit       float64 // of caches: usual hit ratio
	heap      float64 // bytes of all replicas
	live      float64 // usual share of heap in use
	gcCost    float64 // garbage collection's share of time is gcCost x live / (1 - live)
}

// edge is a call, or the use of a queue.
type edge struct {
	from, to int
	async    bool
	back     bool    // closes a cycle: load and latency go over it a step late
	weight   float64 // calls a request of the caller; of a balancer, the share of its requests
	cache    int     // the cache whose misses the call serves; -1 = none
	cached   float64 // share of these calls that the cache may answer
	timeout  float64
	retries  int
	pool     float64 // connections; +Inf = no bound
	net      float64 // round trip
	use      float64 // usual number of connections in use
}

// graph is what is there before load and faults.
type graph struct {
	nodes   []node
	edges   []edge
	order   []int // of everything that serves requests: callers first
	entries []int
	base    []float64 // usual load of each entry
}

// shares of the components, beside entries and applications.
var shares = []struct {
	role  role
	share float64
	from  int // the number of components from which there is at least one
}{
	{roleDB, 0.09, 4},
	{roleDisk, 0.06, 5},
	{roleHost, 0.12, 7},
	{roleCache, 0.06, 8},
	{roleExternal, 0.05, 9},
	{roleQueue, 0.03, 12},
	{roleWorker, 0.03, 12},
}

// kinds of the topology, by role.
var kinds = [numRoles]string{"lb", "app", "worker", "queue", "cache", "db", "external", "disk", "host"}

// perEntry is how many components share one entry: about as many as one team's product has.
const perEntry = 60

// builder draws a graph.
type builder struct {
	*graph
	rng    *rand.Rand
	byRole [numRoles][]int
	behind map[int]int // cache -> database
}

func newGraph(o Options) *graph {
	b := builder{graph: &graph{}, rng: stream(o.Seed, streamGraph)}
	b.components(o.Components)
	b.name(o.NameSeed)
	b.tiers()
	b.callStores()
	b.cycles()
	b.sort()
	b.place()
	b.loads()
	return b.graph
}

func (b *builder) components(n int) {
	entries := max(1, n/perEntry)
	counts := [numRoles]int{roleEntry: entries}
	rest := n - entries
	for _, s := range shares {
		if n >= s.from {
			counts[s.role] = max(1, int(math.Round(s.share*float64(n))))
			rest -= counts[s.role]
		}
	}
	counts[roleApp] = rest
	for r := range numRoles {
		for i := range counts[r] {
			b.byRole[r] = append(b.byRole[r], len(b.nodes))
			b.nodes = append(b.nodes, node{
				role: r, kind: kinds[r], product: i % entries, host: -1, disk: -1, queue: -1, replicas: 1,
				workers: math.Inf(1), domain: map[string]string{"zone": string(rune('a' + b.rng.IntN(3)))},
			})
		}
	}
	b.entries = b.byRole[roleEntry]
	for _, i := range b.byRole[roleEntry] {
		if b.rng.IntN(4) == 0 {
			b.nodes[i].kind = "gateway"
		}
	}
}

// name gives every component a name; the order of the components, not their names, decides everything else.
func (b *builder) name(seed uint64) {
	names := newNamer(seed)
	for i := range b.nodes {
		b.nodes[i].name = names.next()
	}
}

// call adds an edge unless there is one.
func (b *builder) call(e edge) {
	for _, k := range b.nodes[e.from].calls {
		if b.edges[k].to == e.to {
			return
		}
	}
	e.net = between(b.rng, 0.0002, 0.001)
	k := len(b.edges)
	b.edges = append(b.edges, e)
	b.nodes[e.from].calls = append(b.nodes[e.from].calls, k)
	b.nodes[e.to].callers = append(b.nodes[e.to].callers, k)
}

// maxTiers and maxFirst bound the depth of calls and how many applications a balancer spreads requests over.
const (
	maxTiers = 4
	maxFirst = 3
)

// tiers joins balancers and applications.
func (b *builder) tiers() {
	for p, entry := range b.entries {
		var apps []int
		for _, i := range b.byRole[roleApp] {
			if b.nodes[i].product == p {
				apps = append(apps, i)
			}
		}
		first := clampInt(1+len(apps)/12, 1, maxFirst)
		depth := clampInt(1+len(apps)/5, 1, maxTiers)
		byTier := make([][]int, depth)
		for k, i := range apps {
			tier := 0
			if k >= first && depth > 1 {
				tier = 1 + (k-first)%(depth-1)
			}
			b.nodes[i].tier = tier + 1
			byTier[tier] = append(byTier[tier], i)
		}
		total := 0.0
		for _, i := range byTier[0] {
			w := between(b.rng, 0.5, 1.5)
			total += w
			b.call(edge{from: entry, to: i, weight: w, cache: -1, timeout: 10, retries: b.rng.IntN(2), pool: math.Inf(1)})
		}
		for _, k := range b.nodes[entry].calls {
			b.edges[k].weight /= total
		}
		for tier := 1; tier < depth; tier++ {
			for _, i := range byTier[tier] {
				b.callApp(pick(b.rng, byTier[tier-1]), i)
			}
		}
	}
	b.crossCalls()
}

// crossCalls lets applications share others of lower tiers, also of other products.
func (b *builder) crossCalls() {
	apps := b.byRole[roleApp]
	for _, i := range apps {
		if b.rng.Float64() >= 0.4 {
			continue
		}
		for range 8 {
			k := pick(b.rng, apps)
			same := b.nodes[k].product == b.nodes[i].product
			if b.nodes[k].tier > b.nodes[i].tier && (same || b.rng.IntN(8) == 0) {
				b.callApp(i, k)
				break
			}
		}
	}
}

func (b *builder) callApp(from, to int) {
	w := 1.0
	switch v := b.rng.Float64(); {
	case v < 0.4:
		w = between(b.rng, 0.4, 1)
	case v > 0.85:
		w = between(b.rng, 1, 2)
	}
	retries := 0
	if b.rng.IntN(3) == 0 {
		retries = 1 + b.rng.IntN(2)
	}
	b.call(edge{from: from, to: to, weight: w, cache: -1, timeout: between(b.rng, 1.5, 5), retries: retries, pool: math.Inf(1)})
}

// callStores gives applications what they keep data in, and makes sure that nothing is without a user. A cache stands in
// front of one database: who uses both asks the database for what the cache does not have.
func (b *builder) callStores() {
	b.behind = map[int]int{}
	for _, c := range b.byRole[roleCache] {
		b.behind[c] = b.near(roleDB, c)
	}
	for _, i := range b.byRole[roleApp] {
		last := !slices.ContainsFunc(b.nodes[i].calls, func(k int) bool { return b.nodes[b.edges[k].to].role == roleApp })
		switch v := b.rng.Float64(); {
		case v < 0.45 && len(b.byRole[roleCache]) > 0:
			c := b.near(roleCache, i)
			b.callStore(i, c)
			b.callStore(i, b.behind[c])
		case last || v < 0.75:
			b.callStore(i, b.plainDB(i))
		}
	}
	for k, i := range b.byRole[roleWorker] {
		b.nodes[i].queue = b.byRole[roleQueue][k%len(b.byRole[roleQueue])]
		b.nodes[i].product = b.nodes[b.nodes[i].queue].product
		b.call(edge{from: i, to: b.nodes[i].queue, async: true, cache: -1, pool: math.Inf(1)})
		b.callStore(i, b.plainDB(i))
	}
	for _, r := range []role{roleDB, roleCache, roleExternal, roleQueue} {
		for _, i := range b.byRole[r] {
			users := slices.DeleteFunc(slices.Clone(b.nodes[i].callers), func(k int) bool { return b.nodes[b.edges[k].from].role != roleApp })
			if len(users) == 0 || r != roleDB && b.rng.IntN(2) == 0 {
				b.callStore(b.near(roleApp, i), i)
			}
		}
	}
	b.readThrough()
}

// near picks a component of the role, of the same product where there is one; -1 when there is none at all.
func (b *builder) near(r role, of int) int {
	if len(b.byRole[r]) == 0 {
		return -1
	}
	same := slices.DeleteFunc(slices.Clone(b.byRole[r]), func(i int) bool { return b.nodes[i].product != b.nodes[of].product })
	if len(same) == 0 || b.rng.IntN(12) == 0 {
		same = b.byRole[r]
	}
	return pick(b.rng, same)
}

// plainDB picks a database near that no cache stands in front of, if there is one soon found.
func (b *builder) plainDB(of int) int {
	db := b.near(roleDB, of)
	for range 4 {
		cached := false
		for _, d := range b.behind {
			cached = cached || d == db
		}
		if !cached {
			break
		}
		db = b.near(roleDB, of)
	}
	return db
}

func (b *builder) callStore(from, to int) {
	if to < 0 {
		return
	}
	e := edge{from: from, to: to, cache: -1, pool: math.Inf(1)}
	switch b.nodes[to].role {
	case roleDB:
		e.weight, e.timeout = between(b.rng, 1, 2.5), between(b.rng, 2, 5)
		e.pool = 0 // sized once its usual use is known
	case roleCache:
		e.weight, e.timeout = between(b.rng, 1, 3), between(b.rng, 0.2, 0.5)
	case roleExternal:
		e.weight, e.timeout = between(b.rng, 0.3, 1), between(b.rng, 2, 6)
		e.retries = b.rng.IntN(2)
	default:
		e.weight, e.timeout, e.async = between(b.rng, 0.2, 1), 2, true
	}
	b.call(e)
}

// readThrough makes calls to the database behind a cache those that the cache cannot answer.
func (b *builder) readThrough() {
	for i := range b.nodes {
		for _, k := range b.nodes[i].calls {
			c := b.edges[k].to
			if b.nodes[c].role != roleCache {
				continue
			}
			for _, m := range b.nodes[i].calls {
				if b.edges[m].to == b.behind[c] {
					b.edges[m].cache, b.edges[m].cached = c, between(b.rng, 0.9, 0.99)
				}
			}
		}
	}
}

// cycles closes a few: an application calls one of a tier above it.
func (b *builder) cycles() {
	apps := b.byRole[roleApp]
	for range len(b.nodes) / 25 {
		i, k := pick(b.rng, apps), pick(b.rng, apps)
		if b.nodes[i].tier > b.nodes[k].tier && b.nodes[i].product == b.nodes[k].product {
			b.call(edge{from: i, to: k, back: true, weight: 0.05, cache: -1, timeout: 5, pool: math.Inf(1)})
		}
	}
}

// sort puts callers before what they call; calls that close cycles do not count.
func (b *builder) sort() {
	var apps []int
	apps = append(apps, b.byRole[roleApp]...)
	slices.SortStableFunc(apps, func(x, y int) int { return b.nodes[x].tier - b.nodes[y].tier })
	b.order = slices.Concat(b.entries, apps, b.byRole[roleQueue], b.byRole[roleWorker], b.byRole[roleCache],
		b.byRole[roleDB], b.byRole[roleExternal])
}

func clampInt(v, lo, hi int) int { return min(max(v, lo), hi) }
