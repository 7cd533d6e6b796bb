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

// The chart's area, and what its axes span: both are logarithmic.
const (
	chartLeft, chartRight, chartTop, chartBottom = 70.0, 560.0, 50.0, 360.0
	leastAsked, mostAsked                        = 10.0, 10_000.0 // components
	leastTook, mostTook                          = 1.0, 10_000.0  // milliseconds
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

// whyChart draws two lines for each town, processor time and 99th percentile, over the number of components asked about.
func whyChart(figures []whyFigure) string {
	var b strings.Builder
	b.WriteString(`<svg xmlns="http://www.w3.org/2000/svg" width="760" height="420" font-family="sans-serif" font-size="12">` + "\n")
	b.WriteString(`<rect width="760" height="420" fill="white"/>` + "\n")
	b.WriteString(`<text x="70" y="24" font-size="14">Time of an answer by components asked about, 20 signals of 240 points each, while samples come in</text>` + "\n")
	for v := leastAsked; v <= mostAsked; v *= 10 {
		fmt.Fprintf(&b, `<line x1="%.1f" x2="%.1f" y1="50" y2="360" stroke="#ddd"/><text x="%.1f" y="378" text-anchor="middle">%g</text>`+"\n", chartX(v), chartX(v), chartX(v), v)
	}
	for v := leastTook; v <= mostTook; v *= 10 {
		fmt.Fprintf(&b, `<line x1="70" x2="560" y1="%.1f" y2="%.1f" stroke="#ddd"/><text x="64" y="%.1f" text-anchor="end">%g ms</text>`+"\n", chartY(v), chartY(v), chartY(v)+4, v)
	}
	b.WriteString(`<text x="315" y="402" text-anchor="middle">components asked about</text>` + "\n")
	byTown := map[int][]whyFigure{}
	for _, f := range figures {
		byTown[f.stored] = append(byTown[f.stored], f)
	}
	colors, row := []string{"#1f77b4", "#d62728", "#2ca02c", "#9467bd"}, 0
	for i, stored := range slices.Sorted(maps.Keys(byTown)) {
		color := colors[i%len(colors)]
		for _, q := range []struct {
			name, dash string
			of         func(whyFigure) float64
		}{{"CPU", "", func(f whyFigure) float64 { return f.cpu }}, {"p99", "4 3", func(f whyFigure) float64 { return f.p99 }}} {
			var points []string
			for _, f := range byTown[stored] {
				points = append(points, fmt.Sprintf("%.1f,%.1f", chartX(float64(f.asked)), chartY(q.of(f))))
			}
			fmt.Fprintf(&b, `<polyline points="%s" fill="none" stroke="%s" stroke-width="2" stroke-dasharray="%s"/>`+"\n", strings.Join(points, " "), color, q.dash)
			y := 70 + 20*row
			fmt.Fprintf(&b, `<line x1="580" x2="604" y1="%d" y2="%d" stroke="%s" stroke-width="2" stroke-dasharray="%s"/><text x="610" y="%d">%s, %d stored</text>`+"\n", y, y, color, q.dash, y+4, q.name, stored)
			row++
		}
	}
	b.WriteString("</svg>\n")
	return b.String()
}
