package synth

import "math/rand/v2"

// Syllables make names that mean nothing: consonant, vowel, now and then a closing consonant.
const (
	onsets = "bdfgklmnprstvz"
	vowels = "aeiou"
	codas  = "lmnrs"
)

// namer makes up names, none twice.
type namer struct {
	rng   *rand.Rand
	taken map[string]bool
}

func newNamer(seed uint64) *namer {
	return &namer{rng: rand.New(rand.NewPCG(seed, streamNames)), taken: map[string]bool{}}
}

func (n *namer) next() string {
	for {
		word := make([]byte, 0, 10)
		for range 2 + n.rng.IntN(2) {
			word = append(word, onsets[n.rng.IntN(len(onsets))], vowels[n.rng.IntN(len(vowels))])
			if n.rng.IntN(3) == 0 {
				word = append(word, codas[n.rng.IntN(len(codas))])
			}
		}
		if s := string(word); !n.taken[s] {
			n.taken[s] = true
			return s
		}
	}
}
