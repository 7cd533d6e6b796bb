// Package rules holds what is known beforehand: which signals a product has and what they mean (signal packs), and
// which faults there are, how they show and what helps (fault knowledge). Both are data, YAML files under packs/ that
// come with the program; a user's directories are loaded over them with Load(DefaultFS(), Dir(path)). Plan turns the
// packs and a topology into the list of PromQL expressions to ask; evaluating them is not done here.
//
// A Set does not change after Load and may be shared by goroutines. Nothing here reads a clock.
//
// # Writing a pack
//
// A file holds one or more YAML documents, each with signals, faults, exemptions or several of them. Folders named tests
// are passed over: tests of rules lie there. Unknown keys are errors; Load
// reports all problems at once with file:line:col, for PromQL with the place in the expression.
//
//	version: 1
//	name: example                # a pack or fault of the same name in a later directory takes its place
//	kinds: [db, database]        # kinds of component whose series it reads; ["*"] = any, without not_kinds
//	requires: [example_up]       # any one of these metric names, under the component's selector, makes the pack apply
//	identifies: db               # the kind of component that a target with these metrics is (diagnops init); absent = any
//	scope: component             # the default; topology = asked once, for calls between any two components
//	priority: 0                  # of two packs that know the same signal of a component, the higher is asked
//	signals:
//	- name: lock_waiters         # the same name as other packs use for the same thing: faults refer to it
//	  title: sessions waiting for a lock
//	  title_ko: 락 대기 세션
//	  kind: saturation           # traffic, errors, latency, saturation, utilization, availability, usage
//	  unit: sessions             # seconds, ratio (0 to 1), req/s, bytes, ...
//	  bad: up                    # up, down, both, change
//	  resource: locks            # the bounded thing it is about; absent = none
//	  side: server               # who measured a latency or error: server (the one who serves) or client (who calls)
//	  optional: true             # absent, it is no gap in the coverage
//	  edge: {to: server}         # a call's signal: the label with the callee's name; the component is the caller
//	  exprs:                     # candidates in order: names drift between versions, the first that answers is recorded
//	  - sum(pg_stat_activity_count{wait_event_type="Lock"})
//
// Expressions: $range stands for the rate window, max(2 steps, 4 scrape intervals), written at planning time. The
// component's selector is added as matchers to every vector selector. Where the expression has a positive matcher (= or
// =~) of its own on one of the selector's labels, the component's is left out there, since the expression was written
// to look elsewhere; a negative one (!= or !~) only narrows, and both hold. ${label} is the selector's value of a label,
// quoted in regular expressions; a candidate whose label is not in the selector is not asked. So an expression should
// aggregate over what is left (sum, max), and keep a label only if its values are worth telling apart: servers, pools,
// instances. Which candidates are asked is decided from the metric names that exist: a quotient needs both its sides, an
// "or" one of them.
//
// Where a library creates the series of an outcome only when it first happens, write
// (sum(rate(x{code=~"5.."}[$range])) or 0 * sum(rate(x{code!=""}[$range]))) / sum(rate(x{code!=""}[$range])): no errors
// among requests that were counted is a measured zero. "or vector(0)" makes a zero of what is not known, and is not used.
//
// A signal whose subject is told by labels (edge, scope topology) is planned with those labels; what the values of the
// callee's label do not name is no component's.
//
// # Writing what shows a change
//
//	changes:
//	- name: version              # of several packs that give a component the same, the higher priority is asked
//	  title: version             # what is altered; of time and event, what happened
//	  title_ko: 버전
//	  kind: deploy               # a kind of change event
//	  by: label                  # how the answer shows it, below
//	  labels: [version]          # of by: label, whose values are the state
//	  instance: [pod, instance]  # the default: the labels that tell instances apart, the first that is there counts
//	  states: {"0": primary, "1": replica}   # of by: level, names for values
//	  unit: keys                 # of a level or an amount
//	  vague: true                # it says only that something was altered: no news beside another change
//	  metrics: ['.+_build_info'] # whole metric names, of which $metric takes the place in exprs; except takes some out
//	  except: [go_build_info]
//	  exprs: ['max by (instance, version) ($metric)']
//
// By label: another value of the labels. By time: the value is when it happened last, in Unix seconds. By level: a number
// that stays until it is altered. By event: above zero when it happens. By drop: an amount that falls below half at once.
// An expression keeps the labels that tell instances apart, or is about the component as a whole. What an exporter says of
// its own version, start or reload is no change of what it watches.
//
// # Writing a fault
//
//	faults:
//	- fault: disk-io-saturation
//	  kinds: [disk, volume]      # whom it can befall; "*" and not_kinds as above
//	  title: the volume is saturated
//	  shows:                     # by signal name, or by resource and kind (resource: none = about no resource)
//	  - {signal: io_queue_length, strength: strong}   # strong, medium (the default), weak; the most telling first
//	  - {resource: disk, kind: latency}
//	  excludes: [{signal: io_queue_length}]   # where some of these were measured and none is abnormal, it is refuted
//	  host_resource: cpu         # of what runs on a host: refuted where the host shows this resource normal
//	  nature: resource           # resource (the default), service, link, load, absent, change, supply: how it is tested
//	  changes: [deploy, flag]    # of nature change: the change events it stands or falls by
//	  recorded: true             # supposed only of a component of which such an event is known; false is the default
//	  control: technical         # technical, human, external: who can prevent or end it
//	  prior: 0.3                 # log-odds that experience adds, -5 to 5
//	  severity: critical         # critical, severe, other: how urgent it is at least, whatever users feel of it yet
//	  predicts:                  # what else is to be seen if it is there, each tested by itself; see below
//	  - {signal: io_utilization, is: up, necessary: true}
//	  refutes:                   # what, seen, rules it out; with necessary: false it only speaks against it
//	  - {signal: iops, is: up, strength: weak, necessary: false}
//	  mitigate:                  # what helps now; also permanent, experiments, runbook
//	  - {text: "...", ko: "...", command: "...", link: "https://...", risk: "what it could break", risk_ko: "..."}
//	  how_to_get: which exporter or setting gives the signals that decide about it
//	  interacts: which obvious cure is none, and why
//
// In texts, commands and links {{component}}, {{owner}}, {{host}} and {{label}} of the selector are filled in, and of the
// fault's most telling sign {{signal}}, {{observed}}, {{baseline}} and {{since}}; what is not known stays as <label>.
//
// # What a fault predicts
//
// An entry of predicts and of refutes says which signal (signal, resource, kind, as in shows) behaves how:
//
//	is: up          # up, down: it is unusual and went that way. flat: measured, and as usual. present, absent: it has
//	                # samples; it had samples and has none now
//	strength: weak  # strong, medium (the default), weak: how much it tells
//	necessary: true # measured and not so, it rules the fault out (refutes: measured and so; there it is the default)
//	on: callers     # where: component (the default), callers (all that need it), callees (what it calls), siblings
//	                # (of its kind, needed by one that needs it), host (what it runs or is stored on)
//	by: pod         # only some values of the label are so, and some are measured and are not
//	lag: {after: onset, min: 0s, max: 2m}  # when it began, after the first sign of the fault (onset) or after a signal of
//	                # the component; min is 0s and max without bound where they are absent, and negative is before
//
// What is not measured is unknown, never refuted, and is named among what is missing. A fault that has no shows is raised
// by the moves that it predicts of the component; where it has shows and one of them is bad, these moves count as its signs too,
// so that a narrow fault need not name in shows what wider ones show as well.
//
// # Exemptions
//
// Behaviour that is expected for a while is not held against anybody, and acquits nobody either; the answer names it with
// its reason. Of component, kind and selector at least one is given, and all that are must fit:
//
//	exemptions:
//	- {component: warehouse, signal: cpu, reason: "the monthly report runs", reason_ko: "...", until: 2026-12-31}
//	- {kind: cache, selector: {env: test}, signal: evictions, is: up, reason: "it is small", until: 2026-12-31T18:00:00Z}
//
// It holds for questions about a time before until; of a date, the whole day (in UTC) counts. With is: up, down or absent
// anything else stays unexpected.
//
// # Testing a pack
//
// diagnops test rules FILE runs tests: series in the notation of promtool's rule tests, a question, and what must be
// answered. The packs that come with the program are loaded, and those that the file names. The tests of the former lie in
// packs/tests.
//
//	version: 1
//	rules: [../my-pack.yaml]     # packs beside the shipped ones, relative to the file
//	topology: {...}              # of the tests that give none; as in topology.yaml
//	tests:
//	- name: the volume saturates
//	  interval: 15s              # of the values below
//	  start: 2026-01-05T12:00:00Z  # of the first value; absent = Monday, 2024-01-01 at noon
//	  topology:
//	    components: [{name: db, kind: db, selector: {instance: "db1:9187"}}, {name: vol, kind: disk, selector: {device: sdb}}]
//	    dependencies: [{from: db, to: vol, kind: stored_on}]
//	  symptom: {component: db, signal: latency, from: 30m, to: 40m}   # offsets from the first value; all may be absent
//	  input_series:
//	  - {series: 'node_disk_io_time_weighted_seconds_total{device="sdb"}', values: '0+0.1x120 12+3x40 stale'}
//	  changes: [{at: 25m, kind: deploy, component: db, title: "..."}]   # without an id it is called deploy-1
//	  expect:                    # every line must hold
//	  - {component: vol, fault: disk-io-saturation, rank: 1, status: diagnosed, at_least: 0.5}   # a cause; also signal, at_most
//	  - {component: db, fault: cpu-saturation, verdict: ruled_out, test: own_signal}
//	  - {status: diagnosed}      # diagnosed, inconclusive, healthy
//	  - {missing: io_queue_length}          # named among what nobody measures; with component: of it; with rank: at this
//	                                        # place among what would tell who is to blame
//	  - {change: deploy-1, relation: cleared}    # suspect, cleared, unrelated, unknown
//	  - {component: db, expected: cpu}      # unusual, and excused by an exemption
//	  - {cohort: version, value: "7.0"}     # a label, and the value of it, that carries the badness
//
// A verdict is suspected (something that was measured speaks for it), ruled_out, untested (nobody measures what would
// tell) or not_raised (nothing calls for supposing it).
//
// JSON Schemas for editors lie in rules/schema; a first line such as
// "# yaml-language-server: $schema=rules/schema/pack.schema.json" makes an editor complete keys and underline slips.
//
// # Weights
//
// A document may hold the numbers of the ranking instead (packs/weights.yaml): under weights, tests multiplies what each
// refutation test counts; unmeasured, quiet and quiet_with_symptom are the log-odds of the rivals of every cause,
// unsupported is added to a hypothesis that nothing speaks for; temperature, lone_signal_cap and diagnosed are policy. A
// later layer changes those that it names. diagnops replay --fit writes such a file.
//
// # Traps of the catalogue
//
//   - An exporter's own process_* and go_* series stand beside the product's under the same instance label. They are
//     read only for kinds that expose their own metrics, and for products known to serve /metrics themselves; never for
//     databases, caches, queues, balancers, hosts or disks. For the same reason "up" is the exporter's for those.
//   - Utilisation of a disk says that it works, not that it is short: an NVMe or a RAID at 100 % may have a queue of
//     one. The queue length and the await tell; iowait falls when other work fills the CPU, and acquits nobody.
//   - Latency of a dependency as its caller measures it holds the caller's own want of CPU, workers and pool
//     connections: under CPU starvation a healthy database looks a hundred times slower. Side says who measured;
//     the database's own side (active time a transaction, waits, locks) decides. When a dependency hangs, the CPU of its
//     callers falls.
//   - A full pool, many goroutines, many sessions, a long request queue are effects of a slow callee more often than
//     causes; usage of memory and counts of things are weak signs. Their kind is usage, or their strength weak.
//   - Traffic is bad in neither direction by itself (bad: change): it moves for everybody below a slow component.
//   - haproxy_*_time_average_seconds are means over the last 1024 requests, whatever time these took; nginx's
//     stub_status has no status codes and no latency; CloudWatch values are sums of a period and minutes late;
//     times in pg_stat_database, innodb_row_lock_time, nginxplus and Envoy are milliseconds, in MongoDB's opLatencies
//     and Redis' latency percentiles microseconds.
//   - Metric types in exposition formats are often missing or wrong: what is a counter is decided by the expression.
//   - node_network_speed_bytes is negative or absent on virtual links; memory limits of 0 mean none: divide by "> 0".
package rules
