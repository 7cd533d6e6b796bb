package remotewrite

import (
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
	"pgregory.net/rapid"
)

// TestWholeVarint holds the reading without a loop against protowire, of right numbers and of any bytes.
func TestWholeVarint(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		b := rapid.SliceOfN(rapid.Byte(), 0, 12).Draw(t, "bytes")
		if rapid.Bool().Draw(t, "right") {
			b = protowire.AppendVarint(nil, rapid.Uint64().Draw(t, "number")>>rapid.IntRange(0, 63).Draw(t, "shorter by"))
		}
		want, n := protowire.ConsumeVarint(b)
		for _, behind := range []int{0, 3, 8} { // with and without a whole word to read from
			buffer := append(append([]byte{0x55}, b...), make([]byte, behind)...)
			got, ok := wholeVarint(buffer, 1, 1+len(b))
			if ok != (n == len(b) && n > 0) || ok && got != want {
				t.Fatalf("%x with %d bytes behind: %d %v, want %d of %d bytes", b, behind, got, ok, want, n)
			}
		}
	})
}

// TestUnusualForms: what is written another way than usual reads the same.
func TestUnusualForms(t *testing.T) {
	t.Parallel()
	label := func(fields ...[]byte) []byte { return field(1, join(fields...)) }
	name, value := field(1, []byte("__name__")), field(2, []byte("x"))
	double := append([]byte{tagDouble1}, protowire.AppendFixed64(nil, 0x3ff0000000000000)...)
	time := []byte{tagVarint2, 7}
	unknown := field(99, []byte("?"))
	group := []byte{98<<3&0x7f | 3 | 0x80, 98 >> 4, 98<<3&0x7f | 4 | 0x80, 98 >> 4}
	for what, series := range map[string][]byte{
		"usual":             join(label(name, value), field(2, join(double, time))),
		"value before name": join(label(value, name), field(2, join(time, double))),
		"samples first":     join(field(2, join(double, time)), label(name, value)),
		"unknown fields":    join(unknown, label(unknown, name, value, group), unknown, field(2, join(group, double, time, unknown)), group),
		"said twice":        join(label(name, field(2, []byte("y")), value), field(2, join(time, double, double))),
		"long length":       join([]byte{1<<3 | 2, 0x80 | byte(len(name)+len(value)), 0}, name, value, field(2, join(double, time))),
	} {
		d := newDecoder()
		if err := d.v1(field(1, series)); err != nil {
			t.Errorf("%s: %v", what, err)
			continue
		}
		if got := ours(d).Points; len(got) != 1 || got[0] != point(lb("__name__", "x"), 7, 1, 0) {
			t.Errorf("%s: %v", what, got)
		}
	}
	for what, message := range map[string][]byte{
		"wrong wire type": {1 << 3, 1},
		"field 0":         {0, 0},
		"cut tag":         {0x80},
		"cut length":      {0x0a, 5, 1},
		"open group":      {98<<3&0x7f | 3 | 0x80, 98 >> 4},
		"wrong in sample": field(1, field(2, []byte{1 << 3, 1})),
		"wrong in label":  field(1, field(1, []byte{1 << 3, 1})),
	} {
		if err := newDecoder().v1(message); err == nil {
			t.Errorf("%s: no error", what)
		}
	}
}

func field(num protowire.Number, data []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(nil, num, protowire.BytesType), data)
}

func join(parts ...[]byte) (out []byte) {
	for _, p := range parts {
		out = append(out, p...)
	}
	return out
}
