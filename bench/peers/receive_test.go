// Package peers measures DiagnOPs beside programs that it need not depend on: it is a module of its own.
package peers

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
	"time"
)

// BenchmarkReceiveAgainst measures requests of known series, three ways in turn, so that all meet the same machine:
//
//   - ours, from http.Handler to samples that readers of the live window see, and the answer;
//   - head, Prometheus' generated decoder and its Head without a log, behind the same decompression;
//   - vm, VictoriaMetrics' decoder alone, from a decompressed 1.0 message to structs.
//
// It gives the median rates in millions of samples a second and ours as a multiple of the others'. In order=shuffled,
// series come in another order in every request.
func BenchmarkReceiveAgainst(b *testing.B) {
	inOrder := func(_, i int) int { return i }
	for _, version := range []int{1, 2} {
		for _, shape := range shapes {
			shuffled := func(round, i int) int { return permutation(round, shape.series)[i] }
			for _, order := range []struct {
				name  string
				place func(round, i int) int
			}{{"same", inOrder}, {"shuffled", shuffled}} {
				b.Run(fmt.Sprintf("v%d/series=%d/samples=%d/order=%s", version, shape.series, shape.samples, order.name), func(b *testing.B) {
					against(b, version, shape.series, shape.samples, order.place)
				})
			}
		}
	}
}

// permutations of each round and size, made once.
var permutations = map[[2]int][]int{}

func permutation(round, n int) []int {
	key := [2]int{round, n}
	if permutations[key] == nil {
		permutations[key] = rand.New(rand.NewPCG(uint64(round), uint64(n))).Perm(n)
	}
	return permutations[key]
}

func against(b *testing.B, version, series, samples int, place func(round, i int) int) {
	b.Helper()
	sent := requests(b, series, samples, place)
	names := [...]string{"ours", "head", "vm"}
	var to [len(names)]receiver
	var took [len(names)][]time.Duration
	stop := func() {
		for i := range to {
			if to[i].stop != nil {
				to[i].stop()
			}
		}
	}
	defer stop()
	next := len(sent)
	for b.Loop() {
		if next == len(sent) { // All are sent: begin anew, with receivers that know all series.
			stop()
			to = [...]receiver{ours(b, version, series), prometheus(b, version), victoriaMetrics()}
			for i := range to {
				if err := to[i].take(&sent[0]); err != nil {
					b.Fatal(err)
				}
			}
			runtime.GC()
			next = 1
		}
		for i := range to {
			begin := time.Now()
			if err := to[i].take(&sent[next]); err != nil {
				b.Fatalf("%s: %v", names[i], err)
			}
			took[i] = append(took[i], time.Since(begin))
		}
		next++
	}
	var each [len(names)]float64 // median seconds a request
	for i := range took {
		slices.Sort(took[i])
		each[i] = took[i][len(took[i])/2].Seconds()
		b.ReportMetric(float64(series*samples)/each[i]/1e6, "Msamples/s-"+names[i])
	}
	b.ReportMetric(each[1]/each[0], "x-of-head")
	b.ReportMetric(each[2]/each[0], "x-of-vm")
	b.ReportMetric(0, "ns/op")
}
