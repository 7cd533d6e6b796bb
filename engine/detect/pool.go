package detect

import (
	"math"

	"github.com/diagnops/diagnops/engine/model"
)

// width is the worst usual distance from the median, in the signal's unit, of the two window statistics.
type width struct {
	extreme, held float64
	floor         float64 // the least that either may be
	windows       int     // how many reference windows it rests on
}

// pool remembers, for each signal name, how far windows of comparable series usually stray, relative to their level.
type pool map[string][]relativeWidth

type relativeWidth struct{ extreme, held float64 }

// pooledQuantile of the relative widths of one signal is what a series with no past of its own is given: rather wide,
// because the price of an accusation is high.
const pooledQuantile = 0.8

// priorWindows is how many windows of its own a series needs to weigh as much as its peers do together.
const priorWindows = 40.0

// minPeers is how many series a pool needs before it is believed.
const minPeers = 3

func (p pool) add(sig *model.Signal, l level, w width) {
	if w.windows == 0 || math.Abs(l.median) < l.resolutionUnit {
		return
	}
	m := math.Abs(l.median)
	p[sig.Name] = append(p[sig.Name], relativeWidth{w.extreme / m, w.held / m})
}

// widen draws w towards the pool's, the more the fewer windows it rests on, and lifts it to its floor.
func (p pool) widen(sig *model.Signal, l level, w width) width {
	peers := p[sig.Name]
	if len(peers) >= minPeers {
		w = drawn(peers, l, w)
	}
	w.extreme, w.held = max(w.extreme, w.floor), max(w.held, w.floor)
	return w
}

func drawn(peers []relativeWidth, l level, w width) width {
	ext, held := make([]float64, len(peers)), make([]float64, len(peers))
	for i, r := range peers {
		ext[i], held[i] = r.extreme, r.held
	}
	lambda := priorWindows / (priorWindows + float64(w.windows))
	m := math.Abs(l.median)
	w.extreme = max(w.extreme, lambda*quantile(ext, pooledQuantile)*m)
	w.held = max(w.held, lambda*quantile(held, pooledQuantile)*m)
	return w
}
