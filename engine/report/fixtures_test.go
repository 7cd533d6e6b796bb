package report

import (
	"math"
	"time"

	"github.com/diagnops/diagnops/engine/model"
)

// day is when every fixture happens.
var day = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)

func at(clock string) time.Time {
	t, err := time.Parse("15:04:05", clock)
	if err != nil {
		panic(err)
	}
	return day.Add(time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute +
		time.Duration(t.Second())*time.Second)
}

func onset(from, to string) model.Onset { return model.Onset{Earliest: at(from), Latest: at(to)} }

// said is a message of a rule pack: it brings its own Korean.
func said(en, ko string, args ...any) model.Message {
	return model.Message{Format: en, Korean: ko, Args: args}
}

// step is a course of n points that goes from low to high at point on, with a ripple.
func step(n, on int, low, high float64) []float64 {
	out := make([]float64, n)
	for i := range out {
		v := low
		if i >= on {
			v = high * min(1, float64(i-on+1)/4)
		}
		out[i] = v * (1 + 0.05*float64(i%3))
	}
	return out
}

func course(component, signal, unit string, values []float64, baseline float64, on int) model.Spark {
	return model.Spark{
		Component: component, Signal: signal, Unit: unit, From: at("14:00:00"), Step: 30 * time.Second, Values: values,
		Baseline: baseline, OnsetIndex: on,
	}
}

func asked() model.Asked {
	return model.Asked{
		Component: "lb", Signal: model.KindErrors, From: at("14:06:00"), To: at("14:20:00"),
		Understood: said("errors of lb", "lb의 오류"),
	}
}

// diagnosed is the classic: four tiers, the volume below the database is the cause.
func diagnosed() *model.Diagnosis {
	gappy := step(40, 12, 34, 2400)
	gappy[5], gappy[6], gappy[30] = model.Gap(), model.Gap(), model.Gap()
	return &model.Diagnosis{
		SchemaVersion: model.SchemaVersion, Question: asked(),
		Outcome: model.Outcome{Status: model.Diagnosed, Summary: said(
			"%s: the volume is saturated (IO queue length %s, usually %s), %s sure.",
			"%[1]s: 볼륨이 포화 상태입니다 (IO 대기열 길이 %[2]s, 평소 %[3]s), 확신도 %[4]s.",
			"db-volume", "34 requests", "0.2 requests", "83 %")},
		Chain: []model.Link{
			{
				Component: "lb", Signal: "errors_5xx", Onset: onset("14:06:34", "14:06:40"), MagnitudeSigma: 48.2, LagSeconds: 6,
				Correlation: 0.94, Via: "calls", State: "abnormal", Observed: "12 %", Baseline: "0 %",
			},
			{
				Component: "was1", Signal: "latency_p95", Onset: onset("14:06:28", "14:06:32"), MagnitudeSigma: 31, LagSeconds: 8,
				Correlation: 0.971, Via: "calls", State: "abnormal", Observed: "2.4 s", Baseline: "34 ms",
			},
			{
				Component: "db", Signal: "query_latency_p95", Onset: onset("14:06:20", "14:06:24"), MagnitudeSigma: 22.5,
				LagSeconds: 2, Correlation: 0.91, Via: "stored_on", State: "abnormal", Observed: "640 ms", Baseline: "3.1 ms",
			},
			{
				Component: "db-volume", Signal: "io_queue_length", Onset: onset("14:06:18", "14:06:22"), MagnitudeSigma: 120,
				State: "abnormal", Observed: "34 requests", Baseline: "0.2 requests",
			},
		},
		Sparks: []model.Spark{
			course("lb", "errors_5xx", "ratio", step(40, 13, 0, 0.12), 0, 13),
			course("was1", "latency_p95", "ms", gappy, 34, 12),
			course("db", "query_latency_p95", "seconds", step(40, 12, 0.003, 0.64), 0.0031, 12),
			course("db-volume", "io_queue_length", "requests", step(40, 12, 0.2, 34), 0.2, 12),
		},
		Causes:     diagnosedCauses(),
		Eliminated: diagnosedEliminated(),
		Untested: []model.Untested{{
			Component: "mail", Fault: "dependency-hang", Missing: []string{"mail_send_latency", "mail_threads"},
			HowToGet:       model.Say("scrape the mail gateway's own metrics"),
			DecidesBetween: []string{"mail", "was1"}, ExpectedGainBits: 0.124,
			Outcomes: said("if bad, mail comes first (61 %); if as usual, db-volume comes first (96 %)",
				"나쁘면 첫째는 mail (61 %), 평소와 같으면 첫째는 db-volume (96 %)"),
		}},
		Changes: []model.JudgedChange{
			{
				ID: "c-77", Kind: model.ChangeConfig, Component: "mail", At: at("14:05:34"), Relation: model.RelationUnrelated,
				Reason: said("mail is not on the path from lb to db-volume", "mail은 lb에서 db-volume까지의 경로에 없습니다"),
				Title:  "mail: new footer template", Notes: "template text only",
			},
			{
				ID: "d-119", Kind: model.ChangeDeploy, Component: "was1", At: at("14:07:29"), Relation: model.RelationCleared,
				Reason: said("the trouble began 57 s before it, and was2, which kept 2.2, is equally bad",
					"문제가 57 s 먼저 시작되었고, 2.2 그대로인 was2도 똑같이 나쁩니다"),
				Title: "shop assets 2.3 to was1", Notes: "images", From: "2.2", To: "2.3", Instances: []string{"was1:8080"},
				Seen: said("metrics do not show it: version stayed 1.0.0", "메트릭에는 나타나지 않음: 버전: 1.0.0 그대로"), Query: "app_build_info",
			},
			{
				ID: "metrics-restart-1a2b3c4d", Kind: model.ChangeRestart, Component: "was2", At: at("14:09:12"),
				Relation: model.RelationCleared, Source: model.SourceMetrics,
				Reason: said("the trouble began 2 min before it", "문제가 2 min 먼저 시작되었습니다"), Title: "process started again",
				Said: said("process started again", "프로세스 재시작"), Query: "process_start_time_seconds",
				Seen: said("found in metrics, nobody told of it", "메트릭에서 발견됨, 알려진 적 없음"),
			},
		},
		Claims: []model.JudgedClaim{
			{
				Claim: "db: our CPU idles", Component: "db", Says: model.ClaimIdle, Resource: "cpu", Verdict: model.ClaimConfirmed,
				Reason: said("CPU of db is 12 %, as usual", "db의 CPU: 12 %, 평소와 같음"),
				Evidence: []model.Evidence{{
					Test: "claim", Verdict: model.Supports, Signal: "cpu", Query: "cpu", Observed: "12 %", Baseline: "12 %",
					Text: said("CPU of db is 12 %, as usual", "db의 CPU: 12 %, 평소와 같음"),
				}},
			},
			{
				Claim: "db: not slow", Component: "db", Says: model.ClaimSlow, Denied: true, Verdict: model.ClaimContradicted,
				Reason: said("query latency of db is 640 ms, usually 3.1 ms", "db의 질의 지연: 640 ms, 평소 3.1 ms"),
			},
			{
				Claim: "mail: healthy", Component: "mail", Says: model.ClaimHealthy, Verdict: model.ClaimUnknown, Missing: []string{"latency", "errors"},
				Reason:   said("nothing of mail is measured that would tell", "이를 알려 줄 것이 mail에서 측정되지 않음"),
				HowToGet: said("a probe of mail", "mail의 프로브"),
			},
		},
		Earlier: []model.Interval{{From: at("13:35:00"), To: at("13:40:15")}},
		Later:   []model.Interval{{From: at("14:35:00"), To: at("14:40:15")}},
		Warnings: []model.Warning{{
			Component: "db", Signal: "filesystem_usage", Unit: "ratio", Limit: 1, PerHour: 0.03,
			Exhausted: model.Exhaustion{Earliest: at("16:50:00"), Likely: at("17:20:00"), Latest: at("18:05:00")},
			Text: model.Say("if it goes on like this, %s of %s will reach %s in %s (%s to %s)", said("file system usage", "파일 시스템 사용률"), "db",
				"100 %", "3 h", "2 h 30 min", "3 h 45 min"),
		}},
		Triage: model.Triage{
			Severity: model.SeverityCritical, WakeUp: true,
			Reason:  said("one request in eight fails for users, and it does not heal by itself", "사용자 요청 여덟 건 중 한 건이 실패하며 저절로 낫지 않습니다"),
			Scope:   model.Scope{Users: said("all users", "모든 사용자"), Functions: []string{"checkout", "search"}},
			Control: model.ControlTechnical,
		},
		Cohorts: diagnosedCohorts(),
		Actions: diagnosedActions(),
		Expected: []model.Expected{{
			Component: "search", Signal: "cpu", Title: model.Say("CPU"), Observed: "97 %", Baseline: "20 %", Until: at("18:00:00"),
			Reason: said("the index is built anew", "색인을 다시 만드는 중입니다"),
		}},
		Coverage: model.Coverage{SignalsExpected: 50, SignalsSeen: 41, Gaps: []model.Message{
			said("cache: no series answered for evictions", "cache: evictions에 답한 시계열이 없습니다"),
		}},
		Engine: model.EngineInfo{Version: "0.1.0", RulesHash: "3f9a11c2d4e5f60718", TookMS: 184.4, Series: 1702, Samples: 2043811},
	}
}

func diagnosedCauses() []model.Cause {
	return []model.Cause{
		{
			Rank: 1, Component: "db-volume", Signal: "io_queue_length", SignalKind: model.KindSaturation, Fault: "disk-io-saturation", Probability: 0.83,
			Onset: onset("14:06:18", "14:06:22"), Chain: []string{"lb", "was1", "db", "db-volume"},
			Score: []model.Term{{Term: "own-signal", Value: 2.1, Why: model.Say("its queue is 120 sigma up")}},
			Evidence: []model.Evidence{
				{
					Test: "own-signal", Verdict: model.Supports, Signal: "io_queue_length", Weight: 2.1,
					Query:    `rate(node_disk_io_time_weighted_seconds_total{device="nvme1n1"}[15s])`,
					Observed: "34 requests", Baseline: "0.2 requests", Text: said("The volume's IO queue is long.", "볼륨의 IO 대기열이 깁니다."),
				},
				{
					Test: "order", Verdict: model.Supports, Signal: "query_latency_p95", Weight: 0.8,
					Text: model.Verbatim("It began no later than the latency of db, 2 s before it."),
				},
				{
					Test: "throughput", Verdict: model.Refutes, Signal: "write_iops", Observed: "25 ops", Baseline: "480 ops",
					Query: `rate(node_disk_writes_completed_total{device="nvme1n1"}[15s])`, Weight: -0.3,
					Text: model.Verbatim("More writes arrive than before: no, they fell."),
				},
				{Test: "device-errors", Verdict: model.VerdictUnknown, Signal: "device_errors", Text: model.Verbatim("Device errors are not measured.")},
			},
			WouldFlip: said("IO latency of db-volume below 5 ms while db stays slow", "db가 느린 동안 db-volume의 IO 지연이 5 ms 아래인 것"),
			RivalFaults: []model.RivalFault{{
				Fault: "network-delay", Signal: "path_latency",
				Text: said("the path to the storage is slow (round trip %s, usually %s)", "스토리지까지의 경로가 느립니다 (왕복 시간 %[1]s, 평소 %[2]s)", "9 ms", "0.4 ms"),
			}},
		},
		{
			Rank: 2, Component: "db", Signal: "locks_waiting", Fault: "lock-contention", Probability: 0.09,
			Onset: onset("14:06:21", "14:06:30"), Chain: []string{"lb", "was1", "db"},
			WouldFlip: model.Say("lock waits that began before the IO queue"),
		},
		{Rank: 3, Component: "was1", Fault: model.FaultUnclassified, Probability: 0.03, Chain: []string{"lb", "was1"}},
		{Rank: 4, Component: "lb", Fault: model.FaultUnmeasured, Probability: 0.004, Chain: []string{"lb"}},
	}
}

func diagnosedEliminated() []model.Eliminated {
	return []model.Eliminated{
		{
			Component: "mail", Fault: "dependency-slow", Test: "on-path", Text: model.Say("lb does not need mail to answer."),
		},
		{
			Component: "db", Fault: "cpu-saturation", Test: "own-signal",
			Text: said("CPU idles: %s, usually %s.", "CPU가 놀고 있습니다: %[1]s, 평소 %[2]s.", "11 %", "12 %"),
			Evidence: []model.Evidence{{
				Test: "own-signal", Verdict: model.Refutes, Signal: "cpu_utilization", Observed: "11 %", Baseline: "12 %",
				Query: `1 - avg(rate(node_cpu_seconds_total{mode="idle"}[1m]))`, Text: model.Verbatim("CPU is not high."), Necessary: true,
			}},
		},
		{
			Component: "was1", Fault: "latency-unexplained", Test: "callee-explains",
			Text: said("Its latency is what db's latency makes of it (97 %).", "지연은 db의 지연으로 설명됩니다 (97 %)."),
		},
	}
}

func diagnosedActions() model.Actions {
	return model.Actions{
		Mitigate: []model.Action{
			{
				Component: "db-volume", Text: said("raise the provisioned IOPS of %s", "%[1]s의 프로비저닝 IOPS를 올린다", "db-volume"),
				Because: said("its queue holds 34 requests at 25 completed writes a second", "초당 25건의 쓰기에 대기열이 34건입니다"),
				Risk:    said("the change itself may slow the volume for minutes", "변경 중 몇 분 동안 볼륨이 더 느려질 수 있습니다"),
				Command: "cloud volume modify --volume db-volume --iops 6000 --reason 'saturated since 14:06' --wait --output table",
			},
			{Component: "was1", Link: "https://runbooks.example/was#jobs", Text: said("shed background jobs that write to db", "db에 쓰는 배경 작업을 멈춘다")},
		},
		Isolate: []model.Action{{
			Component: "db", Text: said("fail over to the replica whose volume is idle", "볼륨이 한가한 복제본으로 전환한다"),
			Risk: said("writes of the last second may be lost", "마지막 1초의 쓰기를 잃을 수 있습니다"),
		}},
		Permanent: []model.Action{{
			Component: "db-volume", Text: said("alert on the IO queue, not on host load", "호스트 부하가 아니라 IO 대기열에 경보를 건다"),
			Because: said("host CPU showed nothing", "호스트 CPU에는 아무것도 보이지 않았습니다"),
		}},
		Experiments: []model.Action{{
			Component: "db-volume", Text: said("measure IO latency with a read of one block", "블록 하나를 읽어 IO 지연을 잰다"),
			Command: "ioping -c 10 /var/lib/db",
		}},
		Runbook: []model.Action{{Component: "db", Text: said("see the storage page: check burst credits first", "저장소 문서: 먼저 버스트 크레딧을 확인한다")}},
	}
}

// inconclusive has two candidates that the data do not tell apart.
func inconclusive() *model.Diagnosis {
	return &model.Diagnosis{
		Question: asked(),
		Outcome: model.Outcome{Status: model.Inconclusive, Summary: model.Say(
			"Inconclusive: %s or %s; this would tell: %s.", "cache (memory-exhaustion)", "db (lock-contention)",
			model.Say("evictions of %s", "cache"))},
		Causes: []model.Cause{
			{
				Rank: 1, Component: "cache", Signal: "hit_ratio", Fault: "memory-exhaustion", Probability: 0.41,
				Onset: onset("14:05:00", "14:05:30"), Chain: []string{"lb", "was1", "cache"},
				Evidence: []model.Evidence{
					{Test: "own-signal", Verdict: model.Supports, Signal: "hit_ratio", Observed: "71 %", Baseline: "96 %", Text: model.Verbatim("Fewer hits.")},
					{Test: "memory", Verdict: model.VerdictUnknown, Signal: "memory_used", Text: model.Verbatim("Memory is not measured.")},
				},
				WouldFlip: model.Say("no evictions while the hit ratio is low"),
			},
			{
				Rank: 2, Component: "db", Signal: "locks_waiting", Fault: "lock-contention", Probability: 0.38,
				Onset: onset("14:05:10", "14:05:40"), Chain: []string{"lb", "was1", "db"},
				Evidence: []model.Evidence{
					{Test: "own-signal", Verdict: model.Supports, Signal: "locks_waiting", Observed: "14 sessions", Baseline: "0 sessions", Text: model.Verbatim("Sessions wait for locks.")},
					{Test: "order", Verdict: model.Refutes, Signal: "locks_waiting", Text: model.Verbatim("It did not begin before the misses of cache.")},
				},
			},
		},
		Sparks: []model.Spark{
			course("cache", "hit_ratio", "ratio", step(40, 10, 0.96, 0.71), 0.96, 10),
			course("db", "locks_waiting", "sessions", step(40, 11, 0, 14), 0, 11),
		},
		Untested: []model.Untested{{
			Component: "cache", Fault: "memory-exhaustion", Missing: []string{"evictions"},
			HowToGet: model.Say("add the cache exporter to the scrape configuration"), DecidesBetween: []string{"cache", "db"},
		}},
		Triage: model.Triage{Severity: model.SeveritySevere, Reason: model.Say("latency doubled, nothing fails")},
		Actions: model.Actions{Experiments: []model.Action{{
			Component: "cache", Text: model.Say("ask cache for its eviction count twice, a minute apart"),
			Because: model.Say("it decides between cache and db"), Command: "redis-cli -h cache info stats | grep evicted_keys",
		}}},
		Coverage: model.Coverage{SignalsExpected: 12, SignalsSeen: 7},
		Engine:   model.EngineInfo{Version: "0.1.0", RulesHash: "3f9a11c2", TookMS: 12.25, Series: 88, Samples: 9040},
	}
}

// healthy has nothing to say but what was looked at.
func healthy() *model.Diagnosis {
	return &model.Diagnosis{
		Question: asked(),
		Outcome: model.Outcome{Status: model.Healthy, Summary: said(
			"No fault found: errors of %s are as always (%s).", "이상 없음: %[1]s의 오류는 평소와 같습니다 (%[2]s).", "lb", "0.02 %")},
		Triage:   model.Triage{Severity: model.SeverityOther, Reason: said("nothing is wrong", "잘못된 것이 없습니다")},
		Coverage: model.Coverage{SignalsExpected: 50, SignalsSeen: 50},
		Engine:   model.EngineInfo{Version: "0.1.0", RulesHash: "3f9a11c2", TookMS: 9, Series: 1702, Samples: 999},
	}
}

// unmeasured has a cause nobody measures, and numbers that are not known.
func unmeasured() *model.Diagnosis {
	return &model.Diagnosis{
		Question: model.Asked{Component: "was1", Signal: model.KindLatency, To: at("14:20:00")},
		Outcome:  model.Outcome{Status: model.Diagnosed},
		Causes: []model.Cause{{
			Rank: 1, Component: "mail", Fault: model.FaultUnmeasured, Probability: math.NaN(),
			Chain: []string{"was1", "mail"}, Score: []model.Term{{Term: "prior", Value: math.Inf(-1)}},
		}},
		Chain: []model.Link{
			{
				Component: "was1", Signal: "threads_busy", Onset: onset("23:59:50", "23:59:50"), MagnitudeSigma: 9.876, LagSeconds: math.NaN(),
				Correlation: math.NaN(), Via: "async", State: "abnormal", Observed: "200 threads", Baseline: "12 threads",
			},
			{Component: "mail", State: "unknown", MagnitudeSigma: math.NaN(), LagSeconds: math.Inf(1), Correlation: math.NaN()},
		},
		Sparks: []model.Spark{
			{Component: "was1", Signal: "threads_busy", Unit: "threads", Values: []float64{12, 12, 13, 80, 200, 200}, Baseline: math.NaN(), OnsetIndex: 3, From: at("14:00:00"), Step: time.Minute},
			{Component: "mail", Signal: "", Values: []float64{math.NaN(), math.NaN()}, Baseline: math.NaN(), OnsetIndex: 7},
		},
		Changes: []model.JudgedChange{{
			Kind: model.ChangeDeploy, Component: "mail", At: day.Add(-2 * time.Hour), Relation: model.RelationUnknown,
			Reason: model.Say("nothing of mail is measured"),
		}},
		Triage: model.Triage{Severity: model.SeverityOther, Control: model.ControlExternal},
		Engine: model.EngineInfo{TookMS: math.NaN()},
	}
}

// hostile has text from outside that tries to break out of every format.
func hostile() *model.Diagnosis {
	evil := "\x1b[2J\x1b]0;owned\x07<script>alert(1)</script>|`x`|\u202edetrever\u009b31m\r\nSecond\x00 line"
	return &model.Diagnosis{
		Question: model.Asked{Component: evil, Signal: model.KindErrors, From: at("14:06:00"), Understood: model.Verbatim(evil)},
		Outcome:  model.Outcome{Status: model.Diagnosed, Summary: model.Say("%s: %s is to blame, 70 %% sure.", "# - 1. db", evil)},
		Causes: []model.Cause{{
			Rank: 1, Component: evil, Fault: evil, Signal: evil, Probability: 0.7, Chain: []string{"lb", evil},
			Evidence: []model.Evidence{{Test: evil, Verdict: "odd", Signal: evil, Query: "up{a=\"```\"}\n\tor " + evil, Observed: evil, Baseline: evil, Text: model.Verbatim(evil)}},
		}},
		Chain: []model.Link{
			{Component: "lb", Signal: evil, State: evil, Observed: evil, Baseline: evil, Via: evil},
			{Component: evil, Signal: "a|b", State: "abnormal", Observed: "1", Baseline: "\xff\xfe"},
		},
		Sparks:     []model.Spark{course(evil, "a|b", evil, []float64{math.MaxFloat64, -math.MaxFloat64, math.Inf(1)}, 0, 1)},
		Eliminated: []model.Eliminated{{Component: evil, Fault: evil, Test: evil, Text: model.Verbatim(evil)}},
		Untested:   []model.Untested{{Component: evil, Fault: evil, Missing: []string{evil}, HowToGet: model.Verbatim(evil), DecidesBetween: []string{evil}}},
		Changes: []model.JudgedChange{{
			ID: evil, Kind: model.ChangeKind(evil), Component: evil, At: at("14:00:00"), Relation: model.Relation(evil),
			Reason: model.Verbatim(evil), Title: evil, Notes: evil, From: evil, To: evil, Source: evil, Query: evil,
			Seen: model.Verbatim(evil), Instances: []string{evil},
		}},
		Claims: []model.JudgedClaim{{
			Claim: evil, Component: evil, Says: model.ClaimKind(evil), Resource: evil, Verdict: model.ClaimVerdict(evil), Reason: model.Verbatim(evil),
			Missing: []string{evil}, HowToGet: model.Verbatim(evil),
		}},
		Triage:   model.Triage{Severity: model.Severity(evil), Reason: model.Verbatim(evil), Scope: model.Scope{Users: model.Verbatim(evil), Functions: []string{evil}}, Control: model.Control(evil)},
		Actions:  model.Actions{Mitigate: []model.Action{{Component: evil, Text: model.Verbatim(evil), Command: "echo '" + evil + "'", Because: model.Verbatim(evil), Risk: model.Verbatim(evil), Link: "https://a.example/" + evil}, {Text: model.Verbatim("follow"), Link: "javascript:" + evil}}},
		Expected: []model.Expected{{Component: evil, Signal: evil, Title: model.Verbatim(evil), Observed: evil, Baseline: evil, Reason: model.Verbatim(evil)}},
		Coverage: model.Coverage{SignalsExpected: 1, Gaps: []model.Message{model.Verbatim(evil)}},
		Engine:   model.EngineInfo{Version: evil, RulesHash: evil},
	}
}
