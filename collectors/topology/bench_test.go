package topology

import (
	"fmt"
	"testing"

	"github.com/diagnops/diagnops/engine/model"
)

// BenchmarkDiscover: 1,000 machines with 4 disks each, 500 services of 8 instances that call each other, a database a machine.
func BenchmarkDiscover(b *testing.B) {
	o := &Observed{At: noon, Products: products(), rows: map[string][]row{}}
	give := func(question string, value float64, labels ...string) {
		m := map[string]string{}
		for i := 0; i < len(labels); i += 2 {
			m[labels[i]] = labels[i+1]
		}
		o.rows[question] = append(o.rows[question], row{model.NewLabels(m), value})
	}
	for n := range 1000 {
		host := fmt.Sprintf("host-%d:9100", n)
		give(askTargets, 1, "job", "node", "instance", host)
		give(productQuestion("node-host"), 1, "job", "node", "instance", host)
		give(askHosts, 1, "job", "node", "instance", host, "nodename", fmt.Sprintf("host-%d", n))
		for d := range 4 {
			give(askDisks, 0.1, "job", "node", "instance", host, "device", fmt.Sprintf("sd%c", 'a'+d))
		}
		give(askFilesystems, 1, "job", "node", "instance", host, "device", "/dev/sda1", "mountpoint", "/", "fstype", "ext4")
		db := fmt.Sprintf("host-%d:9187", n)
		give(askTargets, 1, "job", "postgres", "instance", db)
		give(productQuestion("postgres"), 1, "job", "postgres", "instance", db)
		give(askDatabases, 1, "job", "postgres", "instance", db, "datname", fmt.Sprintf("db%d", n))
	}
	calls := measuredCalls[0].question(0).name
	for n := range 500 {
		name := fmt.Sprintf("service-%d", n)
		for i := range 8 {
			give(askTargets, 1, "job", "apps", "service", name, "instance", fmt.Sprintf("host-%d:%d", (n*8+i)%1000, 10000+n))
		}
		for i := range 5 {
			give(calls, 1, "client", name, "server", fmt.Sprintf("service-%d", (n*7+i)%500))
		}
	}
	b.ResetTimer()
	for range b.N {
		if d := Discover(o); len(d.Components) < 6500 || len(d.Edges) < 6500 {
			b.Fatalf("%d components, %d edges", len(d.Components), len(d.Edges))
		}
	}
}
