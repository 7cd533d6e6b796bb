package ask

import (
	"regexp"

	"github.com/diagnops/diagnops/engine/model"
)

// symptomWords are what people say for a kind of signal. English words must stand alone; Korean stems may be inside a
// word, since verbs are inflected and nouns compounded ("응답지연", "느려졌어요").
//
// "Timeout" is taken as latency: it is waiting, seen by who waits. "Slow" beats nothing; of several symptoms the first in
// the text counts, because that is what the asker noticed.
var symptomWords = []struct {
	kind    model.SignalKind
	english []string
	korean  []string
}{
	{
		model.KindLatency,
		[]string{
			"slow", "slower", "slowest", "slowly", "slowness", "slowdown", "sluggish", "latency", "latencies", "lag", "lags",
			"laggy", "lagging", "delay", "delays", "delayed", "timeout", "timeouts", "timed out", "timing out", "time out",
			"times out", "hang", "hangs", "hanging", "hung", "stuck", "response time", "p50", "p90", "p95", "p99",
		},
		[]string{"느려", "느린", "느리", "느림", "느렸", "느릴", "늦", "지연", "레이턴시", "응답 시간", "응답시간", "타임아웃", "시간 초과", "시간초과", "버벅"},
	},
	{
		model.KindErrors,
		[]string{
			"error", "errors", "erroring", "5xx", "500", "500s", "502", "502s", "503", "503s", "504", "504s", "fail", "fails",
			"failed", "failing", "failure", "failures", "exception", "exceptions", "error rate",
		},
		[]string{"에러", "오류", "실패", "예외"},
	},
	{
		model.KindAvailability,
		[]string{
			"down", "unavailable", "dead", "died", "dying", "unreachable", "outage", "crash", "crashed", "crashes", "crashing",
			"offline", "gone", "not responding", "not working", "doesn't work", "does not work", "isn't working", "unresponsive", "availability",
		},
		[]string{
			"죽", "다운", "중단", "먹통", "접속 불가", "접속불가", "접속이 안", "접속 안", "접근 불가", "응답 없", "응답이 없", "안 돼", "안돼", "안 되", "안되", "안 됨", "안됨",
			"장애", "가용성",
		},
	},
	{
		model.KindSaturation,
		[]string{
			"full", "saturated", "saturation", "exhausted", "exhaustion", "overloaded", "overload", "out of memory",
			"out of disk", "out of space", "oom", "queueing", "queuing", "backlog",
		},
		[]string{"꽉", "가득", "포화", "고갈", "과부하", "부족"},
	},
	{
		model.KindTraffic,
		[]string{"traffic", "throughput", "rps", "qps", "request rate", "load spike", "traffic spike"},
		[]string{"트래픽", "요청량", "유입량"},
	},
	{
		model.KindUtilization,
		[]string{"utilization", "utilisation", "cpu", "busy"},
		[]string{"사용률", "점유율"},
	},
	{
		model.KindUsage,
		[]string{"usage", "memory usage"},
		[]string{"사용량"},
	},
}

// notSymptoms contain a symptom's stem and mean something else.
var notSymptoms = foldAll("다운로드", "다운받", "기죽", "부족함 없", "죽지")

// findSignal returns the kind of the first symptom in the text, the longest of those at one place; "" = none. One that is
// said to be there goes before one that is denied; denied tells that there is none but such. Every symptom word is taken
// out, so that none passes for a name.
func findSignal(t *text) (first model.SignalKind, denied bool) {
	for i := 0; i < len(t.low); i++ {
		if n := longest(t.low[i:], notSymptoms); n > 0 {
			i += n - 1
			continue
		}
		kind, n := symptomAt(t, i)
		if n == 0 {
			continue
		}
		if not := t.denied(i, i+n); first == "" || denied && !not {
			first, denied = kind, not
		}
		t.take(i, i+n)
		i += n - 1
	}
	return first, denied
}

var (
	// notBefore and notAfter are what denies the symptom beside them.
	notBefore = regexp.MustCompile(`(?:(?:^|[^a-z])(?:not|no|never|without|nothing|nobody|none)|n't|(?:^| )안)` +
		`(?: +(?:so|that|very|too|really|any|longer|at|all|even|being|getting|a|an))* *$`)
	notAfter = regexp.MustCompile(`^[\p{Hangul}]{0,2}?(?:지(?:가|는|도|를)? *(?:않|안|못)|(?:이|가|은|는|도)? *(?:없|아니|아닌|아닙|아님))`)
)

// maxDenial is more runes than a denial has, and keeps the work linear in the text.
const maxDenial = 64

// denied tells whether the symptom at [from, to) is said not to be there.
func (t *text) denied(from, to int) bool {
	return notBefore.MatchString(string(t.low[max(0, from-maxDenial):from])) ||
		notAfter.MatchString(string(t.low[to:min(to+maxDenial, len(t.low))]))
}

// symptomAt returns the longest symptom that begins at i, and its length in runes; 0 = none.
func symptomAt(t *text, i int) (kind model.SignalKind, n int) {
	for _, s := range folded {
		for _, w := range s.english {
			if len(w) > n && t.startsWord(i) && hasPrefix(t.low[i:], w) && t.endsWord(i+len(w)) && t.free(i, i+len(w)) {
				kind, n = s.kind, len(w)
			}
		}
		for _, w := range s.korean {
			if len(w) > n && hasPrefix(t.low[i:], w) && t.free(i, i+len(w)) {
				kind, n = s.kind, len(w)
			}
		}
	}
	return kind, n
}

// symptomIn is the longest symptom that s begins with, and its length in runes, whatever stands around it; 0 = none.
func symptomIn(s []rune) (kind model.SignalKind, n int) {
	for _, f := range folded {
		for _, words := range [][][]rune{f.english, f.korean} {
			if k := longest(s, words); k > n {
				kind, n = f.kind, k
			}
		}
	}
	return kind, n
}

type foldedSymptom struct {
	kind            model.SignalKind
	english, korean [][]rune
}

// folded is symptomWords, ready to compare.
var folded = func() []foldedSymptom {
	out := make([]foldedSymptom, len(symptomWords))
	for i, s := range symptomWords {
		out[i] = foldedSymptom{s.kind, foldAll(s.english...), foldAll(s.korean...)}
	}
	return out
}()

func longest(s []rune, words [][]rune) int {
	n := 0
	for _, w := range words {
		if len(w) > n && hasPrefix(s, w) {
			n = len(w)
		}
	}
	return n
}
