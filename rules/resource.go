package rules

import (
	"slices"
	"strings"
	"unicode"

	"github.com/diagnops/diagnops/engine/model"
)

// resourceTokens maps words in a signal's name to the bounded thing they speak of. The order decides between two
// words: "memory_pool" is memory, "io_queue" is disk, "db_pool_connections" is pool.
var resourceTokens = []struct {
	resource string
	tokens   []string
}{
	{"gc", []string{"gc"}},
	{"disk", []string{"iowait", "iops", "disk", "disks", "volume", "filesystem", "fs", "inode", "inodes", "storage", "blkio"}},
	{"memory", []string{"memory", "mem", "heap", "rss", "oom", "swap", "ram"}},
	{"cpu", []string{"cpu", "cpus", "cores", "millicores", "load1", "load5", "runqueue"}},
	{"network", []string{"network", "net", "nic", "tcp", "retransmit", "retransmits", "packet", "packets", "bandwidth"}},
	{"disk", []string{"io", "fsync", "await"}},
	{"dns", []string{"dns"}},
	{"tls", []string{"tls", "ssl", "cert", "certificate"}},
	{"locks", []string{"lock", "locks", "deadlock", "deadlocks"}},
	{"workers", []string{"workers", "worker"}},
	{"threads", []string{"thread", "threads", "goroutines"}},
	{"pool", []string{"pool", "pools"}},
	{"connections", []string{"conn", "conns", "connection", "connections", "sessions", "backends"}},
	{"fds", []string{"fd", "fds", "filedescriptors"}},
	{"cache", []string{"cache", "hit", "hits", "miss", "misses", "evictions"}},
	{"queue", []string{"queue", "queued", "backlog", "lag", "pending"}},
	{"replication", []string{"replica", "replication"}},
}

// unitResources tells the resource of signals whose name does not.
var unitResources = map[string]string{
	"cores": "cpu", "millicores": "cpu", "iops": "disk", "connections": "connections", "threads": "threads",
	"workers": "workers", "packets/s": "network",
}

// hostTokens before a resource say that it is the machine's, not the component's own.
var hostTokens = []string{"node", "host", "machine"}

// hostResources are the resources that several components of a machine share.
var hostResources = []string{"cpu", "memory", "disk", "network"}

// ResourceOf infers from a signal's name, kind and unit which bounded thing it is about: cpu, memory, disk, network,
// dns, tls, locks, workers, threads, pool, connections, fds, cache, queue, replication, gc; "" when neither name nor unit says.
//
// A name that speaks of the machine ("node_cpu_percent", "host_memory_used") gives host_cpu, host_memory, host_disk or
// host_network: shown on a component, it tells about the neighbourhood, and must not make the component itself look
// short of CPU. Only signals of a topology file need this; those of a pack say their resource.
func ResourceOf(name string, kind model.SignalKind, unit string) string {
	words := wordsOf(name)
	resource := ""
	for _, r := range resourceTokens {
		if containsAny(words, r.tokens) {
			resource = r.resource
			break
		}
	}
	if resource == "" && kind != model.KindLatency && kind != model.KindErrors {
		resource = unitResources[strings.ToLower(unit)]
	}
	if slices.Contains(hostResources, resource) && containsAny(words, hostTokens) {
		return "host_" + resource
	}
	return resource
}

// SideOf infers from a signal's name at which end of the calls it was measured: "client_latency" and "upstream_errors"
// by the caller, "server_latency" and "served_requests" by the one who serves.
func SideOf(name string) model.Side {
	words := wordsOf(name)
	client := containsAny(words, []string{"client", "outbound", "upstream", "call"})
	server := containsAny(words, []string{"server", "served", "inbound"})
	switch {
	case client && !server:
		return model.SideClient
	case server && !client:
		return model.SideServer
	}
	return model.SideUnknown
}

func containsAny(words, tokens []string) bool {
	return slices.ContainsFunc(words, func(w string) bool { return slices.Contains(tokens, w) })
}

// wordsOf splits a name at what is no letter or digit, and where camel case begins a word.
func wordsOf(name string) []string {
	var words []string
	start, lower := 0, false
	flush := func(end int) {
		if end > start {
			words = append(words, strings.ToLower(name[start:end]))
		}
	}
	for i, c := range name {
		switch {
		case !unicode.IsLetter(c) && !unicode.IsDigit(c):
			flush(i)
			start = i + len(string(c))
		case unicode.IsUpper(c) && lower:
			flush(i)
			start = i
		}
		lower = unicode.IsLower(c)
	}
	flush(len(name))
	return words
}
