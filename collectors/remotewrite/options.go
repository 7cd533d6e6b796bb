package remotewrite

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"
)

// Limits bound one sender. Zero means no limit of its own; those of Options hold for everybody.
type Limits struct {
	// RequestBytes is how long a request may be, compressed. Over it: 413.
	RequestBytes int
	// BytesPerSecond, compressed, and SamplesPerSecond (histograms count as one) are averages; the burst on top is what comes
	// in one second, or one request if that is more. Over it: 429.
	BytesPerSecond, SamplesPerSecond float64
	// ActiveSeries is how many series that had a point within Options.ActiveWindow a sender may have. Series over it: 400.
	// A series counts for one to two windows, and costs about 40 bytes of memory and a look-up for every point while there is a limit.
	ActiveSeries int
	// InFlight is how many requests may be under way at a time. Over it: 429.
	InFlight int
}

// Options configure a Handler. Zero fields take the defaults.
type Options struct {
	// SenderHeader names the header that tells senders apart, such as X-Scope-OrgID. A request without it, or with no such
	// header configured, is told by its basic-auth user, then by its address.
	SenderHeader string
	// Limits hold for each sender, LimitsFor for some by name, instead.
	Limits    Limits
	LimitsFor map[string]Limits

	// RequestBytes and DecodedBytes bound a request before and after decompression. A decoded message takes at most about 16
	// times its size while it is worked on, twice is usual.
	RequestBytes, DecodedBytes int
	// InFlight bounds how many requests are worked on at a time; others wait QueueTimeout for their turn, then get a 503.
	InFlight     int
	QueueTimeout time.Duration
	// Labels and LabelBytes bound a series: how many labels, and the bytes of all names and values.
	Labels, LabelBytes int
	// MaxAhead is how far in the future a point may lie; one far ahead would make every later one out of order.
	MaxAhead time.Duration
	// ActiveWindow is how long a series counts as active after a point, for Limits.ActiveSeries.
	ActiveWindow time.Duration
	// Senders and Histograms bound how many senders, and how many series of native histograms, are remembered. The ones
	// heard of least recently are forgotten: a sender then has its full burst again, and a histogram its bounds to show anew.
	Senders, Histograms int
	// Known bounds how many series are remembered as they are spelled in requests, from when the sink holds them until it does
	// not: these are not read, judged and looked up label by label again. They take 0.5 to 1 KB each.
	Known int

	// Now is the clock; nil means time.Now.
	Now func() time.Time
	// OnError is told why a request got a 500, which the answer does not say; nil means nobody is.
	OnError func(sender string, err error)
}

// The defaults, and why.
const (
	defaultRequestBytes = 16 << 20         // a hundred times what Prometheus sends at once
	defaultDecodedBytes = 32 << 20         // what Prometheus itself takes
	defaultInFlight     = 16               // enough to keep the processors busy while some bodies are on their way
	defaultQueueTimeout = 10 * time.Second // Prometheus gives up after 30
	defaultLabels       = 128
	defaultLabelBytes   = 16 << 10
	defaultMaxAhead     = 10 * time.Minute // as Prometheus
	defaultActiveWindow = 10 * time.Minute
	defaultSenders      = 1000
	defaultHistograms   = 5000    // 3 to 30 KB each
	defaultKnown        = 100_000 // as many as a live window holds by default
)

func (o Options) withDefaults() Options {
	def(&o.RequestBytes, defaultRequestBytes)
	def(&o.DecodedBytes, defaultDecodedBytes)
	def(&o.InFlight, defaultInFlight)
	def(&o.QueueTimeout, defaultQueueTimeout)
	def(&o.Labels, defaultLabels)
	def(&o.LabelBytes, defaultLabelBytes)
	def(&o.MaxAhead, defaultMaxAhead)
	def(&o.ActiveWindow, defaultActiveWindow)
	def(&o.Senders, defaultSenders)
	def(&o.Histograms, defaultHistograms)
	def(&o.Known, defaultKnown)
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}

func def[T int | time.Duration](v *T, to T) {
	if *v == 0 {
		*v = to
	}
}

// Validate lists everything that is wrong with the options.
func (o Options) Validate() error {
	o = o.withDefaults()
	var p problems
	p.atLeast("request bytes", float64(o.RequestBytes), 1)
	p.atLeast("decoded bytes", float64(o.DecodedBytes), 1)
	p.atLeast("in flight", float64(o.InFlight), 1)
	p.atLeast("queue timeout", float64(o.QueueTimeout), 0)
	p.atLeast("labels", float64(o.Labels), 1)
	p.atLeast("label bytes", float64(o.LabelBytes), 1)
	p.atLeast("max ahead", float64(o.MaxAhead), 0)
	p.atLeast("active window", float64(o.ActiveWindow), 1)
	p.atLeast("senders", float64(o.Senders), 1)
	p.atLeast("histograms", float64(o.Histograms), 1)
	p.atLeast("known series", float64(o.Known), 1)
	o.Limits.validate(&p, "")
	for _, name := range slices.Sorted(maps.Keys(o.LimitsFor)) {
		o.LimitsFor[name].validate(&p, " of "+name)
	}
	return errors.Join(p...)
}

func (l Limits) validate(p *problems, whose string) {
	p.atLeast("limit of request bytes"+whose, float64(l.RequestBytes), 0)
	p.atLeast("limit of bytes a second"+whose, l.BytesPerSecond, 0)
	p.atLeast("limit of samples a second"+whose, l.SamplesPerSecond, 0)
	p.atLeast("limit of active series"+whose, float64(l.ActiveSeries), 0)
	p.atLeast("limit of requests in flight"+whose, float64(l.InFlight), 0)
}

type problems []error

// atLeast holds NaN for too little.
func (p *problems) atLeast(what string, v, least float64) {
	if !(v >= least) {
		*p = append(*p, fmt.Errorf("%s (%v) must be at least %v", what, v, least))
	}
}
