package report

// koAsk is what was understood of a question (package ask), by its English format.
var koAsk = map[string]string{
	"since %s":                         "%[1]s부터",
	"until %s":                         "%[1]s까지",
	"from %s to %s":                    "%[1]s부터 %[2]s까지",
	"around %s, from %s to %s":         "%[1]s 무렵, %[2]s부터 %[3]s까지",
	"%s (found)":                       "%[1]s (찾아낸 구성 요소)",
	"%s (as recorded)":                 "%[1]s (기록된 대로)",
	`%s (users reach "%s" through it)`: `%[1]s (사용자가 "%[2]s"에 이르는 길)`,
	"asked is whether it is so":        "그러한지를 물음",
	"left out: %s (one component is asked about at a time)": "제외됨: %[1]s (한 번에 구성 요소 하나만 물을 수 있음)",
	"not understood: %s":                  "이해하지 못함: %[1]s",
	"%s instead of %s":                    "%[2]s 대신 %[1]s",
	"now is %s, the end of the recording": "지금은 기록의 끝인 %[1]s",
	"recorded is only %s to %s":           "기록된 것은 %[1]s부터 %[2]s까지뿐임",
	"the time in words":                   "문장 속의 시간",
}
