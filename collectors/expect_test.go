package collectors

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/diagnops/diagnops/engine/model"
)

var expectTopology = &model.Topology{Components: []model.Component{{Name: "vol", Kind: "disk", Aliases: []string{"nvme"}}}}

func TestParseExpectations(t *testing.T) {
	t.Parallel()
	got, err := ParseExpectations("expect.yaml", []byte(`version: 1
expect:
- {component: nvme, fault: disk-io-saturation, rank: 1}
without:
- name: unmeasured
  series: ['{device="sdb"}', 'up']
  expect: [{missing: io_queue_length, rank: 2}]
`), expectTopology)
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Expect) != 1 || got.Expect[0].Component != "vol" {
		t.Errorf("expected %v, and an alias stands for its component", got.Expect)
	}
	if len(got.Without) != 1 || got.Without[0].Expect[0].Rank != 2 || len(got.Without[0].Series) != 2 {
		t.Errorf("without %+v", got.Without)
	}
}

func TestExpectationsNameWhatIsWrong(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, want string }{
		{"version: 1\nexpect: []\n", "expect.yaml:2:9: expect: must expect something: a test that cannot fail tests nothing"},
		{"version: 1\nexpect: [{component: val, rank: 1}]\n", `unknown component "val"; did you mean "vol"?`},
		{"version: 1\nexpect: [{status: healthy}]\nwithout:\n- {name: a, series: ['{'], expect: [{status: healthy}]}\n", "expect.yaml:4:22: without[0].series[0]: must be a series selector of PromQL: "},
		{"version: 1\nexpect: [{status: healthy}]\nwithout:\n- {name: a, series: [up]}\n", "without[0].expect: must be given"},
	} {
		_, err := ParseExpectations("expect.yaml", []byte(c.text), expectTopology)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: error %v, want %q", c.text, err, c.want)
		}
	}
}

func TestDataWithout(t *testing.T) {
	t.Parallel()
	series := func(pairs ...string) model.Labels {
		m := map[string]string{}
		for i := 0; i < len(pairs); i += 2 {
			m[pairs[i]] = pairs[i+1]
		}
		return model.NewLabels(m)
	}
	d := &Data{
		Series: []model.Labels{series("__name__", "a", "device", "sda"), series("__name__", "a", "device", "sdb"), series("__name__", "up")},
		Times:  [][]int64{{1}, {2}, {3}}, Values: [][]float64{{1}, {2}, {3}},
	}
	e, err := ParseExpectations("e", []byte("version: 1\nexpect: [{status: healthy}]\nwithout: [{name: n, series: ['a{device=\"sdb\"}', up], expect: [{status: healthy}]}]\n"), &model.Topology{})
	if err != nil {
		t.Fatal(err)
	}
	got := d.Without(e.Without[0].Series)
	if diff := cmp.Diff(&Data{Series: d.Series[:1], Times: d.Times[:1], Values: d.Values[:1]}, got); diff != "" {
		t.Errorf("left is (-want +got):\n%s", diff)
	}
	if d.NumSeries() != 3 {
		t.Error("the data that series are left out of changed")
	}
}
