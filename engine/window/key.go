package window

import (
	"encoding/binary"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/diagnops/diagnops/engine/model"
)

// appendKey spells canonical labels as bytes: of each name and value its length and itself, so that no two sets of
// labels have one key. The hash of a series is that of its key.
func appendKey(key []byte, ls model.Labels) []byte {
	for i := range ls {
		key = appendString(key, ls[i].Name)
		key = appendString(key, ls[i].Value)
	}
	return key
}

func appendString(key []byte, s string) []byte {
	if len(s) < 0x80 { // One byte of a varint, and nearly always the case.
		key = append(key, byte(len(s)))
	} else {
		key = binary.AppendUvarint(key, uint64(len(s)))
	}
	return append(key, s...)
}

// hasKey tells whether the labels are those that the key spells; a hash that agrees is not enough.
func hasKey(ls labels.Labels, key []byte) bool {
	equal := true
	ls.Range(func(l labels.Label) {
		if equal {
			key, equal = cutString(key, l.Name)
		}
		if equal {
			key, equal = cutString(key, l.Value)
		}
	})
	return equal && len(key) == 0
}

// cutString takes s off the front of a key, if it is there.
func cutString(key []byte, s string) (rest []byte, ok bool) {
	n, width := binary.Uvarint(key)
	if width <= 0 || n != uint64(len(s)) || uint64(len(key)-width) < n || string(key[width:width+len(s)]) != s {
		return key, false
	}
	return key[width+len(s):], true
}
