package synth

// nodeMod is what faults alter of a component in one step; see reset for its neutral values.
type nodeMod struct {
	load      float64 // of entries: times the usual load
	cpu       float64 // times the processor time a request
	burn      float64 // cores that something else takes; of volumes, IOs a second
	capacity  float64 // of volumes: share of the cap that is left
	slow      float64 // times the time on no resource
	delay     float64 // seconds more on no resource
	hang      float64 // share of requests that never get an answer
	fail      float64 // share of requests that fail
	sickShare float64 // share of the replicas that are sick
	sickCPU   float64 // times the processor time a request, on these
	sickFail  float64 // share of requests that fail, on these
	lock      float64 // times the time the lock is held
	leak      float64 // share of heap more in use
	flushed   float64 // of caches: share of hits lost
	silent    bool    // its exporter does not answer
}

// edgeMod is what faults alter of a call in one step.
type edgeMod struct {
	delay  float64 // seconds a round trip
	loss   float64 // share of packets
	leaked float64 // connections that nobody gives back
	pool   float64 // share of the pool's size that is left
}

// mods are the alterations of one step.
type mods struct {
	node []nodeMod
	edge []edgeMod
}

func newMods(g *graph) *mods {
	m := &mods{make([]nodeMod, len(g.nodes)), make([]edgeMod, len(g.edges))}
	m.reset()
	return m
}

func (m *mods) reset() {
	for i := range m.node {
		m.node[i] = nodeMod{load: 1, cpu: 1, capacity: 1, slow: 1, lock: 1, sickCPU: 1}
	}
	for k := range m.edge {
		m.edge[k] = edgeMod{pool: 1}
	}
}
