package window

import (
	"context"
	"fmt"
	"hash/maphash"
	"sync"

	"github.com/diagnops/diagnops/engine/model"
	"github.com/diagnops/diagnops/engine/ring"
)

const (
	// maxJobSeries is how many series an owner is given at a time: enough that handing over does not count, few enough
	// that the owner can begin while the rest is hashed.
	maxJobSeries = 256
	// jobsPerShard is how many jobs a lane has for each shard, open, under way and done.
	jobsPerShard = 8
)

// lane is what one caller at a time hands its batch over by: a queue to each shard. Owner: whoever took it by
// Live.enter, until it gives it back.
type lane struct {
	live   *Live
	queues []*ring.Queue[*job] // by shard; the lane produces
	open   []*job              // by shard; being filled, nil = none
	idle   []*job
	away   []*job // handed over
	done   sync.WaitGroup
	key    []byte // scratch
}

// job is part of a batch on its way to one shard. Owner: the lane until it is pushed, the shard until it says done, then
// the lane again.
type job struct {
	batch *model.Batch
	items []item
	keys  []byte // of all items, one after the other
	taken model.Taken

	sweep *sweep // if set, the job is this and nothing else
	done  *sync.WaitGroup
}

// item is one series of a batch.
type item struct {
	series int     // index in the batch
	end    int     // of its key in keys
	hash   uint32  // as in the window's table
	found  *Series // nil = not looked up, or not there
	held   bool    // found by the handle that came with the batch: there is no key, and it may have left
}

// sweep is the search for idle series, in steps so that an owner is never at it for long.
type sweep struct {
	before int64 // Unix milliseconds
	next   int   // place to go on at; -1 = through
	left   int
}

// ingest hands a batch over, shard by shard, and waits for the owners.
func (ln *lane) ingest(ctx context.Context, b *model.Batch) model.Taken {
	var taken model.Taken
	for i := range b.Series {
		it := item{series: i}
		var shard int
		if s := ln.live.held(b.Series[i].Handle); s != nil {
			ln.key = ln.key[:0]
			shard, it.hash, it.found, it.held = s.home.shard, s.hash, s, true
		} else {
			ln.key = appendKey(ln.key[:0], b.Series[i].Labels)
			h := maphash.Bytes(ln.live.seed, ln.key)
			// The table in the shard goes by the lower half of the hash, the choice of the shard by the upper.
			shard, it.hash = int((h>>32)*uint64(len(ln.queues))>>32), uint32(h)
		}
		j := ln.open[shard]
		if j == nil {
			j = ln.job(&taken)
			j.batch, ln.open[shard] = b, j
		}
		j.keys = append(j.keys, ln.key...)
		it.end = len(j.keys)
		j.items = append(j.items, it)
		if len(j.items) == maxJobSeries {
			ln.hand(ctx, shard, &taken)
		}
	}
	for shard, j := range ln.open {
		if j != nil {
			ln.hand(ctx, shard, &taken)
		}
	}
	ln.wait(&taken)
	return taken
}

// job returns a job that is idle; if there is none it waits for those under way.
func (ln *lane) job(taken *model.Taken) *job {
	if len(ln.idle) == 0 {
		ln.wait(taken)
	}
	n := len(ln.idle) - 1
	j := ln.idle[n]
	ln.idle = ln.idle[:n]
	j.done = &ln.done
	return j
}

// hand gives a shard its open job. The points of what does not get there are Dropped.
func (ln *lane) hand(ctx context.Context, shard int, taken *model.Taken) {
	j := ln.open[shard]
	ln.open[shard] = nil
	if ctx.Err() == nil && ln.push(shard, j) {
		return
	}
	for _, it := range j.items {
		taken.Dropped += j.batch.Series[it.series].N
	}
	ln.recycle(j)
}

// push hands a job to its owner and wakes it.
func (ln *lane) push(shard int, j *job) bool {
	ln.done.Add(1)
	if !ln.queues[shard].Push(j) {
		ln.done.Done()
		return false
	}
	ln.away = append(ln.away, j)
	ln.live.shards[shard].rouse()
	return true
}

// wait waits for the jobs under way and adds up what became of them.
func (ln *lane) wait(taken *model.Taken) {
	ln.done.Wait()
	for _, j := range ln.away {
		taken.Add(j.taken)
		ln.recycle(j)
	}
	ln.away = ln.away[:0]
}

// recycle makes a job idle; it keeps its space and nothing of the batch.
func (ln *lane) recycle(j *job) {
	clear(j.items)
	*j = job{items: j.items[:0], keys: j.keys[:0]}
	ln.idle = append(ln.idle, j)
}

// expire lets every shard look for idle series until it is through.
func (ln *lane) expire(ctx context.Context, before int64) (left int, err error) {
	sweeps := make([]sweep, len(ln.queues))
	for i := range sweeps {
		sweeps[i].before = before
	}
	for again := true; again; {
		if err := ctx.Err(); err != nil {
			return sum(sweeps), fmt.Errorf("letting idle series leave: %w", err)
		}
		again = false
		for shard := range sweeps {
			if sweeps[shard].next >= 0 {
				j := ln.job(&model.Taken{})
				j.sweep = &sweeps[shard]
				again = ln.push(shard, j) || again
			}
		}
		ln.wait(&model.Taken{})
	}
	return sum(sweeps), nil
}

func sum(sweeps []sweep) (left int) {
	for i := range sweeps {
		left += sweeps[i].left
	}
	return left
}
