package rank

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"github.com/diagnops/diagnops/engine/model"
)

// TestOutlook: a measurement tells most about a suspect whose case is open, and nothing about one that is settled.
func TestOutlook(t *testing.T) {
	rules := func(h *model.Hypothesis) []Bearing { return []Bearing{{h, 3, math.Inf(-1)}} }
	of := func(odds float64) (Outlook, *model.Hypothesis) {
		h := suspect("mail", "slow", supports("callers-see", "a", odds))
		return Rank([]*model.Hypothesis{h, suspect("db", "slow", supports("own-signal", "b", 3))}, strong, weights).Forecast(weights).Outlook("mail", rules(h)), h
	}
	open, _ := of(3)
	settled, _ := of(20)
	hopeless, _ := of(-9)
	if !(open.Bits > 0.3 && open.Bits < 1) || settled.Bits > 0.01 || hopeless.Bits > 0.01 {
		t.Errorf("expected gains: open %.3f, settled %.3f, hopeless %.3f bits", open.Bits, settled.Bits, hopeless.Bits)
	}
	if open.Bad.First != "mail" || open.Quiet.First != "db" || open.Rival != "db" || open.Bad.Probability < 0.8 || open.Quiet.Probability < 0.5 {
		t.Errorf("prospects %+v", open)
	}
	// Something that only weighs tells less than something that rules out.
	h := suspect("mail", "slow", supports("callers-see", "a", 3))
	r := Rank([]*model.Hypothesis{h, suspect("db", "slow", supports("own-signal", "b", 3))}, strong, weights)
	if weak := r.Forecast(weights).Outlook("mail", []Bearing{{h, 3, -0.8}}); weak.Bits >= open.Bits || weak.Bits <= 0 {
		t.Errorf("what weighs gives %.3f bits, what rules out %.3f", weak.Bits, open.Bits)
	}
	if none := r.Forecast(weights).Outlook("mail", nil); none.Bits != 0 {
		t.Errorf("what bears on nothing gives %.3f bits", none.Bits)
	}
	quiet := Rank([]*model.Hypothesis{suspect("mail", "slow")}, absent, weights)
	if o := quiet.Forecast(weights).Outlook("mail", []Bearing{{quiet.Standings[0].Hypothesis, 1, -1}}); o.Quiet.First != "" || o.Rival != "" {
		t.Errorf("where nothing is wrong and nothing bad turns up, %q comes first", o.Quiet.First)
	}
}

// TestOutlookHolds does the sums again, from the joint distribution: the gain is the mutual information of component and
// outcome, and what the outcomes make of a component is, on average, what is held of it now.
func TestOutlookHolds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := Rank(anySuspects(t), anySymptom(t), weights)
		if len(r.Standings) == 0 {
			return
		}
		h := r.Standings[rapid.IntRange(0, len(r.Standings)-1).Draw(t, "whose")].Hypothesis
		b := Bearing{h, rapid.Float64Range(0.5, 8).Draw(t, "bad"), -rapid.Float64Range(0.1, 8).Draw(t, "quiet")}
		o := r.Forecast(weights).Outlook(h.Component, []Bearing{b})

		// By chance, and under the hypothesis: the two likelihood ratios are what the weights say.
		f := (1 - math.Exp(b.Quiet)) / (math.Exp(b.Bad) - math.Exp(b.Quiet))
		sick := f * math.Exp(b.Bad)
		if got := math.Log((1 - sick) / (1 - f)); math.Abs(got-b.Quiet) > 1e-6 {
			t.Fatalf("a quiet signal weighs %g, want %g", got, b.Quiet)
		}
		var own, all float64
		for _, x := range r.Survivors() {
			if x.Component == h.Component {
				p := math.Exp(x.LogOdds - h.LogOdds)
				all += p
				if x == h {
					own = p
				}
			}
		}
		p, _, _ := r.shares(weights)
		bad, rest := 0.0, 1.0
		var joint [][2]float64 // by component and outcome
		for i, s := range r.Standings {
			often := f
			if s.Hypothesis == h {
				often = f + own/all*(sick-f)
			}
			joint, bad, rest = append(joint, [2]float64{p[i] * often, p[i] * (1 - often)}), bad+p[i]*often, rest-p[i]
		}
		joint, bad = append(joint, [2]float64{rest * f, rest * (1 - f)}), bad+rest*f
		bits := 0.0
		for _, j := range joint {
			for k, out := range []float64{bad, 1 - bad} {
				if j[k] > 1e-300 {
					bits += j[k] * math.Log2(j[k]/((j[0]+j[1])*out))
				}
			}
		}
		if math.Abs(bits-o.Bits) > 1e-6 || o.Bits < 0 || o.Bits > 1 {
			t.Fatalf("the gain is %g bits, the joint distribution gives %g", o.Bits, bits)
		}
		if math.Abs(o.Bad.Chance-bad) > 1e-9 || math.Abs(o.Bad.Chance+o.Quiet.Chance-1) > 1e-9 {
			t.Fatalf("bad with %g and quiet with %g, want %g", o.Bad.Chance, o.Quiet.Chance, bad)
		}
	})
}
