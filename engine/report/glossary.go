package report

// GlossaryTerm is a word of the reports with its meaning, so that it means the same to everybody.
type GlossaryTerm struct {
	English, Korean               string
	EnglishMeaning, KoreanMeaning string
}

// In returns the term and its meaning in a language.
func (t GlossaryTerm) In(l Lang) (term, meaning string) {
	if l == Korean {
		return t.Korean + " (" + t.English + ")", t.KoreanMeaning
	}
	return t.English, t.EnglishMeaning
}

// Glossary lists the terms of the reports in the order in which a report uses them.
func Glossary() []GlossaryTerm { return append([]GlossaryTerm(nil), glossary...) }

var glossary = []GlossaryTerm{
	{
		"symptom", "증상",
		"What was noticed: a signal of a component that is not as it should be.",
		"눈에 띈 현상. 어떤 구성 요소의 신호가 정상이 아닌 상태.",
	},
	{
		"root cause", "근본 원인",
		"The lowest point of the chain that was measured: what is itself wrong, and not because of something below it.",
		"측정된 사슬의 가장 아래 지점. 아래의 다른 것 때문이 아니라 스스로 잘못된 것.",
	},
	{
		"chain", "사슬",
		"The path from the symptom down the dependencies to the cause; each step is an effect of the next.",
		"증상에서 의존 관계를 따라 원인까지 내려가는 경로. 각 단계는 다음 단계의 결과이다.",
	},
	{
		"fault", "장애 유형",
		"The kind of thing that is wrong with a component, such as a saturated disk.",
		"구성 요소가 잘못된 방식. 예: 디스크 포화.",
	},
	{
		"signal", "신호",
		"Something measured on a component or on a call: traffic, errors, latency, saturation and so on.",
		"구성 요소나 호출에서 측정한 값. 트래픽, 오류, 지연, 포화 등.",
	},
	{
		"baseline", "평상시 값",
		"What a signal shows in quiet times, by which the present value is judged.",
		"조용한 시간에 신호가 보이는 값. 현재 값은 이것과 비교한다.",
	},
	{
		"onset", "시작 시각",
		"When something began, as an interval: after the last normal and not later than the first abnormal sample.",
		"이상이 시작된 때. 마지막 정상 표본과 첫 이상 표본 사이의 구간으로 나타낸다.",
	},
	{
		"lag", "지연 차",
		"How long one step of the chain began after the one below it. Onsets that overlap give none.",
		"사슬의 한 단계가 아래 단계보다 얼마나 늦게 시작했는지. 시작 구간이 겹치면 순서를 말하지 않는다.",
	},
	{
		"sigma", "시그마",
		"The size of a deviation in robust standard deviations of quiet times.",
		"벗어난 크기. 조용한 시간의 강건 표준 편차로 잰다.",
	},
	{
		"hypothesis", "가설",
		"A component with a fault, supposed to be the cause until its predictions are tested.",
		"어떤 구성 요소에 어떤 장애가 있다는 가정. 예측을 시험하기 전까지의 원인 후보.",
	},
	{
		"evidence", "증거",
		"A prediction of a hypothesis held against what was measured: it supports, refutes or cannot be told.",
		"가설의 예측을 측정값과 견준 것. 지지, 반박, 알 수 없음 가운데 하나이다.",
	},
	{
		"ruled out", "배제됨",
		"A hypothesis whose necessary prediction was refuted. It is out, however suspicious it looked.",
		"반드시 맞아야 할 예측이 반박된 가설. 아무리 의심스러워 보여도 제외된다.",
	},
	{
		"cleared", "무혐의",
		"A change with an alibi: it came after the trouble, or touches nothing on its path.",
		"알리바이가 있는 변경. 문제가 시작된 뒤에 일어났거나 문제의 경로와 닿지 않는다.",
	},
	{
		"unknown", "알 수 없음",
		"Not measured, or too little: neither good nor bad, and never zero.",
		"측정되지 않았거나 부족함. 좋음도 나쁨도 아니며 0도 아니다.",
	},
	{
		"inconclusive", "판단 불가",
		"The data do not tell the candidates apart. The report then says which measurement would.",
		"데이터로는 후보를 가릴 수 없음. 이때 보고서는 무엇을 재면 가릴 수 있는지 말한다.",
	},
	{
		"probability", "확률",
		"How often an answer given with this figure is right, calibrated on past incidents.",
		"이 수치로 낸 답이 맞는 빈도. 지난 장애로 보정한 값.",
	},
	{
		"mitigation", "완화 조치",
		"What stops the harm now, without healing the cause.",
		"원인을 고치지는 못해도 지금의 피해를 멈추는 조치.",
	},
	{
		"permanent fix", "영구 조치",
		"What keeps the fault from coming back.",
		"같은 장애가 다시 오지 않게 하는 조치.",
	},
}
