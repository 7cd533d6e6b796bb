package experiment

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/diagnops/diagnops/engine/model"
)

// network is the search for why a bonded interface drops out: five factors, tried one after the other.
func network(rows ...string) *model.Trials {
	t := &model.Trials{RunCost: 1, Factors: []model.Factor{
		{Name: "kernel", Values: []string{"6.1", "6.6"}, Cost: 30},
		{Name: "driver", Values: []string{"5.1", "5.4"}, Cost: 20},
		{Name: "firmware", Values: []string{"1.8", "1.9"}, Cost: 40},
		{Name: "cable", Values: []string{"c1", "c2"}, Cost: 5},
		{Name: "port", Values: []string{"p1", "p2"}, Cost: 10},
	}}
	for i, r := range rows {
		cells := strings.Fields(r)
		trial := model.Trial{Line: i + 2, Setting: cells[:5]}
		trial.Good, trial.Bad = strings.Count(cells[5], "g"), strings.Count(cells[5], "b")
		t.Trials = append(t.Trials, trial)
	}
	return t
}

func analyze(t *testing.T, trials *model.Trials) *model.Experiment {
	t.Helper()
	e, err := Analyze(trials)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func top(e *model.Experiment) string {
	if len(e.Remaining) == 0 {
		return ""
	}
	return said(e.Remaining[0].Where)
}

func TestOneAfterTheOther(t *testing.T) {
	t.Parallel()
	e := analyze(t, network("6.1 5.1 1.8 c1 p1 b", "6.6 5.1 1.8 c1 p1 b", "6.6 5.1 1.8 c2 p1 b", "6.6 5.1 1.8 c2 p2 b", "6.6 5.4 1.8 c2 p2 b", "6.6 5.4 1.9 c2 p2 ggg"))
	if got := top(e); got != "firmware=1.8" || e.Remaining[0].Probability < 0.9 {
		t.Errorf("the likeliest is %s with %v", got, e.Remaining)
	}
	var out []string
	for _, f := range e.RuledOut {
		out = append(out, f.Factor+" "+f.Value)
	}
	if diff := cmp.Diff([]string{"kernel ", "driver ", "firmware 1.9", "cable ", "port "}, out); diff != "" {
		t.Errorf("ruled out (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]int{2, 4}, e.RuledOut[3].Lines); diff != "" {
		t.Errorf("the trials that rule the cable out (-want +got):\n%s", diff)
	}
}

// TestGoodIsWeakWhereTheTroubleIsRare: one good run does not clear what shows in one run of five, twenty do.
func TestGoodIsWeakWhereTheTroubleIsRare(t *testing.T) {
	t.Parallel()
	once := analyze(t, network("6.1 5.1 1.8 c1 p1 bggggbgggg", "6.1 5.1 1.8 c2 p1 g"))
	often := analyze(t, network("6.1 5.1 1.8 c1 p1 bggggbgggg", "6.1 5.1 1.8 c2 p1 "+strings.Repeat("g", 25)))
	cable := func(e *model.Experiment) float64 {
		i := slices.IndexFunc(e.Remaining, func(x model.Explanation) bool { return said(x.Where) == "cable=c1" })
		if i < 0 {
			t.Fatalf("the cable is out: %+v", e.Remaining)
		}
		return e.Remaining[i].Probability
	}
	if a, b := cable(once), cable(often); a > 0.25 || b < 0.5 {
		t.Errorf("the cable is %v likely after one good run with another, %v after 25", a, b)
	}
}

func TestTwoTogether(t *testing.T) {
	t.Parallel()
	e := analyze(t, network("6.1 5.1 1.8 c1 p1 bbbbbb", "6.6 5.1 1.8 c1 p1 gggggg", "6.1 5.4 1.8 c1 p1 gggggg", "6.1 5.1 1.8 c2 p2 bbbb", "6.1 5.1 1.9 c1 p1 bbbb"))
	if got := top(e); got != "kernel=6.1, driver=5.1" {
		t.Errorf("the likeliest is %s: %+v", got, e.Remaining)
	}
}

func TestSomethingElse(t *testing.T) {
	t.Parallel()
	e := analyze(t, network("6.1 5.1 1.8 c1 p1 b", "6.6 5.4 1.9 c2 p2 b", "6.6 5.1 1.9 c1 p2 b", "6.1 5.4 1.8 c2 p1 b"))
	if e.SomethingElse < 0.9 || !strings.Contains(e.Verdict.String(), "something else") {
		t.Errorf("%s (something else %v)", e.Verdict, e.SomethingElse)
	}
}

func TestNothingBadYet(t *testing.T) {
	t.Parallel()
	e := analyze(t, network("6.1 5.1 1.8 c1 p1 g", "6.6 5.1 1.8 c1 p1 -"))
	if !strings.Contains(e.Verdict.String(), "nothing to explain") || e.Counts.Unknown != 1 || len(e.RuledOut) != 0 {
		t.Errorf("%s; %+v", e.Verdict, e.Counts)
	}
}

// TestNextSparesWhatIsDear: the cable tells as much as the firmware and costs an eighth.
func TestNextSparesWhatIsDear(t *testing.T) {
	t.Parallel()
	trials := network("6.1 5.1 1.8 c1 p1 bbbb")
	e := analyze(t, trials)
	if len(e.Next) == 0 || !slices.Contains(e.Next[0].Changes, model.FactorValue{Factor: "cable", Value: "c2"}) {
		t.Fatalf("next: %+v", e.Next)
	}
	for i := range trials.Factors {
		trials.Factors[i].Cost = 1
	}
	if two := analyze(t, trials).Next[0]; len(two.Changes) != 2 || two.GainBits <= e.Next[0].GainBits/2 {
		t.Errorf("where changes cost the same, next is %+v: two at once halve the field sooner", two)
	}
}

// TestGainByHand: two causes as likely as each other, one of which a single run would show with certainty if it is it.
func TestGainByHand(t *testing.T) {
	t.Parallel()
	all := []belief{{cause: cause{{0, 0}}, p: 0.5}, {cause: cause{{0, 1}}, p: 0.5}}
	bits, bad := gain(all, []int{0}, [][]float64{{0, 1}, {0, 1}}, []float64{1, 0})
	if math.Abs(bits-1) > 1e-12 || math.Abs(bad-0.5) > 1e-12 {
		t.Errorf("a run that decides between two tells %v bits, bad with %v", bits, bad)
	}
	if bits, _ = gain(all, []int{0}, [][]float64{{0.5, 0.5}, {0.5, 0.5}}, []float64{0.5, 0.5}); bits > 1e-12 {
		t.Errorf("a coin tells %v bits", bits)
	}
}

// TestOrderOfTrials: beliefs sum to one, in whatever order the trials are told.
func TestOrderOfTrials(t *testing.T) {
	t.Parallel()
	rows := []string{"6.1 5.1 1.8 c1 p1 bg", "6.6 5.1 1.8 c1 p1 g", "6.1 5.1 1.8 c2 p1 b", "6.1 5.4 1.9 c2 p2 gg"}
	a := newTable(network(rows...))
	slices.Reverse(rows)
	b := newTable(network(rows...))
	x, y, sum := a.learn(), b.learn(), 0.0
	for i := range x {
		sum += x[i].p
		if math.Abs(x[i].p-y[i].p) > 1e-12 {
			t.Fatalf("cause %v is %v or %v likely, as the trials are told", x[i].cause, x[i].p, y[i].p)
		}
	}
	if math.Abs(sum-1) > 1e-9 {
		t.Errorf("probabilities sum to %v", sum)
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(*model.Trials){
		"there must be at least one": func(t *model.Trials) { t.Trials = nil },
		"two values": func(t *model.Trials) {
			for i := range t.Factors {
				t.Factors[i].Values = t.Factors[i].Values[:1]
			}
		},
		"cost of a run (0)": func(t *model.Trials) { t.RunCost = 0 },
	} {
		trials := network("6.1 5.1 1.8 c1 p1 b")
		spoil(trials)
		if _, err := Analyze(trials); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("error %v, want one about %s", err, name)
		}
	}
}
