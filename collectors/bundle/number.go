package bundle

import (
	"errors"
	"math"
	"strconv"

	"github.com/diagnops/diagnops/collectors"
)

// maxMillis bounds timestamps; one beyond is in nanoseconds.
const maxMillis = collectors.MaxMillis

// pow10 are the powers of ten that a double holds exactly.
var pow10 = [...]float64{
	1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
	1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
}

// fastValue reads a plain decimal number that ends before a space, from b[i:]. It only answers where the result is exact:
// a mantissa of at most 2^53 divided by an exact power of ten is rounded once, hence to the nearest double (W. Clinger,
// "How to Read Floating Point Numbers Accurately", 1990). b must hold a byte that is no digit after the number.
func fastValue(b []byte, i int) (v float64, next int, ok bool) {
	negative := b[i] == '-'
	if negative {
		i++
	}
	start := i
	var mantissa uint64
	for ; i < len(b) && b[i]-'0' <= 9; i++ {
		mantissa = mantissa*10 + uint64(b[i]-'0')
	}
	digits, decimals := i-start, 0
	if i < len(b) && b[i] == '.' {
		i++
		start = i
		for ; i < len(b) && b[i]-'0' <= 9; i++ {
			mantissa = mantissa*10 + uint64(b[i]-'0')
		}
		decimals = i - start
		digits += decimals
	}
	// 19 digits never overflow 64 bits, so a mantissa within bounds is the true one.
	if digits == 0 || digits > 19 || mantissa > 1<<53 || i >= len(b) || b[i] != ' ' {
		return 0, i, false
	}
	v = float64(mantissa)
	if decimals > 0 {
		v /= pow10[decimals]
	}
	if negative {
		v = -v
	}
	return v, i, true
}

// fastMillis reads Unix seconds with an optional fraction from b[i:], cut to milliseconds. It answers only when a line
// end or a space follows.
func fastMillis(b []byte, i int) (ms int64, next int, ok bool) {
	start := i
	for ; i < len(b) && b[i]-'0' <= 9; i++ {
		ms = ms*10 + int64(b[i]-'0')
	}
	if digits := i - start; digits == 0 || digits > 12 {
		return 0, i, false
	}
	ms *= 1000
	if i < len(b) && b[i] == '.' {
		i++
		for weight := int64(100); i < len(b) && b[i]-'0' <= 9; i++ {
			ms += weight * int64(b[i]-'0')
			weight /= 10
		}
	}
	return ms, i, ms <= maxMillis && i < len(b) && (b[i] == '\n' || b[i] == ' ')
}

var (
	errNumber = errors.New("must be a number, NaN, +Inf or -Inf")
	errTime   = errors.New("must be Unix seconds, from 1970 to 2527 (milliseconds are not taken)")
)

// slowValue reads any number that OpenMetrics has.
func slowValue(s string) (float64, error) {
	// strconv also takes hexadecimal numbers and digits parted by underscores, which OpenMetrics does not have.
	for i := range len(s) {
		if ch := s[i]; ch|0x20 == 'x' || ch|0x20 == 'p' || ch == '_' {
			return 0, errNumber
		}
	}
	v, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return 0, errNumber
	}
	return v, nil
}

// slowMillis reads any timestamp that OpenMetrics has.
func slowMillis(s string) (int64, error) {
	if ms, next, ok := fastMillis([]byte(s+"\n"), 0); ok && next == len(s) {
		return ms, nil
	}
	v, err := slowValue(s)
	if err != nil || !(v >= 0 && v <= maxMillis/1000) {
		return 0, errTime
	}
	return int64(math.Floor(v * 1000)), nil
}
