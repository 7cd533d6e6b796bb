package collectors

import (
	"time"

	"github.com/diagnops/diagnops/engine/model"
)

// Player hands recorded data on in batches as time goes on, the way a live source would.
type Player struct {
	data  *Data
	next  []int // by series: first sample not handed on
	batch model.Batch
}

// Player returns a player that has handed nothing on yet.
func (d *Data) Player() *Player { return &Player{data: d, next: make([]int, d.NumSeries())} }

// Until returns the samples up to and including a time that were not handed on before, as one batch. It is valid until
// the next call.
func (p *Player) Until(at time.Time) *model.Batch {
	upTo, b := model.Millis(at), &p.batch
	b.Reset()
	for i, times := range p.data.Times {
		first := len(b.Points)
		for ; p.next[i] < len(times) && times[p.next[i]] <= upTo; p.next[i]++ {
			b.Points = append(b.Points, model.Point{TMillis: times[p.next[i]], Value: p.data.Values[i][p.next[i]]})
		}
		if n := len(b.Points) - first; n > 0 {
			b.Series = append(b.Series, model.BatchSeries{Labels: p.data.Series[i], First: first, N: n})
		}
	}
	return b
}
