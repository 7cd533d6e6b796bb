package remotewrite

import (
	"fmt"
	"strings"

	"github.com/diagnops/diagnops/engine/model"
)

// reason is why a decoder, or a limit, refused samples of a series.
type reason int

const (
	fine reason = iota
	noLabels
	noMetricName
	emptyLabelName
	unsortedLabels
	repeatedLabel
	tooManyLabels
	tooLongLabels
	notUTF8
	badReference
	noSamples
	mixed
	mistimed
	badHistogram
	overSeries
	numReasons
)

// said completes "series ..." and labels the counters.
var said = [numReasons]struct{ label, text string }{
	noLabels:       {"no_labels", "must have labels"},
	noMetricName:   {"no_metric_name", "must have a metric's name"},
	emptyLabelName: {"empty_label_name", "must not have a label without a name"},
	unsortedLabels: {"unsorted_labels", "must have its labels sorted by name"},
	repeatedLabel:  {"repeated_label", "must have each label once"},
	tooManyLabels:  {"too_many_labels", "must have fewer labels"},
	tooLongLabels:  {"too_long_labels", "must have shorter labels"},
	notUTF8:        {"not_utf8", "must have labels in UTF-8"},
	badReference:   {"bad_reference", "must refer to symbols of the request, in pairs"},
	noSamples:      {"no_samples", "must have samples or histograms"},
	mixed:          {"mixed", "must have samples or histograms, not both"},
	mistimed:       {"mistimed", "must not have times before 1970 or in the future"},
	badHistogram:   {"bad_histogram", "must have a valid native histogram"},
	overSeries:     {"over_series_limit", "is over its sender's limit of active series"},
}

// String returns the label of the reason in statistics.
func (r reason) String() string { return said[r].label }

// refusals counts what was refused for good, with an example for each reason.
type refusals [numReasons]refusal

type refusal struct {
	n       int
	example string
}

// maxExample bounds an example in bytes: enough to find the series by.
const maxExample = 200

func (r *refusals) add(why reason, n int, ls model.Labels) {
	if n == 0 {
		return
	}
	if r[why].n == 0 {
		r[why].example = clip(ls.String(), maxExample)
	}
	r[why].n += n
}

func (r *refusals) total() int {
	n := 0
	for i := range r {
		n += r[i].n
	}
	return n
}

// write adds a line for each reason.
func (r *refusals) write(b *strings.Builder) {
	for i := range r {
		if r[i].n > 0 {
			fmt.Fprintf(b, "%d refused: a series %s, such as %s\n", r[i].n, said[i].text, r[i].example)
		}
	}
}

// clip copies a text, at most n bytes of it, as valid UTF-8.
func clip(s string, n int) string {
	if len(s) > n {
		s = s[:n] + "..."
	}
	return strings.Clone(strings.ToValidUTF8(s, "\uFFFD"))
}
