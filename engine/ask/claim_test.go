package ask

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/diagnops/diagnops/engine/model"
)

// owned is the shop with owners.
func owned() *model.Topology {
	t := shop()
	t.Components = append(t.Components,
		model.Component{Name: "main", Kind: "database", Owner: "database-team"},
		model.Component{Name: "vol-1", Kind: "disk", Owner: "storage_team"},
		model.Component{Name: "vol-2", Kind: "disk", Owner: "storage_team"},
	)
	return t
}

func TestParseClaim(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, want string }{
		{"db: healthy", "db healthy"},
		{"db:healthy", "db healthy"},
		{"db is fine", "db healthy"},
		{"db: works as always", "db healthy"},
		{"db is not healthy", "db not healthy"},
		{"db isn't ok", "db not healthy"},
		{"db: no problem", "db healthy"},
		{"web: not us", "web not-us"},
		{"the storefront: it is not our fault", "web not-us"},
		{"db is slow", "db slow"},
		{"db: not slow at all", "db not slow"},
		{"orders: no errors", "orders not failing"},
		{"queue_1 is down", "queue_1 down"},
		{"db: cpu idle", "db idle cpu"},
		{"db: memory and disk have plenty", "db idle memory, db idle disk"},
		{"db: our hosts idle", "db idle cpu"},
		{"rabbit:5672: normal", "queue_1 healthy"},
		{"web: no deploy since 14:05", "web unchanged deploy 05:05:00"},
		{"web: nothing changed since 14:05", "web unchanged 05:05:00"},
		{"web: no config changes", "web unchanged config"},
		{"the browse function: fine", "db healthy"},

		// Of a team, of all that it owns.
		{"database team: our CPU idles, it is not us", "main idle cpu, main not-us"},
		{"storage_team: healthy", "vol-1 healthy, vol-2 healthy"},
		{"storage team: vol-2 is fine", "vol-2 healthy"},

		// Korean.
		{"db: 정상", "db healthy"},
		{"db는 정상입니다", "db healthy"},
		{"db는 정상이 아닙니다", "db not healthy"},
		{"결제: 문제 없음", "결제 healthy"},
		{"주문 서비스는 문제없어요", "orders healthy"},
		{"웹은 느림", "web slow"},
		{"웹은 느리지 않습니다", "web not slow"},
		{"db: CPU가 놀고 있음, 저희 문제 아닙니다", "db idle cpu, db not-us"},
		{"web: 14:05부터 배포 없음", "web unchanged deploy 05:05:00"},
	} {
		claims, err := ParseClaim(c.text, owned(), noon)
		if err != nil {
			t.Errorf("%q: %v", c.text, err)
			continue
		}
		parts := make([]string, len(claims))
		for i, cl := range claims {
			parts[i] = strings.Join(strings.Fields(fmt.Sprintf("%s %s %s %s %s %s", cl.Component, denied(cl), cl.Kind, cl.Resource, cl.Change, since(cl))), " ")
		}
		if got := strings.Join(parts, ", "); got != c.want {
			t.Errorf("%q: %s, want %s", c.text, got, c.want)
		}
	}
}

func denied(c model.Claim) string {
	if c.Denied {
		return "not"
	}
	return ""
}

func since(c model.Claim) string {
	if c.Since.IsZero() {
		return ""
	}
	return model.FormatClock(c.Since)
}

func TestParseClaimErrors(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, want string }{
		{"ordrs: healthy", `component ("ordrs") must be a known one; nearest: orders`},
		{"ordrs is healthy", `component ("ordrs") must be a known one; nearest: orders`},
		{"disk: healthy", `component ("disk") must be one; it may be vol-1, vol-2`},
		{"db: hello", `claim ("db: hello") must say that something is healthy`},
		{"db", `claim ("db") must say that something is healthy`},
		{"", `component ("") must be a known one`},
		{strings.Repeat("x", MaxBytes+1), "must be at most"},
		{"db: no deploy since 25:99", "25:99"},
	} {
		_, err := ParseClaim(c.text, owned(), noon)
		if err == nil || !strings.HasPrefix(err.Error(), c.want) && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%.40q: error %v, want %s", c.text, err, c.want)
		}
	}
	var unknown *UnknownNameError
	if _, err := ParseClaim("ordrs: healthy", owned(), noon); !errors.As(err, &unknown) {
		t.Errorf("error %v is no UnknownNameError", err)
	}
}

// FuzzParseClaim looks for texts that make it fail otherwise than by an error, or claim of nobody.
func FuzzParseClaim(f *testing.F) {
	for _, s := range []string{"db: healthy", "database team: our CPU idles", "결제: 14시 이후 배포 없음", "a:b:c", ":", "vol-1: not ok"} {
		f.Add(s)
	}
	topology := owned()
	f.Fuzz(func(t *testing.T, s string) {
		claims, err := ParseClaim(s, topology, noon)
		if err != nil {
			return
		}
		for _, c := range claims {
			if topology.Component(c.Component) == nil || c.Kind == "" {
				t.Errorf("%q claims %+v", s, c)
			}
		}
	})
}
