package report

// koPlan is what plans of recovery, of failures and of redundancy say, by its English format.
var koPlan = map[string]string{
	// Order of recovery.
	"%s only sends to %s and need not wait for an answer: what it sends is late until %s is up":                "%[1]s은(는) %[2]s에 보내기만 하고 답을 기다리지 않음: %[3]s이(가) 뜰 때까지 보낸 것이 늦어짐",
	"%s copies %s and can catch up later: until then it has no current data":                                   "%[1]s은(는) %[2]s을(를) 복제하며 나중에 따라잡을 수 있음: 그때까지 데이터가 최신이 아님",
	"%s starts without %s and answers errors to what needs it, until it is up":                                 "%[1]s은(는) %[2]s 없이 시작하고, 그것이 뜰 때까지 필요한 요청에 오류로 답함",
	"nothing in this cycle can start without the rest: %s (%s %s) is as good a place to begin as any, by hand": "이 순환에서는 어느 것도 나머지 없이 시작할 수 없음: 어디서든 손으로 시작해야 하며 %[1]s (%[2]s %[3]s)도 그중 하나",
	"%s; and it is not sure that it needs it (%d %%, from %s)":                                                 "%[1]s. 이 의존 자체도 확실하지 않음 (%[2]d %%, 출처 %[3]s)",
	"try %s as a user would":                                                                       "사용자처럼 %[1]s 기능을 써 볼 것",
	"%s answers, its disks are mounted, its clock is right":                                        "%[1]s이(가) 응답하고 디스크가 마운트됐으며 시계가 맞음",
	"%s answers; it is cold, so what is behind it gets more than usual at first":                   "%[1]s이(가) 응답함. 캐시가 비어 있으니 처음에는 뒷단 부하가 평소보다 큼",
	"%s sees its servers up, and answers no errors of its own":                                     "%[1]s에서 서버들이 살아 있고 자체 오류가 없음",
	"%s accepts connections, has finished its recovery, and is primary or replica as it should be": "%[1]s이(가) 연결을 받고 복구를 마쳤으며 프라이머리/복제본 역할이 맞음",
	"%s has all its members, and no partition without a leader":                                    "%[1]s의 구성원이 모두 있고 리더 없는 파티션이 없음",
	"%s is mounted writable and not rebuilding":                                                    "%[1]s이(가) 쓰기 가능하게 마운트됐고 재구성 중이 아님",
	"%s passes packets both ways without loss":                                                     "%[1]s이(가) 양방향으로 손실 없이 패킷을 전달함",
	"%s answers from here: it is not ours to start":                                                "%[1]s이(가) 여기서 응답함: 우리가 시작할 대상은 아님",
	"%s sees what it watches: from now on nothing is started blind":                                "%[1]s에서 감시 대상이 보임: 이제부터는 보면서 시작할 수 있음",
	"%s is ready, and answers as quickly as usual with few errors":                                 "%[1]s이(가) 준비됐고 평소처럼 빠르게, 오류 없이 응답함",

	// Who is hit.
	"%s works with less or later":            "%[1]s이(가) 줄거나 늦게 동작함",
	"what it sends to %s waits or gets lost": "%[1]s에 보낸 것이 밀리거나 사라짐",
	"it gets no new data from %s":            "%[1]s에서 새 데이터가 오지 않음",
	"%s stands in for %s":                    "%[2]s 대신 %[1]s이(가) 맡음",
	"%s %s %s, and nothing stands in for it": "%[1]s %[2]s %[3]s, 대신할 것이 없음",

	// What has no second.
	"it is not ours to double: a short timeout, a fallback or parking what is for it keeps the rest alive": "우리가 이중화할 수 없음: 짧은 타임아웃, 대체 경로, 또는 요청을 보관해 나머지를 살려 둘 것",
	"a second machine in another domain, with room for what runs here":                                     "여기서 도는 것을 받을 여유가 있는 두 번째 장비를 다른 영역에",
	"make those that use it bear its loss (limit what goes past it), or a replica that takes over":         "쓰는 쪽이 캐시 없이도 버티게 하거나(우회 부하 제한), 넘겨받을 복제본을 둘 것",
	"a second one behind a shared address":                                                                 "공유 주소 뒤에 두 번째를 둘 것",
	"a standby elsewhere that takes over by itself, and a rehearsal of that":                               "다른 곳에 자동으로 넘겨받는 대기 서버를 두고 훈련할 것",
	"a mirror, and a replica of what is stored on it elsewhere":                                            "미러와, 다른 곳에 저장 데이터의 복제본을 둘 것",
	"three members in three domains":                                                                       "세 영역에 구성원 셋을 둘 것",
	"a second instance in another domain, and a balancer that leaves out the one that fails":               "다른 영역에 두 번째 인스턴스를 두고, 죽은 쪽을 빼는 로드밸런서를 둘 것",
	"no component says which functions it serves (serves), so what users lose is not known":                "어느 컴포넌트에도 제공 기능(serves)이 없어 사용자가 잃는 것을 알 수 없음",
	"no failure domain is given (domain) for %s":                                                           "장애 영역(domain)이 없음: %[1]s",
	"replicas are not given for %s: counted as one":                                                        "복제 수가 없어 하나로 셈: %[1]s",
	"without the largest part of %s the rest carries %s, and the peak is %s":                               "%[1]s 중 가장 큰 것 없이 나머지는 %[2]s을(를) 감당하며 최대 부하는 %[3]s",
	"without the largest part of %s the rest carries %s, but the peak is %s":                               "%[1]s 중 가장 큰 것 없이 나머지는 %[2]s만 감당하는데 최대 부하는 %[3]s",
	"without the largest part of %s the rest carries %s; the peak is not known":                            "%[1]s 중 가장 큰 것 없이 나머지는 %[2]s을(를) 감당하며 최대 부하는 알 수 없음",
}
