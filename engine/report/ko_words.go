package report

// koWords are single terms: states, verdicts, kinds, reasons, and what stands for a value.
var koWords = map[string]string{
	"unknown":  "알 수 없음",
	"infinite": "무한대",
	"normal":   "정상",
	"abnormal": "이상",

	"worse than usual":  "평소보다 나쁨",
	"not unusual":       "드물지 않은 값",
	"as usual":          "평소와 같음",
	"better than usual": "평소보다 좋음",

	"supports": "지지",
	"refutes":  "반박",

	"calls":      "호출",
	"async":      "비동기",
	"runs_on":    "실행",
	"stored_on":  "저장",
	"replicates": "복제",
	"monitors":   "감시",
	"fails_over": "대체",

	"traffic":      "트래픽",
	"errors":       "오류",
	"latency":      "지연",
	"saturation":   "포화",
	"utilization":  "사용률",
	"availability": "가용성",
	"usage":        "사용량",

	"deploy":      "배포",
	"config":      "설정",
	"data":        "데이터",
	"cache":       "캐시",
	"infra":       "인프라",
	"scale":       "증감",
	"flag":        "플래그",
	"failover":    "장애 조치",
	"certificate": "인증서",
	"job":         "작업",
	"restart":     "재시작",

	"something not measured":   "측정되지 않은 무엇",
	"a fault of no known kind": "알려진 유형이 아닌 장애",

	"not measured":                         "측정되지 않음",
	"no samples in the symptom's interval": "증상 구간에 표본 없음",
	"samples stopped":                      "표본이 끊김",
	"no reference to compare with":         "비교할 기준 없음",
	"too few reference samples":            "기준 표본 부족",
	"no traffic":                           "트래픽 없음",
	"query failed":                         "질의 실패",
	"always at its worst":                  "늘 최악값",
	"expected":                             "예상된 것",

	"up":      "상승",
	"down":    "하락",
	"flat":    "그대로",
	"present": "있음",
	"absent":  "없음",

	"component": "구성 요소",
	"callers":   "호출하는 쪽",
	"callees":   "호출받는 쪽",
	"siblings":  "형제",
	"host":      "호스트",
}
