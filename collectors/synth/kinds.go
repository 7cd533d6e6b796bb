package synth

import "strings"

// Kind is a sort of fault that can be made to happen.
type Kind string

// The kinds.
const (
	// KindNone is a quiet window, with changes that did no harm.
	KindNone Kind = "none"
	// KindCPU: something takes processors of one component, or of a host.
	KindCPU Kind = "cpu-saturation"
	// KindDisk: a volume's cap falls, or something else uses it up.
	KindDisk Kind = "disk-queue"
	// KindHang: an external service no longer answers part of its calls; threads and connections wait for it.
	KindHang Kind = "hanging-dependency"
	// KindSlowExternal: an external service, which nobody measures but its callers, is slow.
	KindSlowExternal Kind = "slow-external"
	// KindPool: connections of a pool are not given back.
	KindPool Kind = "pool-leak"
	// KindLock: a lock in a database is held for long.
	KindLock Kind = "lock-contention"
	// KindLeak: memory grows until garbage collection takes the processors.
	KindLeak Kind = "memory-leak"
	// KindLoss and KindDelay: packets from one caller to one callee are lost, or late.
	KindLoss  Kind = "packet-loss"
	KindDelay Kind = "network-delay"
	// KindSurge: far more requests than usual come in at an entry.
	KindSurge Kind = "traffic-surge"
	// KindDeploy: some replicas have a bad new version.
	KindDeploy Kind = "bad-deploy"
	// KindConfig: a bad setting.
	KindConfig Kind = "bad-config"
	// KindFlush: a cache loses its content, and its users stampede to the database.
	KindFlush Kind = "cache-flush"
	// KindBatch: a job that runs by the clock takes a host's processors or a volume; it has run before.
	KindBatch Kind = "periodic-batch"
	// KindSilent: a component is short of processors, and its exporter does not answer.
	KindSilent Kind = "silent-exporter"
)

// Kinds lists every kind but KindNone.
func Kinds() []Kind {
	return []Kind{
		KindCPU, KindDisk, KindHang, KindSlowExternal, KindPool, KindLock, KindLeak, KindLoss, KindDelay, KindSurge,
		KindDeploy, KindConfig, KindFlush, KindBatch, KindSilent,
	}
}

func joinKinds() string {
	names := make([]string, 0, len(Kinds()))
	for _, k := range Kinds() {
		names = append(names, string(k))
	}
	return strings.Join(names, ", ")
}
