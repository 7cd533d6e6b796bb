package ask

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/diagnops/diagnops/engine/model"
)

// mall has kinds, calls and functions: users, front and api before two workers, each of which serves "checkout".
func mall() *model.Topology {
	call := func(from, to string) model.Dependency {
		return model.Dependency{From: from, To: to, Kind: model.Calls}
	}
	return &model.Topology{
		Components: []model.Component{
			{Name: "users", Kind: "external"},
			{Name: "front", Kind: "lb"},
			{Name: "api", Kind: "app"},
			{Name: "worker1", Kind: "app", Serves: []string{"checkout"}},
			{Name: "worker2", Kind: "app", Serves: []string{"checkout", "gift cards", "payment"}},
			{Name: "batch", Kind: "app", Serves: []string{"reports"}},
			{Name: "orders-pg", Kind: "db"},
			{Name: "redis1", Kind: "cache"},
			{Name: "mail", Kind: "external"},
			{Name: "vol-a", Kind: "disk"},
			{Name: "vol-b", Kind: "disk"},
			{Name: "node1", Kind: "host"},
			{Name: "jobs", Kind: "queue"},
		},
		Dependencies: []model.Dependency{
			call("users", "front"), call("front", "api"), call("api", "worker1"), call("api", "worker2"),
			call("worker1", "orders-pg"), call("worker2", "orders-pg"), call("worker1", "redis1"), call("worker1", "mail"),
			{From: "orders-pg", To: "vol-a", Kind: model.StoredOn},
			{From: "front", To: "node1", Kind: model.RunsOn},
		},
	}
}

// Every way to mean a component, and everything else that questions say, in both languages: the echo tells what became of
// each word.
func TestMeaning(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		// Kinds.
		{"database down", `orders-pg ("database"): availability`},
		{"is the db slow?", `orders-pg ("db"): latency`},
		{"데이터베이스가 죽었어", `orders-pg ("데이터베이스"): availability`},
		{"DB가 느려", `orders-pg ("DB"): latency`},
		{"load balancer errors", `front ("load balancer"): errors`},
		{"why is the lb slow", `front ("lb"): latency`},
		{"로드밸런서 에러", `front ("로드밸런서"): errors`},
		{"호스트가 느려", `node1 ("호스트"): latency`},
		{"캐시가 왜 이렇게 느려", `redis1 ("캐시"): latency`},
		{"queue is full", `jobs ("queue"): saturation`},
		{"큐 가득", `jobs ("큐"): saturation`},
		{"why is the database orders-pg slow", `orders-pg: latency`},
		{"orders-pg disk full", `orders-pg: saturation; not understood: disk`},
		{"is disk vol-b full", `vol-b: saturation`},
		{"cache of worker1 slow", `redis1 ("cache"): latency; left out: worker1 (one component is asked about at a time)`},
		// Korean words for English names.
		{"메일 에러", `mail ("메일"): errors`},
		{"메일이 안 돼요", `mail ("메일"): availability`},
		// Functions.
		{"checkout", `front (users reach "checkout" through it)`},
		{"why is checkout slow?", `front (users reach "checkout" through it): latency`},
		{"checkout이 느려", `front (users reach "checkout" through it): latency`},
		{"결제가 느려", `front (users reach "결제" through it): latency`},
		{"gift cards fail", `front (users reach "gift cards" through it): errors`},
		{"reports slow", `batch (users reach "reports" through it): latency`},
		{"checkout slow on worker1", `front (users reach "checkout" through it): latency; ` +
			`left out: worker1 (one component is asked about at a time)`},
		// Several.
		{"front and worker1 slow", `front: latency; left out: worker1 (one component is asked about at a time)`},
		{"worker2랑 api가 느려", `worker2: latency; left out: api (one component is asked about at a time)`},
		{"front slow, front errors", `front: latency`},
		// Denied.
		{"why is front not slow", `front: latency; asked is whether it is so`},
		{"front isn't slow", `front: latency; asked is whether it is so`},
		{"front is no longer down", `front: availability; asked is whether it is so`},
		{"no errors on front?", `front: errors; asked is whether it is so`},
		{"front가 왜 안 느려?", `front: latency; asked is whether it is so`},
		{"front는 느리지 않아", `front: latency; asked is whether it is so`},
		{"front 에러 없어?", `front: errors; asked is whether it is so`},
		{"front is not slow but returns errors", `front: errors`},
		{"front not responding", `front: availability`},
		{"front is not working", `front: availability`},
		{"front 안 돼", `front: availability`},
		// What nothing was made of.
		{"logins are slow", `latency; not understood: logins`},
		{"front slow for payments in tokyo", `front: latency; not understood: payments, tokyo`},
		{"창고 에러", `errors; not understood: 창고`},
		{"front가 창고 때문에 느려", `front: latency; not understood: 창고, 때문`},
		{"사이트가 갑자기 너무 느려졌어요", `latency`},
		{"please help, the site is extremely slow and people are seeing 503", `latency`},
	} {
		q, err := Parse(c.text, mall(), noon)
		if err != nil {
			t.Errorf("%q: %v", c.text, err)
			continue
		}
		if d := cmp.Diff(c.want, q.Echo(q.Symptom, SourceAsked).String()); d != "" {
			t.Errorf("%q (-want +got):\n%s", c.text, d)
		}
	}
}

func TestMeaningErrors(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"disk full", `component ("disk") must be one; it may be vol-a, vol-b`},
		{"디스크가 꽉 찼어", `component ("디스크") must be one; it may be vol-a, vol-b`},
		{"is the network slow", `component ("network") must be a known one; nearest: `},
		{"shipping", `component ("shipping") must be a known one; nearest: `},
		{"창고", `component ("창고") must be a known one; nearest: `},
		{"창고가 느려", `component ("창고") must be a known one; nearest: `},
		{"창고는 왜 자꾸 죽어", `component ("창고") must be a known one; nearest: `},
	} {
		q, err := Parse(c.text, mall(), noon)
		if err == nil {
			t.Errorf("%q: no error, but %s", c.text, told(q))
		} else if !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%q:\n got %s\nwant %s", c.text, err, c.want)
		}
	}
	_, err := Parse("disk full", mall(), noon)
	var ambiguous *AmbiguousError
	if !errors.As(err, &ambiguous) || ambiguous.Word != "disk" {
		t.Errorf("the error is %v", err)
	}
}

// Two ways in: neither is the one that users of the function come through, so the component that serves it is meant.
func TestFunctionBehindTwoEntrances(t *testing.T) {
	top := mall()
	top.Components = append(top.Components, model.Component{Name: "partner-api", Kind: "app"})
	top.Dependencies = append(top.Dependencies, model.Dependency{From: "partner-api", To: "worker2", Kind: model.Calls})
	q, err := Parse("gift cards slow", top, noon)
	if err != nil || q.Symptom.Component != "worker2" || !q.Served {
		t.Errorf("%s, %v", told(q), err)
	}
	// Of both workers, front is still the way to worker1, and no other is the way to both.
	q, err = Parse("checkout slow", top, noon)
	if err != nil || q.Symptom.Component != "front" {
		t.Errorf("%s, %v", told(q), err)
	}
	top.Dependencies = append(top.Dependencies, model.Dependency{From: "partner-api", To: "worker1", Kind: model.Calls})
	var ambiguous *AmbiguousError
	if _, err = Parse("checkout slow", top, noon); !errors.As(err, &ambiguous) {
		t.Errorf("the error is %v", err)
	}
}

// Calls in a circle end the search for who calls whom.
func TestFunctionInACircle(t *testing.T) {
	top := mall()
	top.Dependencies = append(top.Dependencies, model.Dependency{From: "api", To: "front", Kind: model.Calls})
	q, err := Parse("gift cards slow", top, noon)
	if err != nil || q.Symptom.Component != "worker2" {
		t.Errorf("%s, %v", told(q), err)
	}
}

// The echo is of what was used, wherever that is from.
func TestEcho(t *testing.T) {
	q, err := Parse("slow at 14:05", mall(), noon)
	if err != nil {
		t.Fatal(err)
	}
	if !q.Moment.Equal(noon.Add(-25*time.Minute)) || q.Relative {
		t.Errorf("moment %s, relative %v", q.Moment, q.Relative)
	}
	used := model.Symptom{Component: "api", Signal: model.KindErrors, Interval: model.Interval{From: noon.Add(-26 * time.Minute), To: noon}}
	for from, want := range map[Source]string{
		SourceAsked:    "api: errors around 2026-11-22 14:05 KST, from 2026-11-22 14:04 KST to 2026-11-22 14:30 KST",
		SourceRecorded: "api (as recorded): errors around 2026-11-22 14:05 KST, from 2026-11-22 14:04 KST to 2026-11-22 14:30 KST",
		SourceFound:    "api (found): errors around 2026-11-22 14:05 KST, from 2026-11-22 14:04 KST to 2026-11-22 14:30 KST",
	} {
		if got := q.Echo(used, from).String(); got != want {
			t.Errorf("%d:\n got %s\nwant %s", from, got, want)
		}
	}
	q.Note(FormatInstead, "--component api", "front")
	q.Note(FormatNow, noon.UTC())
	want := "errors; --component api instead of front; now is 2026-11-22 14:30 KST, the end of the recording"
	if got := q.Echo(model.Symptom{Signal: model.KindErrors}, SourceAsked).String(); got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
}

func TestRelative(t *testing.T) {
	for text, want := range map[string]bool{
		"slow now": true, "slow 10 minutes ago": true, "slow for an hour": true, "어제 느려": true, "yesterday at 14:05": true,
		"slow since 14:05": false, "slow at 2026-11-22 14:05": false, "slow": false,
	} {
		if q, err := Parse(text, nil, noon); err != nil || q.Relative != want {
			t.Errorf("%q: %v, %v", text, q.Relative, err)
		}
	}
}

// Whatever an echo is made of, Formats lists it, so that a translation can be complete.
func TestFormatsAreListed(t *testing.T) {
	listed := map[string]bool{"%s": true}
	for _, f := range Formats() {
		listed[f] = true
	}
	var check func(m model.Message)
	check = func(m model.Message) {
		if !listed[m.Format] {
			t.Errorf("format %q is not listed", m.Format)
		}
		for _, a := range m.Args {
			if inner, ok := a.(model.Message); ok {
				check(inner)
			}
		}
	}
	for _, text := range []string{
		"api slow since 14:05", "api slow", "api since 14:05", "slow at 14:05", "api", "down", "until 14:05", "14:05-14:10",
		"database not slow", "checkout fails", "api and front slow", "logins slow",
	} {
		q, err := Parse(text, mall(), noon)
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		for _, from := range []Source{SourceAsked, SourceRecorded, SourceFound} {
			m := q.Echo(q.Symptom, from)
			if m.IsZero() {
				t.Fatalf("%q: no echo", text)
			}
			check(m)
		}
	}
}
