package collectors

import (
	"strings"
	"testing"
	_ "time/tzdata" // the zones must not depend on the machine
)

func TestTimezone(t *testing.T) {
	const text = `version: 1
id: one
step: 1m
timezone: %
window: {from: 2026-03-01T10:00:00Z, to: 2026-03-01T11:00:00Z}
symptom: {from: 2026-03-01T10:30:00Z}
`
	for _, name := range []string{"Europe/Berlin", "Asia/Seoul", "Australia/Lord_Howe", "UTC"} {
		inc, err := ParseIncident("incident.yaml", []byte(strings.Replace(text, "%", name, 1)))
		if err != nil || inc.Zone.String() != name || inc.Location() != inc.Zone {
			t.Errorf("timezone %s is read as %v, %v", name, inc.Zone, err)
		}
	}
	for _, name := range []string{"Europe/Atlantis", "Local", "+09:00", "../etc/passwd"} {
		_, err := ParseIncident("incident.yaml", []byte(strings.Replace(text, "%", `"`+name+`"`, 1)))
		if err == nil || !strings.Contains(err.Error(), "incident.yaml:4:11: timezone: (\""+name+"\") must be a time zone") {
			t.Errorf("timezone %s: %v", name, err)
		}
	}
	inc, err := ParseIncident("incident.yaml", []byte(strings.Replace(text, "timezone: %\n", "", 1)))
	if err != nil || inc.Zone != nil || inc.Location().String() != "UTC" {
		t.Errorf("no timezone is read as %v, %v", inc.Zone, err)
	}
}
