package window

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/diagnops/diagnops/engine/model"
)

var gap = model.Gap()

func TestEvaluatorOptionsValidateListsEverything(t *testing.T) {
	_, err := NewEvaluator(EvaluatorOptions{MaxSamples: -1, Timeout: -1})
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{"lookback delta (0s)", "max samples (-1)", "timeout (-1ns)"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error %q does not say %q", err, want)
		}
	}
}

func TestQuery(t *testing.T) {
	w := newWindow(t, Options{})
	fill(t, w, lb("__name__", "load", "host", "h2"), 0, 10, 1, gap, gap, gap, 5, 6)
	fill(t, w, lb("__name__", "load", "host", "h1"), 0, 10, 1, 2, model.StaleMarker(), gap, 5, math.Inf(1))
	fill(t, w, lb("__name__", "requests_total"), 0, 10, 0, 10, 20, 5, 15, 25)
	q := newEvaluator(t, 15*time.Second).On(w.Cut(at(50)))

	for _, c := range []struct {
		expr string
		grid model.Grid
		want []model.AnswerSeries
	}{
		{"load", seconds(0, 10, 7), []model.AnswerSeries{
			{Labels: lb("__name__", "load", "host", "h1"), Values: []float64{1, 2, gap, gap, 5, math.Inf(1), math.Inf(1)}},
			{Labels: lb("__name__", "load", "host", "h2"), Values: []float64{1, 1, gap, gap, 5, 6, 6}},
		}},
		{`(load{host=~"h1|h3"})`, seconds(5, 10, 2), []model.AnswerSeries{
			{Labels: lb("__name__", "load", "host", "h1"), Values: []float64{1, 2}},
		}},
		{"load offset 10s", seconds(10, 10, 2), []model.AnswerSeries{
			{Labels: lb("__name__", "load", "host", "h1"), Values: []float64{1, 2}},
			{Labels: lb("__name__", "load", "host", "h2"), Values: []float64{1, 1}},
		}},
		// A reset is no negative increase; one sample is no increase at all; none is read back below zero.
		{"increase(requests_total[11s])", seconds(0, 10, 5), []model.AnswerSeries{
			{Labels: lb(), Values: []float64{gap, 10, 11, 5.5, 11}},
		}},
		{"sum(load) / sum(load * 0)", seconds(0, 10, 2), []model.AnswerSeries{
			{Labels: lb(), Values: []float64{math.Inf(1), math.Inf(1)}},
		}},
		// 0/0 is a series that knows nothing.
		{"load * 0 / 0", seconds(0, 10, 2), []model.AnswerSeries{
			{Labels: lb("host", "h1"), Values: []float64{gap, gap}},
			{Labels: lb("host", "h2"), Values: []float64{gap, gap}},
		}},
		{"1 + 1", seconds(0, 10, 2), []model.AnswerSeries{{Labels: lb(), Values: []float64{2, 2}}}},
		{"nothing", seconds(0, 10, 2), nil},
		{"rate(nothing[1m])", seconds(0, 10, 2), nil},
	} {
		t.Run(c.expr, func(t *testing.T) {
			got := ask(t, q, c.expr, c.grid)
			if d := cmp.Diff(c.want, got.Series, answers...); d != "" {
				t.Error(d)
			}
		})
	}
}

// answers compares with gaps equal to gaps, and rates to their last bits.
var answers = []cmp.Option{cmpopts.EquateNaNs(), cmpopts.EquateEmpty(), cmpopts.EquateApprox(1e-9, 0)}

func TestQueryJoinsSpans(t *testing.T) {
	w := newWindow(t, Options{})
	fill(t, w, lb("__name__", "load", "host", "h1"), 0, 10, 1, 2, 3)
	fill(t, w, lb("__name__", "load", "host", "h2"), 1000, 10, 7, 8, 9)
	fill(t, w, lb("__name__", "load", "host", "h3"), 500, 10, 7, 8, 9)
	q := newEvaluator(t, 10*time.Second).On(w.Cut(at(2000)))
	grid := model.Grid{Step: 10 * time.Second, Spans: []model.Span{{StartMillis: 0, N: 3}, {StartMillis: 1_000_000, N: 2}}}
	for expr, name := range map[string]string{"load": "load", "load + 0": ""} {
		want := []model.AnswerSeries{
			{Labels: lb("host", "h1"), Values: []float64{1, 2, 3, gap, gap}},
			{Labels: lb("host", "h2"), Values: []float64{gap, gap, gap, 7, 8}},
		}
		if name != "" {
			for i := range want {
				want[i].Labels = lb("__name__", name, "host", want[i].Labels.Get("host"))
			}
		}
		if d := cmp.Diff(want, ask(t, q, expr, grid).Series, answers...); d != "" {
			t.Errorf("%s: %s", expr, d)
		}
	}
}

func TestQueryWarns(t *testing.T) {
	w := newWindow(t, Options{})
	fill(t, w, lb("__name__", "load"), 0, 10, 1, 2, 3)
	got := ask(t, newEvaluator(t, 10*time.Second).On(w.Cut(at(20))), "quantile(2, load)", seconds(0, 10, 2))
	if len(got.Warnings) != 1 || !strings.Contains(got.Warnings[0], "quantile") {
		t.Errorf("warnings %q", got.Warnings)
	}
}

func TestQueryErrors(t *testing.T) {
	w := newWindow(t, Options{})
	fill(t, w, lb("__name__", "load"), 0, 10, 1, 2, 3)
	q := newEvaluator(t, time.Second).On(w.Cut(at(20)))
	good := seconds(0, 10, 2)
	for _, c := range []struct {
		expr string
		grid model.Grid
		want string
	}{
		{"load{", good, "parse error"},
		{"load[5m]", good, "range vector"},
		{"load", model.Grid{Step: 0, Spans: good.Spans}, "grid step (0s)"},
		{"load", model.Grid{Step: time.Second, Spans: []model.Span{{StartMillis: 0, N: 0}}}, "must hold points"},
		{"load", model.Grid{Step: time.Second, Spans: []model.Span{{StartMillis: 5, N: 2}, {StartMillis: 1005, N: 1}}}, "not overlap"},
	} {
		if _, err := q.Query(context.Background(), c.expr, c.grid); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", c.expr, err, c.want)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for _, expr := range []string{"load", "load + 1"} {
		if _, err := q.Query(ctx, expr, good); err == nil {
			t.Errorf("%s: no error although cancelled", expr)
		}
	}
	if _, err := q.MetricNames(ctx, nil, model.Interval{}); !errors.Is(err, context.Canceled) {
		t.Errorf("MetricNames: error %v", err)
	}
}

func TestMetricNames(t *testing.T) {
	w := newWindow(t, Options{})
	fill(t, w, lb("__name__", "load", "host", "h1"), 0, 10, 1, 2)
	fill(t, w, lb("__name__", "load", "host", "h2"), 0, 10, 1, 2)
	fill(t, w, lb("__name__", "disk", "host", "h1"), 100, 10, 1, 2)
	fill(t, w, lb("__name__", "gone", "host", "h1"), 100, 10, model.StaleMarker())
	q := newEvaluator(t, time.Second).On(w.Cut(at(200)))
	for _, c := range []struct {
		selector map[string]string
		iv       model.Interval
		want     []string
	}{
		{nil, model.Interval{}, []string{"disk", "load"}},
		{map[string]string{"host": "h1"}, model.Interval{}, []string{"disk", "load"}},
		{map[string]string{"host": "h2"}, model.Interval{}, []string{"load"}},
		{map[string]string{"host": "h1"}, model.Interval{From: at(11)}, []string{"disk"}},
		{map[string]string{"host": "h1"}, model.Interval{To: at(99)}, []string{"load"}},
		{map[string]string{"host": "h3"}, model.Interval{}, []string{}},
	} {
		got, err := q.MetricNames(context.Background(), c.selector, c.iv)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%v in %v: %s", c.selector, c.iv, d)
		}
	}
}
