package ask

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/diagnops/diagnops/engine/model"
)

// claimWords are what people say of a component that is theirs. English words stand alone; Korean stems may be inflected.
// The order is that of looking: "no problem" before "problem", "not us" before what else is denied.
var claimWords = []struct {
	kind   model.ClaimKind
	change model.ChangeKind
	words  []string
}{
	{model.ClaimUnchanged, model.ChangeDeploy, []string{
		"no deploy", "no deploys", "no deployment", "no deployments", "no release", "no releases", "not deployed", "nothing deployed",
		"배포 없", "배포는 없", "배포가 없", "배포한 적 없", "배포하지 않", "배포 안",
	}},
	{model.ClaimUnchanged, model.ChangeConfig, []string{"no config change", "no config changes", "no configuration change", "설정 변경 없", "설정 변경은 없"}},
	{model.ClaimUnchanged, "", []string{
		"no change", "no changes", "nothing changed", "has not changed", "did not change", "didn't change", "unchanged",
		"변경 없", "변경은 없", "변경이 없", "변경하지 않", "바꾸지 않", "바뀐 것 없", "바뀐 게 없",
	}},
	{model.ClaimNotUs, "", []string{
		"not us", "isn't us", "not our fault", "not our problem", "not to blame", "innocent",
		"우리 아니", "저희 아니", "우리가 아니", "저희가 아니", "우리 문제 아니", "우리 문제가 아니", "우리 탓이 아니", "저희 문제 아니", "저희 문제가 아니",
		"우리가 아닙", "저희가 아닙", "우리 문제 아닙", "우리 문제가 아닙", "우리 탓이 아닙", "저희 문제 아닙", "저희 문제가 아닙", "저희 탓이 아닙",
		"우리 아님", "저희 아님", "우리 문제 아님", "저희 문제 아님", "우리 탓 아님", "저희 탓 아님",
	}},
	{model.ClaimHealthy, "", []string{
		"no problem", "no problems", "no issue", "no issues", "nothing wrong", "nothing is wrong", "all good", "all green", "healthy", "fine",
		"ok", "okay", "good", "normal", "works", "working",
		"정상", "문제 없", "문제없", "문제가 없", "문제는 없", "이상 없", "이상없", "이상이 없", "괜찮", "멀쩡", "건강",
	}},
}

// resourceWords are what may be idle.
var resourceWords = []struct {
	resource string
	words    []string
}{
	{"cpu", []string{"cpu", "cpus", "processor", "processors", "씨피유", "프로세서"}},
	{"memory", []string{"memory", "ram", "메모리"}},
	{"disk", []string{"disk", "disks", "io", "i/o", "디스크"}},
	{"network", []string{"network", "네트워크"}},
}

// idleWords say that there is plenty left.
var idleWords = []string{
	"idle", "idles", "idling", "low", "plenty", "free", "not busy", "not high", "bored",
	"놀고", "유휴", "한가", "여유", "낮",
}

// ParseClaim understands what somebody says of a component: "db: healthy", "database team: our CPU idles, it is not us",
// "결제: 14시 이후 배포 없음". The component is named as in a question, or by the team that owns it: then it is said of
// all that the team owns. Each thing that is said is a claim. Errors are UnknownNameError, AmbiguousError, TimeError, and
// a text in which nothing is claimed.
func ParseClaim(text string, topology *model.Topology, now time.Time) ([]model.Claim, error) {
	if len(text) > MaxBytes {
		return nil, fmt.Errorf("claim (%d bytes) must be at most %d bytes", len(text), MaxBytes)
	}
	t := newText(apart(text, topology.Components))
	of, err := t.claimants(topology)
	if err != nil {
		return nil, err
	}
	span, err := findInterval(t, now)
	if err != nil {
		return nil, err
	}
	said := t.statements()
	if len(said) == 0 {
		return nil, fmt.Errorf("claim (%q) must say that something is healthy, not to blame, slow, failing, down, unchanged, or that its cpu, "+
			"memory, disk or network is idle", strings.TrimSpace(text))
	}
	var out []model.Claim
	for _, name := range of {
		for _, c := range said {
			c.Text, c.Component = strings.TrimSpace(text), name
			if c.Kind == model.ClaimUnchanged {
				c.Since = utc(span.from)
			}
			out = append(out, c)
		}
	}
	return out, nil
}

// apart parts "db:healthy" after the name; host:9100 is one word.
func apart(text string, components []model.Component) string {
	name, said, ok := strings.Cut(text, ":")
	if ok && slices.ContainsFunc(components, func(c model.Component) bool { return c.Called(name) || strings.EqualFold(c.Owner, name) }) {
		return name + ": " + said
	}
	return text
}

// first is the word in which a name is looked for in vain: the text before a colon, else its first word that could be one.
func (t *text) first() string {
	for _, run := range t.runs() {
		if s := string(t.low[run[0]:run[1]]); nameLike(s) {
			return string(t.raw[run[0]:run[1]])
		}
	}
	return strings.TrimSpace(string(t.raw))
}

// claimants are the components that a claim is made of.
func (t *text) claimants(topology *model.Topology) ([]string, error) {
	mentions := findNames(t, topology.Components)
	owned := t.owners(topology.Components)
	if len(mentions) == 0 && len(owned) > 0 {
		return owned, nil
	}
	head := t.head()
	if len(mentions) == 0 {
		mentions = slices.Concat(head.findFunctions(topology), findKinds(head, topology.Components))
	}
	var a Asked
	if err := a.settle(mentions, topology.Components); err != nil {
		return nil, err
	}
	if a.Symptom.Component == "" {
		name := head.first()
		return nil, &UnknownNameError{Name: name, Nearest: nearest(name, topology.Components)}
	}
	copy(t.taken, head.taken)
	return []string{a.Symptom.Component}, nil
}

// findFunctions is the function of that name, of a text.
func (t *text) findFunctions(topology *model.Topology) []mention { return findFunctions(t, topology) }

// head is what stands before the first colon that parts the name from what is said; the whole text without one.
func (t *text) head() *text {
	for i, r := range t.low {
		if r == ':' && (i+1 == len(t.low) || !word(t.low[i+1])) {
			return &text{raw: t.raw[:i], low: t.low[:i], taken: slices.Clone(t.taken[:i])}
		}
	}
	return &text{raw: t.raw, low: t.low, taken: slices.Clone(t.taken)}
}

// owners are the components whose owner the text names, in the topology's order, and takes the name out of it.
func (t *text) owners(components []model.Component) []string {
	var names []string
	for i := range components {
		c := &components[i]
		if c.Owner == "" || slices.Contains(names, c.Name) {
			continue
		}
		spoken := strings.NewReplacer("-", " ", "_", " ").Replace(c.Owner)
		if len(t.findWord(c.Owner, mention{}))+len(t.findWord(spoken, mention{})) == 0 {
			continue
		}
		for k := range components {
			if components[k].Owner == c.Owner {
				names = append(names, components[k].Name)
			}
		}
	}
	return names
}

// statements are what is said, each sort once, in the order of looking.
func (t *text) statements() []model.Claim {
	var out []model.Claim
	add := func(c model.Claim) {
		if !slices.ContainsFunc(out, func(o model.Claim) bool { return o.Kind == c.Kind && o.Resource == c.Resource }) {
			out = append(out, c)
		}
	}
	for _, resource := range t.idle() {
		add(model.Claim{Kind: model.ClaimIdle, Resource: resource})
	}
	for _, w := range claimWords {
		for _, at := range t.phrases(w.words) {
			denies := w.kind != model.ClaimHealthy || strings.HasPrefix(string(t.low[at[0]:at[1]]), "no ")
			denied := !denies && t.denied(at[0], at[1])
			add(model.Claim{Kind: w.kind, Change: w.change, Denied: denied})
		}
	}
	for i := 0; i < len(t.low); i++ {
		kind, n := symptomAt(t, i)
		if n == 0 {
			continue
		}
		denied := t.denied(i, i+n)
		t.take(i, i+n)
		if says, ok := symptomClaims[kind]; ok {
			add(model.Claim{Kind: says, Denied: denied})
		}
		i += n - 1
	}
	return out
}

var symptomClaims = map[model.SignalKind]model.ClaimKind{
	model.KindLatency: model.ClaimSlow, model.KindErrors: model.ClaimFailing, model.KindAvailability: model.ClaimDown,
}

// idle are the resources that are said to be idle; the processor where none is named.
func (t *text) idle() []string {
	if len(t.phrases(idleWords)) == 0 {
		return nil
	}
	var out []string
	for _, r := range resourceWords {
		if len(t.phrases(r.words)) > 0 {
			out = append(out, r.resource)
		}
	}
	if len(out) == 0 {
		return []string{"cpu"}
	}
	return out
}

// phrases finds where one of the words stands, and takes it out: an English one by itself, a Korean one at the beginning
// of a word.
func (t *text) phrases(words []string) [][2]int {
	var out [][2]int
	for _, w := range words {
		folded := foldString(w)
		for i := range t.low {
			if !t.startsWord(i) {
				continue
			}
			end, ok := t.matchAt(i, folded)
			if !ok || !t.free(i, end) || !hangul(folded[0]) && !t.endsWord(end) {
				continue
			}
			t.take(i, end)
			out = append(out, [2]int{i, end})
		}
	}
	return out
}
