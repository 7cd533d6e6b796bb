package scenarios

import (
	"fmt"
	"strings"
	"time"

	"github.com/diagnops/diagnops/collectors/synth"
)

// shop is a three-tier service, as most are: a balancer, two application servers, a database with its machine and volume.
// Its fields are what a scenario changes; the rest follows.
type shop struct {
	load    synth.Course // requests a second, of all users
	own     synth.Course // what an application works on a request, seconds
	txn     synth.Course // what the database works on a transaction, seconds
	rows    synth.Course // that a transaction reads
	locks   synth.Course // sessions that wait for a lock
	storage synth.Course // sessions that wait for the volume
	iops    synth.Course // of the volume
	queue   synth.Course // requests in the volume's queue or at work
	busy    synth.Course // share of the time that the volume works
	dbCPU   synth.Course // share of the processors of the database's machine
	appCPU  synth.Course // share of those of the application
	gc      synth.Course // share of the time that collections stop the first application
	heap    synth.Course // share of its heap in use
	leaked  synth.Course // threads of the first application that keep a connection, or wait to
	failing synth.Course // share of requests that the balancer answers with 5xx
	missing synth.Course // share of requests that the applications fail themselves
	asked   synth.Course // how many times the usual number of transactions a request needs
	room    synth.Course // share of the database's file system that is free
	waits   synth.Course // what a request waits for beside the database, seconds
	calls   []synth.Call // of both applications, beside the database
	also    func(app *synth.Target)
	machine func(host *synth.Target) // what the database's machine shows beside the usual
	dbAlive func(time.Duration) bool
	lost    synth.Course // share of segments that the database's machine sends again; nil = the usual
}

const (
	queries  = 3.0  // transactions a request
	poolSize = 20.0 // connections of an application
	threads  = 200.0
	volume   = "nvme1n1"
)

// usual is the shop on a day like any other.
func usual() shop {
	load := synth.Always(80)
	return shop{
		load: load, own: synth.Always(0.015), txn: synth.Always(0.002), rows: synth.Always(40),
		locks: synth.Always(0.02), storage: synth.Always(0.05),
		iops: synth.Always(140), queue: synth.Always(0.09), busy: synth.Always(0.07),
		dbCPU: synth.Always(0.16), appCPU: synth.Always(0.22),
		gc: synth.Always(0.004), heap: synth.Always(0.45), leaked: synth.Always(0), failing: synth.Always(0.0004),
		missing: synth.Always(0), asked: synth.Always(1), room: synth.Always(0.62), waits: synth.Always(0), also: func(*synth.Target) {},
		machine: func(*synth.Target) {},
	}
}

// underLoad lets what follows from the load follow it: the work of processors and of the volume.
func (w *shop) underLoad(load synth.Course) {
	k := synth.Of(func(v ...float64) float64 { return v[0] / v[1] }, load, w.load)
	w.load = load
	w.iops, w.queue, w.busy = times(k, w.iops), times(k, w.queue), times(k, w.busy)
	w.dbCPU, w.appCPU = times(k, w.dbCPU), times(k, w.appCPU)
}

// times is the product of courses.
func times(courses ...synth.Course) synth.Course {
	return synth.Of(func(v ...float64) float64 {
		out := 1.0
		for _, x := range v {
			out *= x
		}
		return out
	}, courses...)
}

// transactions a second, of both applications.
func (w *shop) transactions() synth.Course { return synth.Times(queries, times(w.load, w.asked)) }

// taken is how long a transaction takes, with what it waits for, seconds.
func (w *shop) taken() synth.Course {
	return synth.Of(func(v ...float64) float64 { return v[0] + (v[1]+v[2])/v[3] }, w.txn, w.locks, w.storage, w.transactions())
}

// app is what an application shows; the first is the one that single instances' faults befall.
func (w *shop) app(first bool) synth.JVM {
	half := synth.Times(0.5, w.load)
	gc, heap, leaked := synth.Always(0.004), synth.Always(0.45), synth.Always(0)
	if first {
		gc, heap, leaked = w.gc, w.heap, w.leaked
	}
	held := synth.Of(func(v ...float64) float64 { return v[0]*queries*v[1]*v[3] + v[2] }, half, w.taken(), leaked, w.asked)
	// Whoever finds no connection free waits until one is given back. Where more are asked for than there are, the rest is a
	// queue, and passing it takes its length by the rate (Little's law).
	waiting := synth.Of(func(v ...float64) float64 {
		rate := v[0] * queries * v[3]
		return synth.Wait(v[1]/poolSize, poolSize)*v[2] + max(0, v[1]-poolSize)/rate
	}, half, held, w.taken(), w.asked)
	latency := synth.Of(func(v ...float64) float64 {
		return (v[0]+queries*v[5]*(v[1]+v[2]))/(1-v[3]) + v[4]
	}, w.own, w.taken(), waiting, gc, w.waits, w.asked)
	j := synth.JVM{
		URI: "/order", Requests: synth.Requests{Rate: half, Latency: latency, Failing: w.missing}, CPU: w.appCPU, Threads: threads, GC: gc, Heap: heap,
		Pool: &synth.Pool{Name: "shop", Size: poolSize, Held: held, Taken: w.taken(), Rate: synth.Times(queries, times(half, w.asked))},
	}
	for _, c := range w.calls {
		c.Rate = synth.Times(0.5, c.Rate)
		j.Calls = append(j.Calls, c)
	}
	return j
}

// shopTopology is what topology.yaml says of it; more lines of components and dependencies may follow.
func shopTopology(components, dependencies []string) string {
	return fmt.Sprintf(`version: 1
components:
- {name: lb, kind: lb, selector: {instance: "lb1:8404"}, owner: edge-team, serves: [order]}
- {name: was1, kind: app, selector: {instance: "was1:8080"}, owner: shop-team}
- {name: was2, kind: app, selector: {instance: "was2:8080"}, owner: shop-team}
- {name: db, kind: db, selector: {instance: "db1:9187"}, owner: database-team}
- {name: db-host, kind: host, selector: {instance: "db1:9100"}, owner: platform-team}
- {name: db-volume, kind: disk, selector: {instance: "db1:9100", device: %s}, owner: storage-team}
%sdependencies:
- {from: lb, to: was1, kind: calls}
- {from: lb, to: was2, kind: calls}
- {from: was1, to: db, kind: calls}
- {from: was2, to: db, kind: calls}
- {from: db, to: db-host, kind: runs_on}
- {from: db, to: db-volume, kind: stored_on}
%s`, volume, lines(components), lines(dependencies))
}

func lines(items []string) string {
	var b strings.Builder
	for _, item := range items {
		b.WriteString("- {" + item + "}\n")
	}
	return b.String()
}

// show is every target of the shop.
func (w *shop) show(st *synth.Stage) {
	apps := [2]synth.JVM{w.app(true), w.app(false)}
	latency := synth.Of(func(v ...float64) float64 { return 0.001 + (v[0]+v[1])/2 }, apps[0].Latency, apps[1].Latency)
	st.Target(nil, "job", "haproxy", "instance", "lb1:8404").HAProxy("shop",
		synth.Requests{Rate: w.load, Latency: latency, Failing: w.failing}, 0.06)
	for i, j := range apps {
		t := st.Target(nil, "job", "shop", "instance", fmt.Sprintf("was%d:8080", i+1))
		t.JVM(j)
		w.also(t)
	}
	st.Target(w.dbAlive, "job", "postgres", "instance", "db1:9187").Postgres(synth.Database{
		Name: "shop", Transactions: w.transactions(), Time: w.txn, Locks: w.locks, Storage: w.storage, MaxConnections: 200, Rows: w.rows,
	})
	machine := st.Target(w.dbAlive, "job", "node", "instance", "db1:9100")
	machine.Node(synth.Host{Cores: 4, CPU: w.dbCPU, Lost: w.lost})
	machine.Disk(synth.Volume{Device: volume, IOPS: w.iops, Queue: w.queue, Busy: w.busy})
	w.machine(machine)
	machine.FileSystem(volume, "/var/lib/postgresql", 500e9, w.room)
}
