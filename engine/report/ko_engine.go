package report

// koEngine are the messages of the engine's stages, by their English format.
var koEngine = map[string]string{
	// What was asked, where no question was.
	"%s: %s, from %s to %s": "%[1]s: %[2]s, %[3]s부터 %[4]s까지",
	"slow or failing":       "느리거나 실패함",

	// Outcomes.
	"%s is the cause, %d %% sure: %s":                                                  "원인은 %[1]s, 확신도 %[2]d %%: %[3]s",
	"%s is the likeliest cause, %d %% sure: %s":                                        "가장 유력한 원인은 %[1]s, 확신도 %[2]d %%: %[3]s",
	"%s (%s %s, usually %s)":                                                           "%[1]s (%[2]s %[3]s, 평소 %[4]s)",
	"something about it that is not measured":                                          "측정되지 않은 무언가",
	"no fault found: %s is as it usually is":                                           "이상 없음: %[1]s 상태가 평소와 같음",
	"no fault found: %s is as it usually is %s":                                        "이상 없음: %[1]s 상태가 %[2]s 평소와 같음",
	"at this time of day":                                                              "이 시각",
	"at this time on such days":                                                        "이런 날 이 시각",
	"at this time of the week":                                                         "이 요일 이 시각",
	"no fault found that would explain %s":                                             "%[1]s의 증상을 설명할 만한 이상을 찾지 못함",
	"inconclusive: %s has no samples in the time asked about":                          "판단 불가: 물어본 시간에 %[1]s의 표본이 없음",
	"inconclusive: the samples of %s stopped, so how it answers is not known":          "판단 불가: %[1]s의 표본이 끊겨 응답 상태를 알 수 없음",
	"inconclusive: there is no quiet time of %s to compare with":                       "판단 불가: 견줄 만한 %[1]s의 평상시 구간이 없음",
	"inconclusive: there are too few samples of %s from quiet times to compare with":   "판단 불가: 견줄 만한 %[1]s의 평상시 표본이 너무 적음",
	"inconclusive: %s had no traffic to measure":                                       "판단 불가: %[1]s에 측정할 트래픽이 없었음",
	"inconclusive: %s could not be read, the queries failed":                           "판단 불가: 질의가 실패하여 %[1]s을(를) 읽지 못함",
	"inconclusive: what is measured of %s is always at its worst, so it tells nothing": "판단 불가: %[1]s의 측정값이 늘 최악이라 알려 주는 것이 없음",
	"inconclusive: %s itself is not measured":                                          "판단 불가: %[1]s 자체가 측정되지 않음",
	"inconclusive: %s is not as usual, and nothing measured explains it":               "판단 불가: %[1]s 상태가 평소와 다르지만 측정된 것 중에 설명할 것이 없음",
	"inconclusive: %s is as it usually is, but %s is not (%s, %d %%)":                  "판단 불가: %[1]s은(는) 평소와 같으나 %[2]s은(는) 그렇지 않음 (%[3]s, %[4]d %%)",
	"inconclusive: %s comes nearest (%s, %d %%)":                                       "판단 불가: 가장 가까운 후보는 %[1]s (%[2]s, %[3]d %%)",
	"inconclusive between %s (%d %%) and %s (%d %%)":                                   "판단 불가: %[1]s (%[2]d %%) 또는 %[3]s (%[4]d %%)",

	"%s; %s of %s, not measured, would tell most": "%[1]s. 측정되지 않은 %[3]s의 %[2]s이(가) 가장 많은 것을 알려 줄 것임",

	"%s; no one missing signal would decide": "%[1]s. 빠진 신호 하나로는 가릴 수 없음",

	// What will be used up.
	"if it goes on like this, %s of %s will reach %s in %s (%s to %s)": "이대로 가면 %[2]s의 %[1]s 값이 %[4]s 뒤(%[5]s에서 %[6]s 사이)에 %[3]s에 이름",

	// What would change the order.
	"if %s, it would come before %s":                                     "%[1]s면 %[2]s보다 앞섬",
	"if %s, %s":                                                          "%[1]s면 %[2]s",
	"no single observation: even if %s, %s":                              "관측 하나로는 바뀌지 않음: %[1]s 해도 %[2]s",
	"%s of %s were as usual (%s, not %s)":                                "%[2]s의 %[1]s 값이 (%[4]s이(가) 아니라) 평소처럼 %[3]s였다",
	"%s of %s were at %s or so (it is %s)":                               "%[2]s의 %[1]s 값이 (%[4]s이(가) 아니라) %[3]s 정도였다",
	"samples of %s of %s had not stopped":                                "%[2]s의 %[1]s 표본이 끊기지 않았다",
	"%s would come first, %d %% sure":                                    "첫째는 %[1]s, 확신도 %[2]d %%",
	"%s would still come first, %d %% sure":                              "첫째는 그대로 %[1]s, 확신도 %[2]d %%",
	"the question would be open, %s coming nearest (%d %%)":              "판단 불가이며 가장 가까운 후보는 %[1]s (%[2]d %%)",
	"no fault would be found":                                            "이상 없음",
	"no single observation: nothing but the symptom itself is behind it": "관측 하나로는 바뀌지 않음: 증상 자체 말고는 근거가 된 관측이 없음",
	"no single observation would put anything before it":                 "관측 하나로 다른 것이 앞설 수는 없음",
	"without this it would come before %s: %s":                           "다음이 아니라면 %[1]s보다 앞섬: %[2]s",
	"if this were the other way round, it would come before %s: %s":      "다음이 그 반대라면 %[1]s보다 앞섬: %[2]s",
	"no single observation would lift it above %s":                       "관측 하나로 %[1]s보다 앞설 수는 없음",
	"but for this, %s would come first: %s":                              "다음이 아니라면 %[1]s이(가) 첫째가 됨: %[2]s",

	// What is not measured would tell.
	"bad or as usual, %s stays first (%d %% or %d %%)": "나쁘든 평소와 같든 첫째는 그대로 %[1]s (%[2]d %% 또는 %[3]d %%)",
	"if bad, %s; if as usual, %s":                      "나쁘면 %[1]s, 평소와 같으면 %[2]s",
	"nobody comes first":                               "첫째가 없음",
	"%s comes first (%d %%)":                           "첫째는 %[1]s (%[2]d %%)",

	// Changes.
	"%s is as it usually is after it, and so is the symptom":                      "변경 뒤에도 %[1]s와(과) 증상 모두 평소와 같음",
	"no trouble was found that it could have made":                                "이 변경이 일으켰을 만한 문제가 없음",
	"the trouble began at %s, %s before it":                                       "문제는 %[1]s에, 변경보다 %[2]s 먼저 시작됨",
	"%s is no component of the topology":                                          "%[1]s은(는) 토폴로지에 없는 구성 요소",
	"%s needs nothing from %s":                                                    "%[1]s은(는) %[2]s에 의존하지 않음",
	"%s stayed as it usually is after it, and the trouble is in %s":               "변경 뒤에도 %[1]s은(는) 평소와 같고, 문제는 %[2]s에 있음",
	"the trouble of %s is an effect: %s accounts for it":                          "%[1]s의 문제는 결과임: %[2]s(으)로 설명됨",
	"%s is on the path and not well; nothing tells whether the change did it":     "%[1]s은(는) 경로에 있고 상태가 나쁘지만, 이 변경 때문인지 알 길이 없음",
	"when the trouble of %s began is not known":                                   "%[1]s의 문제가 언제 시작되었는지 알 수 없음",
	"it came %s before the trouble of %s: long, but not too long to be its cause": "%[2]s의 문제보다 %[1]s 앞섬: 길지만 원인일 수 없을 만큼은 아님",
	"the trouble of %s began %s after it":                                         "%[1]s의 문제가 변경 %[2]s 뒤에 시작됨",

	// Actions, coverage.
	"%s is the likeliest cause found":                                 "%[1]s이(가) 찾은 원인 중 가장 유력함",
	"take %s out of %s; %s does the same work and is well":            "%[2]s에서 %[1]s을(를) 뺀다. %[3]s이(가) 같은 일을 하며 정상임",
	"%s then carries the load of both: watch its utilization":         "그러면 %[1]s이(가) 두 몫의 부하를 받음: 사용률을 지켜볼 것",
	"measure %s: give it a selector or a signal in the topology":      "%[1]s을(를) 측정할 것: 토폴로지에 selector나 신호를 적는다",
	"a rule pack or the topology must give %s signals of these names": "규칙 팩이나 토폴로지에 %[1]s의 이런 이름의 신호를 적어야 함",
	"%s (run it on the machine itself)":                               "%[1]s (해당 장비에서 직접 실행)",
	"%s: %d signals (%s)":                                             "%[1]s: 신호 %[2]d개 (%[3]s)",
	"nothing is measured on %s itself":                                "%[1]s 자체에서 측정되는 것이 없음",

	// Triage.
	"this fault is critical by its rule, whatever users feel so far: %s": "규칙에 따라 치명적인 장애임. 지금까지 사용자 영향: %[1]s",
	"this fault is severe by its rule, whatever users feel so far: %s":   "규칙에 따라 심각한 장애임. 지금까지 사용자 영향: %[1]s",
	"%s at %s is %s, usually %s":                                         "%[2]s의 %[1]s: %[3]s, 평소 %[4]s",
	"%s shows no user impact":                                            "%[1]s에서 사용자 영향이 보이지 않음",
	"users of %s are served nearly as usual (%s %s, usually %s)":         "%[1]s 사용자는 거의 평소처럼 응답받음 (%[2]s %[3]s, 평소 %[4]s)",
	"how users of %s are served cannot be told":                          "%[1]s 사용자가 어떻게 응답받는지 판단할 수 없음",
	"cannot be told": "판단할 수 없음",
	"how users of %s are served is not measured": "%[1]s 사용자가 어떻게 응답받는지 측정되지 않음",
	"users of %s, hardly so far":                 "%[1]s 사용자, 아직은 거의 없음",
	"users of %s":                                "%[1]s 사용자",
	"none":                                       "없음",

	// Cohorts.
	"stops and restarts": "정지와 재시작",
	"%s: %d units of %s are more than the %d that are compared":                                                                            "%[1]s: %[3]s 단위 %[2]d개는 비교 한도 %[4]d개를 넘음",
	"%s: %d units by %s are too few to tell what the hit have in common":                                                                   "%[1]s: %[3]s 단위 %[2]d개로는 너무 적어, 겪는 쪽의 공통점을 가릴 수 없음",
	"%s: no label separates it (%s of %d units by %s; labels compared: %d, %s)":                                                            "%[1]s: 가르는 레이블이 없음 (%[4]s 단위 %[3]d개의 %[2]s, 비교한 레이블 %[5]d개: %[6]s)",
	"%s: %s has %s of it (%s) and %s of the exposure, %d of %d units; at least %s times the rate of the others, p %s; labels compared: %d": "%[1]s: %[2]s이(가) %[4]s의 %[3]s를 차지함 (노출은 %[5]s, 단위 %[7]d개 중 %[6]d개). 비율은 나머지의 최소 %[8]s배, 레이블 %[10]d개를 비교한 p %[9]s",
	"%s: %s differs from the others by %s (%s to %s) in %s, %d of %d units, p %s; labels compared: %d":                                     "%[1]s: %[2]s의 %[6]s 값이 나머지와 %[3]s 차이남 (%[4]s~%[5]s), 단위 %[8]d개 중 %[7]d개, 레이블 %[10]d개를 비교한 p %[9]s",
	"%s and %s are the same units: nothing measured can tell which of the two it is":                                                       "%[1]s와(과) %[2]s은(는) 같은 단위들임: 어느 쪽 때문인지 측정값으로는 가릴 수 없음",
	"make a unit that is %s but not %s, or the other way round, and watch which of the two the trouble follows":                            "%[1]s이면서 %[2]s이(가) 아닌 단위나 그 반대를 만들어, 문제가 어느 쪽을 따라가는지 볼 것",
	"%s separates as well as %s: too few units have one without the other (%d and %d)":                                                     "%[1]s도 %[2]s만큼 잘 가름: 한쪽만 가진 단위가 너무 적음 (%[3]d개와 %[4]d개)",
	"watch, or make more of, the units that are %s but not %s, and the reverse":                                                            "%[1]s이면서 %[2]s이(가) 아닌 단위와 그 반대를 지켜보거나 늘릴 것",

	// Experiments.
	"the trouble has not shown in any trial: there is nothing to explain yet":                        "어느 시도에서도 문제가 나타나지 않음: 아직 설명할 것이 없음",
	"no factor by itself, and no two together, explain it well: it is likely something else (%d %%)": "요인 하나로도 둘의 조합으로도 잘 설명되지 않음: 다른 무언가일 가능성이 큼 (%[1]d %%)",
	"%s makes it, %d %% sure":                                                    "%[1]s 때문임, 확신도 %[2]d %%",
	"not decided: %s comes nearest (%d %%)":                                      "미정: 가장 가까운 것은 %[1]s (%[2]d %%)",
	"%s is not it by itself: bad with %s (line %d) and with %s (line %d)":        "%[1]s 단독은 아님: %[2]s일 때도 (%[3]d행) %[4]s일 때도 (%[5]d행) 나쁨",
	"%s=%s is not it by itself: bad without it, with %s (line %d)":               "%[1]s=%[2]s 단독은 아님: 그것 없이 %[3]s일 때 나쁨 (%[4]d행)",
	"%s: %d %%; bad in %d of %d runs with it, would show in about %d %% of them": "%[1]s: %[2]d %%. 해당 실행 %[4]d회 중 %[3]d회 나쁨, 맞다면 약 %[5]d %%에서 나타날 것",
	"set %s": "%[1]s(으)로 두고",
	"good runs in a row that would clear %s: %d":  "%[1]s의 혐의를 벗길 연속 정상 실행: %[2]d회",
	"not decided between %s (%d %% or less each)": "미정: %[1]s 가운데 하나 (각각 %[2]d %% 이하)",
	"change nothing": "아무것도 바꾸지 않고",
	"%s, runs: %d; it is expected to tell %s bits for a cost of %s; if all goes well, %s; if the trouble shows, %s": "%[1]s %[2]d회 실행: 비용 %[4]s에 %[3]s비트를 알려 줄 것으로 기대됨. 모두 잘되면 %[5]s, 문제가 나타나면 %[6]s",
	"something else is likeliest (%d %%)": "다른 무언가가 가장 유력 (%[1]d %%)",
	"%s is likeliest (%d %%)":             "%[1]s이(가) 가장 유력 (%[2]d %%)",
}
