package bench

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// whyFigure is a line of results/why.txt: how long answers took about so many components while so many were stored.
type whyFigure struct {
	stored, asked int
	cpu, p99      float64 // milliseconds an answer: of all processors, and on the wall
}

var whyLine = regexp.MustCompile(`^BenchmarkWhyLive/stored=(\d+)/asked=(\d+)\S*\s.*?([\d.]+) cpu-ms.*?([\d.]+) p99-ms`)

// readWhyFigures reads what BenchmarkWhyLive printed; of several runs it keeps the median one by processor time.
func readWhyFigures(text string) []whyFigure {
	type point struct{ stored, asked int }
	runs := map[point][]whyFigure{}
	for line := range strings.Lines(text) {
		if m := whyLine.FindStringSubmatch(line); m != nil {
			var f whyFigure
			f.stored, _ = strconv.Atoi(m[1])
			f.asked, _ = strconv.Atoi(m[2])
			f.cpu, _ = strconv.ParseFloat(m[3], 64)
			f.p99, _ = strconv.ParseFloat(m[4], 64)
			at := point{f.stored, f.asked}
			runs[at] = append(runs[at], f)
		}
	}
	var out []whyFigure
	for _, fs := range runs {
		slices.SortFunc(fs, func(a, b whyFigure) int { return cmp.Compare(a.cpu, b.cpu) })
		out = append(out, fs[len(fs)/2])
	}
	slices.SortFunc(out, func(a, b whyFigure) int {
		return cmp.Or(cmp.Compare(a.stored, b.stored), cmp.Compare(a.asked, b.asked))
	})
	return out
}

// TestWhyChart draws results/why.svg from results/why.txt; with -update it writes the chart anew.
func TestWhyChart(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("results", "why.txt"))
	if err != nil {
		t.Fatal(err)
	}
	figures := readWhyFigures(string(text))
	towns := map[int]int{}
	for _, f := range figures {
		towns[f.stored]++
	}
	if len(towns) < 2 || len(figures) < 2*len(towns) {
		t.Fatalf("%d figures of %d towns make no chart", len(figures), len(towns))
	}
	path, drawn := filepath.Join("results", "why.svg"), whyChart(figures)
	if *update {
		if err := os.WriteFile(path, []byte(drawn), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if kept, err := os.ReadFile(path); err != nil || string(kept) != drawn {
		t.Errorf("the chart is not that of the figures (%v): go test ./bench -run WhyChart -update", err)
	}
}

// The chart's size, the area of its lines, and what its axes span: both are logarithmic.
const (
	chartWidth, chartHeight                      = 860.0, 480.0
	chartLeft, chartRight, chartTop, chartBottom = 84.0, 640.0, 84.0, 412.0
	leastAsked, mostAsked                        = 7.0, 14_000.0 // components
	leastTook, mostTook                          = 1.0, 20_000.0 // milliseconds
)

func chartX(asked float64) float64 {
	return chartPlace(asked, leastAsked, mostAsked, chartLeft, chartRight)
}

func chartY(took float64) float64 {
	return chartPlace(took, leastTook, mostTook, chartBottom, chartTop)
}

func chartPlace(v, least, most, from, to float64) float64 {
	share := math.Log(v/least) / math.Log(most/least)
	return from + min(1, max(0, share))*(to-from)
}

// whyQuantities are the two lines of each town.
var whyQuantities = []struct {
	name, dash, fill string
	of               func(whyFigure) float64
}{
	{"processor time", "", "", func(f whyFigure) float64 { return f.cpu }},
	{"99th percentile", "5 4", "white", func(f whyFigure) float64 { return f.p99 }},
}

// whyChart draws two lines for each town over the number of components asked about, and what was asked for.
func whyChart(figures []whyFigure) string {
	c := &chart{}
	c.printf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %g %g" width="%g" height="%g" font-family="Helvetica, Arial, sans-serif" font-size="13" fill="#333">`,
		chartWidth, chartHeight, chartWidth, chartHeight)
	c.printf(`<rect width="100%%" height="100%%" fill="white"/>`)
	c.printf(`<text x="24" y="32" font-size="18" font-weight="bold">An answer costs what it concerns, not what is stored</text>`)
	c.printf(`<text x="24" y="54" fill="#666">time of an answer; 20 signals of 240 points a component, while 200,000 samples a second come in</text>`)
	c.axes()
	for i, of := range []struct{ asked, took float64 }{{1000, 100}, {10_000, 1000}} {
		c.printf(`<path d="M%.1f %.1fh-26m13 -7v14" stroke="#999" stroke-width="1.5" fill="none"/>`, chartX(of.asked)+13, chartY(of.took))
		if i == 0 {
			c.printf(`<text x="%.1f" y="%.1f" fill="#777" text-anchor="start">wanted: 99 of 100 below</text>`, chartX(of.asked)+18, chartY(of.took)+18)
		}
	}
	byTown := map[int][]whyFigure{}
	for _, f := range figures {
		byTown[f.stored] = append(byTown[f.stored], f)
	}
	colors := []string{"#1b6ca8", "#d1495b", "#2e8b57", "#7b4fa3"}
	for i, stored := range slices.Sorted(maps.Keys(byTown)) {
		c.town(i, stored, byTown[stored], colors[i%len(colors)])
	}
	c.printf("</svg>")
	return c.b.String()
}

type chart struct{ b strings.Builder }

func (c *chart) printf(format string, args ...any) { fmt.Fprintf(&c.b, format+"\n", args...) }

func (c *chart) axes() {
	for v := 10.0; v <= mostAsked; v *= 10 {
		c.printf(`<path d="M%.1f %.1fV%.1f" stroke="#e4e4e4"/><text x="%.1f" y="%.1f" text-anchor="middle">%s</text>`,
			chartX(v), chartTop, chartBottom, chartX(v), chartBottom+20, thousands(int(v)))
	}
	for v, name := leastTook, 0; v <= mostTook; v, name = v*10, name+1 {
		c.printf(`<path d="M%.1f %.1fH%.1f" stroke="#e4e4e4"/><text x="%.1f" y="%.1f" text-anchor="end">%s</text>`,
			chartLeft, chartY(v), chartRight, chartLeft-10, chartY(v)+4, []string{"1 ms", "10 ms", "100 ms", "1 s", "10 s"}[name])
	}
	c.printf(`<text x="%.1f" y="%.1f" text-anchor="middle">components asked about</text>`, (chartLeft+chartRight)/2, chartBottom+46)
}

// town draws the lines of one town, and their row of the legend.
func (c *chart) town(row, stored int, figures []whyFigure, color string) {
	x, y := chartRight+24, chartTop+16+float64(row)*84
	c.printf(`<text x="%.1f" y="%.1f" font-weight="bold" fill="%s">%s stored</text>`, x, y, color, thousands(stored))
	for i, q := range whyQuantities {
		fill := cmp.Or(q.fill, color)
		style := fmt.Sprintf(`stroke="%s" stroke-width="2" stroke-dasharray="%s"`, color, q.dash)
		var points []string
		for _, f := range figures {
			points = append(points, fmt.Sprintf("%.1f,%.1f", chartX(float64(f.asked)), chartY(q.of(f))))
		}
		c.printf(`<polyline points="%s" fill="none" %s/>`, strings.Join(points, " "), style)
		for _, f := range figures {
			c.printf(`<circle cx="%.1f" cy="%.1f" r="4" fill="%s" stroke="%s" stroke-width="2"/>`, chartX(float64(f.asked)), chartY(q.of(f)), fill, color)
		}
		at := y + 22 + float64(i)*22
		c.printf(`<path d="M%.1f %.1fh36" %s/><circle cx="%.1f" cy="%.1f" r="4" fill="%s" stroke="%s" stroke-width="2"/><text x="%.1f" y="%.1f">%s</text>`,
			x, at-4, style, x+18, at-4, fill, color, x+46, at, q.name)
	}
}

// thousands writes a number with commas.
func thousands(n int) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%s,%03d", thousands(n/1000), n%1000)
}
