package collectors

import (
	"strings"

	"github.com/diagnops/diagnops/engine/model"
)

// AppendKey appends labels to dst in a form that no other labels have: 0xff is in no UTF-8 text.
func AppendKey(dst []byte, ls model.Labels) []byte {
	for _, l := range ls {
		dst = append(append(dst, l.Name...), 0xff)
		dst = append(append(dst, l.Value...), 0xff)
	}
	return dst
}

// CloneLabels copies labels whose texts are about to be overwritten.
func CloneLabels(ls model.Labels) model.Labels {
	out := make(model.Labels, len(ls))
	for i, l := range ls {
		out[i] = model.Label{Name: strings.Clone(l.Name), Value: strings.Clone(l.Value)}
	}
	return out
}
