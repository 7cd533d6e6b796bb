package bench

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"sort"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// dataDir is where labelled incidents that are no part of the repository lie, one folder a data set.
func dataDir() string {
	if dir := os.Getenv("DIAGNOPS_DATA"); dir != "" {
		return dir
	}
	return "../../shared/data"
}

// ownData are recordings of our own, which testdata and the documents may show.
var ownData = []string{"lab"}

// ordinary are names of data sets' entities that are words of the field or of English, or products of a vendor. Whoever
// writes them names no entity: HAProxy and Traefik call their listeners "frontend", catalogues name the services of
// clouds.
var ordinary = []string{
	"front", "frontend", "invalid", "lambda", "DynamoDB", "StepFunctions", "Evidently", "amazon.com", "SSM", "STS", "S3",
}

// minPart is the length from which the part of a name before its first underscore is looked for on its own.
const minPart = 6

// entityNames collects what the components of a data set are called.
func entityNames(t *testing.T, dir string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*", "topology.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var topology struct {
			Components []struct {
				Name    string
				Aliases []string
			}
		}
		if err := yaml.Unmarshal(data, &topology); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		for _, c := range topology.Components {
			for _, n := range append(c.Aliases, c.Name) {
				names[n] = true
				if part, _, cut := strings.Cut(n, "_"); cut && len(part) >= minPart {
					names[part] = true
				}
			}
		}
	}
	for _, n := range ordinary {
		delete(names, n)
	}
	out := make([]string, 0, len(names))
	for n := range names {
		out = append(out, n)
	}
	sort.Strings(out)
	return out
}

// anyOf matches one of the names standing alone, not inside a longer word.
func anyOf(names []string) *regexp.Regexp {
	quoted := make([]string, len(names))
	for i, n := range names {
		quoted[i] = regexp.QuoteMeta(n)
	}
	// The longest first: alternatives are tried in order.
	slices.SortFunc(quoted, func(a, b string) int { return len(b) - len(a) })
	return regexp.MustCompile(`(?i)(^|[^\w])(` + strings.Join(quoted, "|") + `)($|[^\w])`)
}

// TestNoEntityNames keeps the names of labelled data sets' components out of code, rules, tests and documents: a list of
// three well-chosen names reaches an AC@3 of .89 on one of them and knows nothing.
func TestNoEntityNames(t *testing.T) {
	t.Parallel()
	sets, err := os.ReadDir(dataDir())
	if os.IsNotExist(err) {
		t.Skip("no labelled incidents beside the repository: their names can not be looked for")
	} else if err != nil {
		t.Fatal(err)
	}
	files := sources(t)
	for _, set := range sets {
		if !set.IsDir() || slices.Contains(ownData, set.Name()) {
			continue
		}
		names := entityNames(t, filepath.Join(dataDir(), set.Name()))
		if len(names) == 0 {
			t.Errorf("no component names found in the data set %s", set.Name())
			continue
		}
		pattern := anyOf(names)
		for file, data := range files {
			if m := pattern.FindSubmatch(data); m != nil {
				t.Errorf("%s names %q, an entity of the data set %s", file, m[2], set.Name())
			}
		}
	}
}

// TestAnyOf shows that the search above can find.
func TestAnyOf(t *testing.T) {
	t.Parallel()
	pattern := anyOf([]string{"acme-cart", "x/prod_A::B", "stock"})
	for text, want := range map[string]string{
		`want "acme-cart" first`: "acme-cart", "case ACME-CART:": "ACME-CART", "x/prod_A::B": "x/prod_A::B",
		"in stock": "stock", "stockings": "", "livestock": "", "stock_level": "", "acme cart": "",
	} {
		got := ""
		if m := pattern.FindStringSubmatch(text); m != nil {
			got = m[2]
		}
		if got != want {
			t.Errorf("in %q found %q, want %q", text, got, want)
		}
	}
}
