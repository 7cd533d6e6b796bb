package topology

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/diagnops/diagnops/engine/model"
)

// moody answers with what a function says.
type moody struct {
	names []string
	fail  error
	query func(expr string) (model.Answer, error)
}

func (m *moody) MetricNames(context.Context, map[string]string, model.Interval) ([]string, error) {
	return m.names, m.fail
}

func (m *moody) Query(_ context.Context, expr string, grid model.Grid) (model.Answer, error) {
	if grid.Len() != 1 || !grid.Time(0).Equal(noon) {
		return model.Answer{}, errors.New("asked about another time")
	}
	return m.query(expr)
}

func TestAskGoesOnWithoutAnAnswer(t *testing.T) {
	t.Parallel()
	src := &moody{names: []string{"istio_requests_total", "up"}, query: func(expr string) (model.Answer, error) {
		if strings.Contains(expr, "istio") {
			return model.Answer{}, errors.New("too many samples")
		}
		ls := model.NewLabels(map[string]string{model.MetricName: "up", "job": "web", "instance": "a:1"})
		gone := model.NewLabels(map[string]string{model.MetricName: "up", "job": "old", "instance": "b:1"})
		return model.Answer{Series: []model.AnswerSeries{{Labels: ls, Values: []float64{0}}, {Labels: gone, Values: []float64{model.Gap()}}}}, nil
	}}
	seen, err := Ask(context.Background(), src, Options{At: noon})
	if err != nil {
		t.Fatal(err)
	}
	if len(seen.Unanswered) != 2 || !strings.Contains(seen.Unanswered[0], "too many samples") {
		t.Errorf("not answered: %q", seen.Unanswered)
	}
	d := Discover(seen)
	if len(d.Components) != 1 || d.Components[0].Name != "web" {
		t.Errorf("a target that is down is there, one without samples is not; found %+v", d.Components)
	}
}

func TestAskFails(t *testing.T) {
	t.Parallel()
	nobody := errors.New("nobody there")
	if _, err := Ask(context.Background(), &moody{fail: nobody}, Options{At: noon}); !errors.Is(err, nobody) {
		t.Errorf("got %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	src := &moody{names: []string{"up"}, query: func(string) (model.Answer, error) {
		cancel()
		return model.Answer{}, ctx.Err()
	}}
	if _, err := Ask(ctx, src, Options{At: noon}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// TestWholeDevice tells partitions from devices.
func TestWholeDevice(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"sda1": "sda", "vda": "vda", "nvme0n1p2": "nvme0n1", "nvme0n1": "nvme0n1", "mmcblk0p1": "mmcblk0", "md0": "md", "loop0p1": "loop0",
	} {
		if got := wholeDevice(name); got != want {
			t.Errorf("%s is on %s, want %s", name, got, want)
		}
	}
}

func TestPlainName(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"shop_backend": "shop", "be_shop": "shop", "order-service": "order", "OrderService": "orderservice", "web-01": "web",
		"backend": "backend", "s1": "", "db": "", "app-web-svc": "web", "svc": "svc",
	} {
		if got := plainName(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
}
