package model

import "testing"

func TestEditDistance(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{
		{"", "", 0},
		{"", "abc", 3},
		{"orders", "orders", 0},
		{"oders", "orders", 1},
		{"ordres", "orders", 1}, // One swap of neighbours.
		{"cart", "card", 1},
		{"ca", "abc", 3}, // A swapped pair is not edited again.
		{"데이터", "데이타", 1},
	} {
		if got := EditDistance([]rune(c.a), []rune(c.b)); got != c.want {
			t.Errorf("%q to %q: %d, want %d", c.a, c.b, got, c.want)
		}
		if got := EditDistance([]rune(c.b), []rune(c.a)); got != c.want {
			t.Errorf("%q to %q: %d, want %d", c.b, c.a, got, c.want)
		}
	}
	if got := EditDistance([]byte("é"), []byte("e")); got != 2 {
		t.Errorf("two bytes to another: %d edits, want 2", got)
	}
}
