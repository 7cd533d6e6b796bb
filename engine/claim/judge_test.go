package claim

import (
	"strings"
	"testing"
	"time"

	"github.com/diagnops/diagnops/engine/correlate"
	"github.com/diagnops/diagnops/engine/model"
	"github.com/diagnops/diagnops/engine/topo"
)

var begin = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// read makes a reading: of a component, or of a call where at is "web>db"; bad where now is far from usual.
func read(at, name string, kind model.SignalKind, resource, unit string, now, usual float64) *model.Reading {
	component, peer, _ := strings.Cut(at, ">")
	sig := &model.Signal{Name: name, Kind: kind, Unit: unit, Resource: resource, Bad: model.BadUp}
	if kind == model.KindAvailability {
		sig.Bad = model.BadDown
	}
	r := &model.Reading{
		Series: &model.Series{Subject: model.Subject{Component: component, Peer: peer}, Signal: sig, Query: name}, State: model.StateNormal,
		Observed: now, Baseline: usual, Severity: 0.5, ReferenceN: 50, SymptomN: 10,
	}
	if now > 2*usual || now < usual/2 {
		r.State, r.Bad, r.Severity, r.Sign, r.Confidence = model.StateAbnormal, true, 9, 1, 1
		if now < usual {
			r.Sign = -1
		}
		r.Onset = model.Onset{Earliest: begin, Latest: begin.Add(5 * time.Second)}
	}
	return r
}

func stopped(r *model.Reading) *model.Reading {
	r.State, r.Reason, r.Bad = model.StateUnknown, model.ReasonVanished, false
	return r
}

// world is web, which calls db and mail; db is stored on vol, and runs on box.
func world(readings []*model.Reading, changes []model.Change, watches []model.Watch) (*model.Scene, *topo.Graph) {
	t := &model.Topology{}
	for _, c := range [][2]string{{"web", "app"}, {"db", "db"}, {"mail", "external"}, {"vol", "disk"}, {"box", "host"}} {
		t.Components = append(t.Components, model.Component{Name: c[0], Kind: c[1]})
	}
	for _, d := range []model.Dependency{
		{From: "web", To: "db", Kind: model.Calls},
		{From: "web", To: "mail", Kind: model.Calls},
		{From: "db", To: "vol", Kind: model.StoredOn},
		{From: "db", To: "box", Kind: model.RunsOn},
	} {
		d.Source, d.Confidence = "topology", 1
		t.Dependencies = append(t.Dependencies, d)
	}
	g := topo.New(t)
	return correlate.Build(correlate.Input{
		Symptom: model.Symptom{Component: "web", Signal: model.KindLatency, Interval: model.Interval{From: begin, To: begin.Add(time.Minute)}},
		Grid:    model.Grid{Step: 5 * time.Second}, Graph: g, Readings: readings, Changes: changes, Watches: watches,
	}), g
}

func TestJudge(t *testing.T) {
	t.Parallel()
	const lat, errs, util, sat, avail = model.KindLatency, model.KindErrors, model.KindUtilization, model.KindSaturation, model.KindAvailability
	slowDB := read("db", "latency", lat, "", "seconds", 2, 0.1)
	wellDB := []*model.Reading{
		read("db", "latency", lat, "", "seconds", 0.1, 0.1), read("db", "errors", errs, "", "ratio", 0.01, 0.01),
		read("db", "cpu", util, "cpu", "ratio", 0.12, 0.1), read("db", "memory", util, "memory", "ratio", 0.3, 0.3), read("vol", "queue", sat, "disk", "requests", 1, 1),
	}
	queue := read("vol", "queue", sat, "disk", "requests", 34, 0.2)
	blame := func(component string, p float64, chain ...string) []model.Cause {
		return []model.Cause{{Component: component, Fault: "worn", Probability: p, Chain: chain, Evidence: []model.Evidence{
			{Verdict: model.Supports, Signal: "queue", Text: model.Verbatim("the queue is long")},
		}}}
	}
	deploy := model.Change{Component: "db", Kind: model.ChangeDeploy, At: begin.Add(-time.Minute), Title: "release 2", ID: "1"}
	unshown := deploy
	unshown.Seen = &model.Sighting{Verdict: model.Refutes, What: model.Verbatim("version stayed 1")}
	restart := model.Change{
		Component: "db", Kind: model.ChangeRestart, At: begin, Title: "start", ID: "2", Found: true, Seen: &model.Sighting{Verdict: model.Supports},
	}
	watch := model.Watch{
		Component: "db", Kind: model.ChangeDeploy, What: model.Verbatim("version"), Shows: "1",
		Interval: model.Interval{From: begin.Add(-time.Hour), To: begin.Add(time.Minute)},
	}
	for _, c := range []struct {
		name     string
		claim    model.Claim
		readings []*model.Reading
		changes  []model.Change
		watches  []model.Watch
		causes   []model.Cause
		out      []model.Eliminated
		status   model.Status
		want     string
		missing  string
	}{
		{name: "all that matters is well", claim: model.Claim{Kind: "healthy"}, readings: wellDB, want: "confirmed: measured and as usual: latency, errors, cpu, memory, disk"},
		{
			name: "some is not measured", claim: model.Claim{Kind: "healthy"}, readings: wellDB[:1],
			want: "unknown: what is measured is as usual (latency); not measured: errors, cpu, memory, disk", missing: "errors cpu memory disk",
		},
		{name: "nothing is measured", claim: model.Claim{Kind: "healthy"}, want: "unknown: nothing of db is measured that would tell", missing: "latency errors cpu memory disk"},
		{
			name: "slow", claim: model.Claim{Kind: "healthy"}, readings: []*model.Reading{slowDB},
			want: "contradicted: latency of db is 2 s, usually 100 ms; it began 12:00:00 to 12:00:05 UTC",
		},
		{
			name: "slow, for what it needs", claim: model.Claim{Kind: "healthy"}, readings: []*model.Reading{slowDB}, causes: blame("vol", 0.9, "web", "db", "vol"),
			want: "contradicted: latency of db is 2 s, usually 100 ms; it began 12:00:00 to 12:00:05 UTC; that is an effect: vol accounts for it",
		},
		{
			name: "short of something, though users do not feel it", claim: model.Claim{Kind: "healthy"},
			readings: append([]*model.Reading{read("db", "locks", sat, "locks", "sessions", 40, 1)}, wellDB...),
			want:     "contradicted: locks of db is 40 sessions, usually 1 session; it began 12:00:00 to 12:00:05 UTC",
		},
		{
			name: "silent", claim: model.Claim{Kind: "healthy"}, readings: []*model.Reading{stopped(read("db", "latency", lat, "", "seconds", 1, 1))},
			want: "contradicted: samples of latency of db stopped",
		},
		{name: "not healthy, said of who is well", claim: model.Claim{Kind: "healthy", Denied: true}, readings: wellDB, want: "contradicted: measured and as usual: latency, errors, cpu, memory, disk"},
		{
			name: "seen by a caller alone", claim: model.Claim{Kind: "slow"}, readings: []*model.Reading{read("web>db", "call", lat, "", "seconds", 2, 0.1)},
			want: "confirmed: its callers see it: call of web -> db is 2 s, usually 100 ms; it began 12:00:00 to 12:00:05 UTC",
		},
		{name: "a caller is content", claim: model.Claim{Kind: "slow"}, readings: []*model.Reading{read("web>db", "call", lat, "", "seconds", 0.1, 0.1)}, want: "contradicted: no caller of db sees it"},
		{name: "slow is not measured", claim: model.Claim{Kind: "slow"}, readings: wellDB[1:], want: "unknown: how db answers is not measured", missing: "latency"},
		{name: "it does not fail", claim: model.Claim{Kind: "failing", Denied: true}, readings: wellDB, want: "confirmed: errors of db is 1 %, as usual"},
		{
			name: "down", claim: model.Claim{Kind: "down"}, readings: []*model.Reading{read("db", "up", avail, "", "bool", 0, 1)},
			want: "confirmed: up of db is no, usually yes; it began 12:00:00 to 12:00:05 UTC",
		},
		{name: "up", claim: model.Claim{Kind: "down"}, readings: []*model.Reading{read("db", "up", avail, "", "bool", 1, 1)}, want: "contradicted: up of db is yes, as usual"},
		{name: "it still answers", claim: model.Claim{Kind: "down"}, readings: wellDB[:1], want: "contradicted: it still works: latency of db is 100 ms, as usual"},
		{name: "nobody knows whether it is down", claim: model.Claim{Kind: "down"}, want: "unknown: whether db answers is not measured", missing: "availability"},
		{name: "idle", claim: model.Claim{Kind: "idle", Resource: "cpu"}, readings: wellDB, want: "confirmed: cpu of db is 12 %, usually 10 %"},
		{
			name: "idle, but its volume is not", claim: model.Claim{Kind: "idle", Resource: "cpu"}, readings: []*model.Reading{wellDB[2], queue},
			want: "confirmed: cpu of db is 12 %, usually 10 %; that clears nobody: queue of vol is 34 requests, usually 0.2 requests; it began 12:00:00 to 12:00:05 UTC",
		},
		{name: "busy as ever", claim: model.Claim{Kind: "idle", Resource: "cpu"}, readings: []*model.Reading{read("db", "cpu", util, "cpu", "ratio", 0.9, 0.9)}, want: "contradicted: cpu of db is 90 %, as usual"},
		{
			name: "of its host, where nothing of its own is measured", claim: model.Claim{Kind: "idle", Resource: "cpu"},
			readings: []*model.Reading{read("box", "cpu", util, "cpu", "ratio", 0.2, 0.2)}, want: "confirmed: cpu of box is 20 %, as usual",
		},
		{name: "idle is not measured", claim: model.Claim{Kind: "idle", Resource: "cpu"}, want: "unknown: the cpu of db is not measured", missing: "cpu"},
		{
			name: "what waits is measured alone", claim: model.Claim{Kind: "idle", Resource: "cpu"}, readings: []*model.Reading{read("db", "wait", sat, "cpu", "threads", 9, 1)},
			want: "contradicted: wait of db is 9 threads, usually 1 thread; it began 12:00:00 to 12:00:05 UTC",
		},
		{name: "the cause", claim: model.Claim{Kind: "not-us"}, causes: blame("db", 0.9, "web", "db"), want: "contradicted: db is a likely cause, 90 % (worn)"},
		{name: "one of two causes", claim: model.Claim{Kind: "not-us"}, status: model.Inconclusive, causes: blame("db", 0.4, "web", "db"), want: "contradicted: db is a likely cause, 40 % (worn)"},
		{name: "what it stands on", claim: model.Claim{Kind: "not-us"}, causes: blame("vol", 0.9, "web", "db", "vol"), want: "contradicted: what db stands on is the cause: vol (worn, 90 %)"},
		{name: "an effect", claim: model.Claim{Component: "web", Kind: "not-us"}, causes: blame("db", 0.9, "web", "db"), want: "confirmed: db accounts for the trouble of web"},
		{
			name: "ruled out", claim: model.Claim{Component: "mail", Kind: "not-us"}, causes: blame("db", 0.9, "web", "db"),
			out:  []model.Eliminated{{Component: "mail", Text: model.Verbatim("mail answers as usual")}},
			want: "confirmed: db is the cause; of mail everything is ruled out: mail answers as usual",
		},
		{name: "somebody else", claim: model.Claim{Component: "mail", Kind: "not-us"}, causes: blame("db", 0.9, "web", "db"), want: "confirmed: db is the cause, 90 %"},
		{name: "nobody is found", claim: model.Claim{Kind: "not-us"}, status: model.Inconclusive, want: "unknown: nobody is found to blame, so nobody is cleared"},
		{name: "nothing is wrong", claim: model.Claim{Kind: "not-us"}, status: model.Healthy, want: "confirmed: no fault was found that anybody would have to answer for"},
		{name: "a deploy", claim: model.Claim{Kind: "unchanged"}, changes: []model.Change{deploy}, watches: []model.Watch{watch}, want: "contradicted: deploy at 11:59:00: release 2"},
		{
			name: "a deploy before that", claim: model.Claim{Kind: "unchanged", Change: "deploy", Since: begin}, changes: []model.Change{deploy}, watches: []model.Watch{watch},
			want: "confirmed: nothing was told of, and this stayed as it was: version 1",
		},
		{
			name: "a deploy that metrics do not show", claim: model.Claim{Kind: "unchanged"}, changes: []model.Change{unshown}, watches: []model.Watch{watch},
			want: "unknown: release 2 was told of at 11:59:00, but metrics do not show it: version stayed 1",
		},
		{name: "a restart is nobody's", claim: model.Claim{Kind: "unchanged"}, changes: []model.Change{restart}, watches: []model.Watch{watch}, want: "confirmed: nothing was told of, and this stayed as it was: version 1"},
		{
			name: "nothing would show it", claim: model.Claim{Kind: "unchanged"}, want: "unknown: nothing was told of, and nothing that is measured of db would show it",
			missing: "version",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if c.claim.Component == "" {
				c.claim.Component = "db"
			}
			if c.status == "" {
				c.status = model.Diagnosed
			}
			scene, g := world(c.readings, c.changes, c.watches)
			got := Judge([]model.Claim{c.claim}, Case{
				Scene: scene, Graph: g, Status: c.status, Causes: c.causes, Eliminated: c.out,
				HowToGet: func(_, missing string) model.Message { return model.Say("measure %s", missing) },
			})[0]
			if said := string(got.Verdict) + ": " + got.Reason.String(); said != c.want {
				t.Errorf("%s\nwant %s", said, c.want)
			}
			if missing := strings.Join(got.Missing, " "); missing != c.missing {
				t.Errorf("missing %q, want %q", missing, c.missing)
			}
			if (len(got.Missing) > 0) == got.HowToGet.IsZero() {
				t.Errorf("how to get %v: %s", got.Missing, got.HowToGet)
			}
		})
	}
}
