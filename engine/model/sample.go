package model

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// MetricName is the label that carries a series' metric name.
const MetricName = "__name__"

// Label is one name and value of a series' identity.
type Label struct{ Name, Value string }

// Labels identify a series: sorted by name, no name twice.
type Labels []Label

// NewLabels builds sorted labels from a map.
func NewLabels(m map[string]string) Labels {
	ls := make(Labels, 0, len(m))
	for n, v := range m {
		ls = append(ls, Label{n, v})
	}
	ls.Sort()
	return ls
}

// Sort puts the labels into their canonical order, by name.
func (ls Labels) Sort() {
	slices.SortFunc(ls, func(a, b Label) int { return strings.Compare(a.Name, b.Name) })
}

// Get returns the value of the named label, or "".
func (ls Labels) Get(name string) string {
	for i := range ls {
		if ls[i].Name == name {
			return ls[i].Value
		}
	}
	return ""
}

// Without returns the labels that carry none of the names.
func (ls Labels) Without(names ...string) Labels {
	out := make(Labels, 0, len(ls))
	for _, l := range ls {
		if !slices.Contains(names, l.Name) {
			out = append(out, l)
		}
	}
	return out
}

// Compare orders labels name by name, value by value; shorter first on a tie.
func (ls Labels) Compare(other Labels) int {
	return slices.CompareFunc(ls, other, func(a, b Label) int {
		if c := strings.Compare(a.Name, b.Name); c != 0 {
			return c
		}
		return strings.Compare(a.Value, b.Value)
	})
}

// String prints the labels as Prometheus does: name{a="b"}.
func (ls Labels) String() string {
	var b strings.Builder
	b.WriteString(ls.Get(MetricName))
	rest := 0
	for _, l := range ls {
		if l.Name == MetricName {
			continue
		}
		if rest == 0 {
			b.WriteByte('{')
		} else {
			b.WriteByte(',')
		}
		b.WriteString(l.Name)
		b.WriteByte('=')
		b.WriteString(strconv.Quote(l.Value))
		rest++
	}
	if rest > 0 {
		b.WriteByte('}')
	}
	return b.String()
}

// SeriesRef is the handle of a series in the window that gave it out; it means nothing elsewhere.
type SeriesRef uint32

// Sample is one value of one series. TMillis is Unix milliseconds; Value may be a stale marker (see IsStale).
type Sample struct {
	Ref     SeriesRef
	TMillis int64
	Value   float64
}

// staleBits is the NaN by which Prometheus says that a series ended
// (github.com/prometheus/prometheus/model/value.StaleNaN).
const staleBits = 0x7ff0000000000002

// StaleMarker returns the value that says "this series ended here".
func StaleMarker() float64 { return math.Float64frombits(staleBits) }

// IsStale tells whether v is the stale marker; an ordinary NaN is not.
func IsStale(v float64) bool { return math.Float64bits(v) == staleBits }

// Gap is the value of a grid point at which nothing is known.
func Gap() float64 { return math.NaN() }

// IsGap tells whether a grid point holds no knowledge.
func IsGap(v float64) bool { return v != v }

// Millis converts a time to the resolution of samples.
func Millis(t time.Time) int64 { return t.UnixMilli() }

// FromMillis converts back, in UTC.
func FromMillis(ms int64) time.Time { return time.UnixMilli(ms).UTC() }
