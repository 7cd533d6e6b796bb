package window

import "github.com/diagnops/diagnops/engine/model"

// longString is the length from which a string's length takes four bytes of a key.
const longString = 255

// appendKey spells canonical labels as bytes: of each name and value its length and itself, so that no two sets of
// labels have one key. The hash of a series is that of its key. It is the encoding that labels.Labels have in memory, so
// that one comparison of bytes tells whether a series has a key: a hash that agrees is not enough. That encoding may
// change with Prometheus' version; TestKeyIsTheEncodingOfLabels would tell.
func appendKey(key []byte, ls model.Labels) []byte {
	for i := range ls {
		key = appendString(key, ls[i].Name)
		key = appendString(key, ls[i].Value)
	}
	return key
}

func appendString(key []byte, s string) []byte {
	if n := len(s); n < longString {
		key = append(key, byte(n))
	} else {
		key = append(key, longString, byte(n), byte(n>>8), byte(n>>16))
	}
	return append(key, s...)
}
