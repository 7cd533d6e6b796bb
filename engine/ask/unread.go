package ask

import (
	"slices"
	"strings"
)

// maxUnread bounds how many words the echo lists: of a long text that is not understood the first tell enough.
const maxUnread = 6

// unread lists the words that nothing was made of, as written and without particles, each once: not those that questions
// are made of, and nothing beside which a part of the word was understood ("느려" of "느려졌어요").
func (t *text) unread() []string {
	var out []string
	for _, run := range t.runs() {
		from, to := run[0], run[1]
		s := string(t.low[from:to])
		switch {
		case !t.free(from, to), functionWords[s], genericWords[s], fillers[s], verbs[s] != verbNone:
			continue
		case hangul(t.low[from]):
			to = t.stem(from, to)
			if koreanFiller(string(t.low[from:to])) || koreanFiller(s) || t.particle(from) == len([]rune(s)) || ending(t.low[from:run[1]]) {
				continue
			}
		case len(s) > maxNameBytes || len(s) > 4 && strings.HasSuffix(s, "ly") && !identifier(s):
			continue
		}
		if w := string(t.raw[from:to]); !slices.Contains(out, w) && len(out) < maxUnread {
			out = append(out, w)
		}
	}
	return out
}

// fillers say how or that something is so, and are no names.
var fillers = set(`return returns returned answers answering working work works happen happens happened occurring occurs start started starts begin began begins seeing
	see seen having check look explain find investigate since because about via through yet already only also often always
	never sometimes approximately approx exactly kind sort bit lot fast quick quickly ok please thanks thank hi hello hey
	extremely increased increase increasing rising rise rose jumped spiked spike spikes normal normally usual usually
	utc kst z timing experiencing reported reports report says said saying thing make makes made cause caused causes causing
	guess think thought seems seem seemed looks appear appears load rate ratio level peak isn't aren't wasn't doesn't don't
	didn't can't won't what's it's there's who's i'm we're they're nothing none nobody whether know`)

// koreanFillers are words, without particles, that name nothing in particular.
var koreanFillers = set(`왜 않아 않나 않네 않은 않는 않는데 어째서 무엇 뭐 뭔가 무슨 어디 언제 누가 어떻게 이렇게 그렇게 저렇게 너무 매우 아주 정말 진짜 좀 조금 많이 계속 자꾸 갑자기 다시
	또 이제 방금 요즘 현재 지금 여기 거기 이거 그거 저거 이것 그것 우리 저희 모두 모든 전체 전부 다 잘 못 안 더 덜 가장 제일
	사이트 서비스 시스템 서버 앱 어플 애플리케이션 페이지 화면 사용자 고객 유저 손님 응답 속도 반응 요청 처리 성능 연결 접속 로딩 상태 문제
	원인 이유 현상 증상 발생 인터넷 통신 클러스터 플랫폼 백엔드 운영 시간 때 동안 사이 무렵 쯤 정도 이후 이래 이전 전 후 뒤 오늘 어제
	그제 그저께 내일 오전 오후 새벽 아침 점심 저녁 밤 알려줘 알려주세요 보여줘 봐줘 봐 찾아줘 확인해줘 해줘 해주세요 좀요 나요 나와요 나와
	났어 났어요 납니다 나 남 있어 있어요 있나 있나요 있습니까 있는 없어 없어요 같아 같아요 되나요 돼요 됐어 됐나요 한가요 인가요 인지 건지 거야 거죠
	거지 걸려 걸려요 걸리나요 생겼어 생겼나요 생겨 생기나요 났나요 나는 나는지 높아 높아요 높은가요 낮아 낮아요 이상 이상해 이상해요 그런지 그래
	그런가요 그러지 그러나 하나 하는 하고 했어 했나요 했는데 것 점 중 후에 및 그리고 또는 혹은 하지만 그런데 근데 이 그 저 의 가 은 는 을 를`)

// koreanFiller tells whether a Korean word names nothing in particular.
func koreanFiller(s string) bool { return koreanFillers[s] }

// ending tells whether a Korean word ends as verbs do: -요, -다, -까, and -어 after a syllable of the past tense.
func ending(s []rune) bool {
	switch s[len(s)-1] {
	case '요', '다', '까', '죠':
		return true
	case '어':
		const pastConsonant, finals, firstSyllable = 20, 28, '가' // ㅆ, of the consonants that end a syllable
		return len(s) > 1 && (s[len(s)-2]-firstSyllable)%finals == pastConsonant
	}
	return false
}

// stem is where the noun of a Korean word ends: before its particle, when something is left then.
func (t *text) stem(from, to int) int {
	for _, p := range particles {
		if at := to - len(p); at > from && hasPrefix(t.low[at:], p) {
			return at
		}
	}
	return to
}

// runs splits the text into words: runs of one script, Latin ones with their joints and apostrophes.
func (t *text) runs() [][2]int {
	var out [][2]int
	inside := func(i int) bool { // whether rune i ties letters together
		return (joint(t.low[i]) || t.low[i] == '\'') && i+1 < len(t.low) && plain(t.low[i+1])
	}
	for i := 0; i < len(t.low); {
		from := i
		switch r := t.low[i]; {
		case hangul(r):
			for i < len(t.low) && hangul(t.low[i]) {
				i++
			}
		case plain(r):
			for i < len(t.low) && (plain(t.low[i]) || inside(i)) {
				i++
			}
		default:
			i++
			continue
		}
		out = append(out, [2]int{from, i})
	}
	return out
}

// adverbs may stand between the subject of a Korean sentence and what is said of it.
var adverbs = set(`왜 너무 매우 아주 정말 진짜 좀 조금 많이 계속 자꾸 갑자기 다시 또 이제 방금 요즘 현재 지금 이렇게 그렇게 안 못 더`)

// subject finds a Korean noun with a subject's particle of which a symptom is said and which is nothing known: "창고가 왜
// 느려". Without the particle or the symptom a noun cannot be told from other words without a dictionary.
func (t *text) subject() string {
	runs := t.runs()
	for i, run := range runs {
		from, to := run[0], run[1]
		if !hangul(t.low[from]) || !t.free(from, to) {
			continue
		}
		end := t.stem(from, to)
		// One syllable is a word such as 이 or 속, not a component.
		if end == to || end-from < 2 || !slices.Contains([]string{"가", "이", "은", "는"}, string(t.low[end:to])) {
			continue
		}
		noun := string(t.low[from:end])
		if koreanFiller(noun) || koreanFiller(string(t.low[from:to])) || !t.symptomNext(runs[i+1:]) {
			continue
		}
		return string(t.raw[from:end])
	}
	return ""
}

// symptomNext tells whether a symptom follows, adverbs aside. Only symptoms, times and names are taken out of a text.
func (t *text) symptomNext(runs [][2]int) bool {
	for _, run := range runs {
		from, to := run[0], run[1]
		if t.taken[from] {
			_, n := symptomIn(t.low[from:])
			return n > 0
		}
		if !adverbs[string(t.low[from:to])] {
			return false
		}
	}
	return false
}
